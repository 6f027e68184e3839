package e2e

import (
	"slices"
	"strings"
	"testing"
)

// A probe that is to be like a pod is none where something would count it among
// its own: a Service that publishes pods which are not ready, a budget for all.
// Labels by which a StatefulSet's Service knows one pod are not copied.
func TestLikeIsHarmless(t *testing.T) {
	t.Parallel()
	n := smallShop(t)
	n.Apply(read(t, "testdata/likes.yaml"))
	n.WaitFor("wait pod published --for=condition=Ready", "rollout status statefulset/set")
	before := n.Objects()
	args := []string{"svc/web", "--via", "clusterip", "--requests", "4", "--like"}

	r := traced(t, n, 0, append(slices.Clone(args), "pod/set-0")...)
	notes := strings.Join(r.Notes, "\n")
	for _, says := range []string{"like pod set-0, with the labels by which NetworkPolicies know it: client=set", "the label statefulset.kubernetes.io/pod-name, and a controller knows its pods by it"} {
		if !strings.Contains(notes, says) {
			t.Errorf("the notes do not say %q: %s", says, notes)
		}
	}
	if ends := n.Endpoints("set-0"); len(ends) != 1 || ends[0].Name != "set-0" {
		t.Errorf("the pod's own Service has the endpoints %v", ends)
	}

	refused(t, n.Nettrace(append(slices.Clone(args), "pod/published")...),
		"the Service published selects the probe's pod and would list it among its endpoints", "client=published", "leave --like out")
	n.Apply(read(t, "testdata/budget.yaml"))
	refused(t, n.Nettrace(append(slices.Clone(args), "pod/set-0")...),
		"the PodDisruptionBudget everybody selects the probe's pod", "its selector is {}, which means every pod of the namespace", "leave --like out")
	traced(t, n, 0, args[:len(args)-1]...)

	refused(t, n.Nettrace(append(slices.Clone(args), "pod/none")...), "pod none, which it is to be like, cannot be read")
	refused(t, n.Nettrace(append(slices.Clone(args), "svc/web")...), "--like svc/web: name the client as pod/NAME")
	n.CleanedUp(before)
}
