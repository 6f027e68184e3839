package harness

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// bound is how long the cluster may take to reach a state, far above what it
// needs: images are pulled, and machines are slow.
const bound = 2 * time.Minute

// Eventually polls until check returns nil, and ends the test when it does not
// within the bound.
func (n *Namespace) Eventually(what string, check func() error) {
	n.t.Helper()
	deadline := time.Now().Add(bound)
	for {
		err := check()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			n.t.Fatalf("waiting until %s: still after %s: %v", what, bound, err)
		}
		select {
		case <-n.t.Context().Done():
			n.t.Fatalf("waiting until %s: %v", what, n.t.Context().Err())
		case <-time.After(300 * time.Millisecond):
		}
	}
}

// WaitFor runs kubectl commands that wait, such as "rollout status
// deployment/web", with a bound.
func (n *Namespace) WaitFor(commands ...string) {
	n.t.Helper()
	for _, command := range commands {
		n.Must(append(strings.Fields(command), "--timeout="+bound.String())...)
	}
}

// WaitForEndpoints waits until the EndpointSlices of the Service have so many
// ready endpoints and so many others, and no pod of the namespace is on its way
// out. An endpoint counts once, in however many slices it stands.
func (n *Namespace) WaitForEndpoints(service string, ready, others int) {
	n.t.Helper()
	n.Eventually(fmt.Sprintf("service %s has %d ready endpoints and %d others", service, ready, others), func() error {
		is := map[bool]int{}
		for _, e := range n.Endpoints(service) {
			is[e.Ready]++
		}
		if is[true] != ready || is[false] != others {
			return fmt.Errorf("there are %d ready and %d others", is[true], is[false])
		}
		return nil
	})
	n.settle()
}

// settle gives every node's kube-proxy time to write down what the slices say:
// it syncs at most once a second by default and reports to nobody when it has.
func (n *Namespace) settle() {
	select {
	case <-n.t.Context().Done():
	case <-time.After(2 * time.Second):
	}
}

// Objects returns the names of all objects of the namespace that a run could
// leave behind.
func (n *Namespace) Objects() []string {
	n.t.Helper()
	names := strings.Fields(n.Must("get", "jobs,pods,secrets,configmaps,serviceaccounts,roles,rolebindings,networkpolicies,services", "-o", "name"))
	slices.Sort(names)
	return names
}

// CleanedUp wants the run to have deleted its Jobs before it ended, and nothing
// of it to be left in the end.
func (n *Namespace) CleanedUp(before []string) {
	n.t.Helper()
	// Jobs also delete themselves after a while: waiting until they are gone
	// would not tell who has done it.
	jobs := n.Must("get", "jobs", "-o", `jsonpath={range .items[*]}job.batch/{.metadata.name} {.metadata.deletionTimestamp}{"\n"}{end}`)
	for job := range strings.Lines(jobs) {
		name, deleted, _ := strings.Cut(strings.TrimSpace(job), " ")
		if deleted == "" && !slices.Contains(before, name) {
			n.t.Errorf("the run has ended and has not deleted %s", name)
		}
	}
	n.NothingLeft(before)
}

// NothingLeft waits until the namespace holds the objects that it held before,
// and no others, whoever removes them.
func (n *Namespace) NothingLeft(before []string) {
	n.t.Helper()
	n.Eventually("nothing of the run is left", func() error {
		left := slices.DeleteFunc(n.Objects(), func(name string) bool { return slices.Contains(before, name) })
		if len(left) > 0 {
			return fmt.Errorf("left behind: %s", strings.Join(left, " "))
		}
		return nil
	})
}
