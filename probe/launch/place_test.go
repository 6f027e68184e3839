package launch

import (
	"slices"
	"strings"
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clienttesting "k8s.io/client-go/testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

var onTestHost = Place{Node: testNode, HostNetwork: true}

func TestPlaceString(t *testing.T) {
	for place, want := range map[Place]string{{Node: "n1"}: "pod@n1", onTestHost: "node@n1"} {
		if got := place.String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// One pod of each kind is tried, however many there will be, and each node is
// looked at once.
func TestPreflightTriesEachKind(t *testing.T) {
	c := newCluster(t)
	places := []Place{{Node: testNode}, onTestHost, {Node: testNode}, onTestHost}
	if _, err := c.launcher.PreflightAt(t.Context(), []wire.Plan{testPlan()}, places...); err != nil {
		t.Fatal(err)
	}
	var tried []bool
	asked := 0
	for _, action := range c.client.Actions() {
		if create, ok := action.(clienttesting.CreateAction); ok {
			if pod, ok := create.GetObject().(*corev1.Pod); ok {
				tried = append(tried, pod.Spec.HostNetwork)
			}
		}
		if action.Matches("get", "nodes") {
			asked++
		}
	}
	if len(tried) != 2 || tried[0] == tried[1] {
		t.Errorf("tried pods on the host network: %v", tried)
	}
	if asked != 1 {
		t.Errorf("asked %d times for one node", asked)
	}
}

// Only the kind that is refused is said to be, and what would admit it.
func TestPreflightHostNetworkRefused(t *testing.T) {
	for name, test := range map[string]struct{ words, fix string }{
		"Pod Security": {`violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true)`, "pod-security.kubernetes.io/enforce=privileged"},
		"OpenShift":    {"unable to validate against any security context constraint", "hostnetwork-v2"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCluster(t)
			c.refuseIf("pods", test.words, func(o runtime.Object) bool { return o.(*corev1.Pod).Spec.HostNetwork })
			plans := []wire.Plan{testPlan()}
			_, err := c.launcher.PreflightAt(t.Context(), plans, Place{Node: testNode}, onTestHost)
			wantFailure(t, err, ReasonSecurity, test.fix)
			if n := strings.Count(err.Error(), "running the probe"); n != 1 {
				t.Errorf("%d failures: %v", n, err)
			}
			if _, err := c.launcher.PreflightAt(t.Context(), plans, Place{Node: testNode}); err != nil {
				t.Errorf("without the host network: %v", err)
			}
		})
	}
}

// A large plan at any of the places takes the right to create Secrets.
func TestPreflightAsksForAllPlans(t *testing.T) {
	c := newCluster(t)
	c.denied["create secrets"] = true
	_, err := c.launcher.PreflightAt(t.Context(), []wire.Plan{testPlan(), largePlan()}, Place{Node: testNode}, onTestHost)
	wantFailure(t, err, ReasonRights, "create secrets")
}

func TestProbeAtHostNetwork(t *testing.T) {
	c := newCluster(t)
	c.logs.streams = []stream{{text: wholeLog()}}
	c.pods.Add(pod(isRunning))
	if err := c.launcher.ProbeAt(t.Context(), onTestHost, testPlan(), func(wire.Record) {}); err != nil {
		t.Fatal(err)
	}
	if jobs := c.createdJobs(); !slices.Equal(jobs, []bool{true}) {
		t.Errorf("created Jobs on the host network: %v", jobs)
	}
}

// createdJobs tells of the Jobs created in earnest whether they use the host
// network.
func (c *cluster) createdJobs() []bool {
	var jobs []bool
	for _, action := range c.client.Actions() {
		create, ok := action.(clienttesting.CreateActionImpl)
		if !ok || len(create.CreateOptions.DryRun) > 0 {
			continue
		}
		if job, ok := create.Object.(*batchv1.Job); ok {
			jobs = append(jobs, job.Spec.Template.Spec.HostNetwork)
		}
	}
	return jobs
}

// A refusal that comes only as an event says the same; one to a probe that has
// its own network is not the host network's fault.
func TestProbeRefusedOnHostNetwork(t *testing.T) {
	for place, fix := range map[Place]string{onTestHost: "enforce=privileged", {Node: testNode}: "has changed it"} {
		c := newCluster(t, &corev1.Event{
			ObjectMeta:     metav1.ObjectMeta{Name: "e", Namespace: "shop"},
			InvolvedObject: corev1.ObjectReference{UID: testUID},
			Type:           corev1.EventTypeWarning, Reason: "FailedCreate",
			Message: `Error creating: pods "nettrace-5f3a-1-x" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true)`,
		})
		wantFailure(t, c.launcher.ProbeAt(t.Context(), place, testPlan(), nil), ReasonSecurity, fix)
	}
}
