package launch

import (
	"context"
	"sync"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"

	authorizationv1 "k8s.io/api/authorization/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

const (
	testRun  = "5f3a"
	testNode = "n1"
	testUID  = types.UID("11111111-2222-3333-4444-555555555555")
)

// cluster is a fake cluster whose kubelet is the test.
type cluster struct {
	t        *testing.T
	client   *fake.Clientset
	launcher *Launcher
	// pods carries what happens to the probe's pod.
	pods *watch.FakeWatcher
	logs *fakeLogs

	mu      sync.Mutex
	records []int
	denied  map[string]bool
}

func newCluster(t *testing.T, objects ...runtime.Object) *cluster {
	if len(objects) == 0 {
		objects = []runtime.Object{readyNode(corev1.ConditionTrue)}
	}
	c := &cluster{t: t, client: fake.NewClientset(objects...), pods: watch.NewFakeWithChanSize(100, false), denied: map[string]bool{}}
	c.client.PrependReactor("create", "jobs", func(action clienttesting.Action) (bool, runtime.Object, error) {
		action.(clienttesting.CreateAction).GetObject().(*batchv1.Job).UID = testUID
		return false, nil, nil
	})
	// The fake API server would keep what is only tried.
	c.client.PrependReactor("create", "*", func(action clienttesting.Action) (bool, runtime.Object, error) {
		create, ok := action.(clienttesting.CreateActionImpl)
		return ok && len(create.CreateOptions.DryRun) > 0, action.(clienttesting.CreateAction).GetObject(), nil
	})
	c.client.PrependReactor("create", "selfsubjectaccessreviews", func(action clienttesting.Action) (bool, runtime.Object, error) {
		review := action.(clienttesting.CreateAction).GetObject().(*authorizationv1.SelfSubjectAccessReview)
		asked := review.Spec.ResourceAttributes
		review.Status.Allowed = !c.denied[asked.Verb+" "+asked.Resource]
		return true, review, nil
	})
	c.client.PrependWatchReactor("pods", clienttesting.DefaultWatchReactor(c.pods, nil))
	c.launcher = New(c.client, Options{Run: testRun, Namespace: "shop", Image: "registry.example/probe:1", Release: "test"})
	c.launcher.pace = pace{
		patience: 5 * time.Millisecond, podless: 100 * time.Millisecond, event: time.Second, idle: 150 * time.Millisecond,
		retry: time.Millisecond, attempts: 4, margin: time.Second, create: time.Second, cleanup: time.Second,
	}
	c.logs = &fakeLogs{}
	c.launcher.logs = c.logs
	return c
}

// probe runs a probe to its end, for at most five seconds.
func (c *cluster) probe() error {
	ctx, cancel := context.WithTimeout(c.t.Context(), 5*time.Second)
	defer cancel()
	return c.launcher.Probe(ctx, testNode, testPlan(), func(r wire.Record) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.records = append(c.records, r.Number)
	})
}

func testPlan() wire.Plan {
	return wire.Plan{
		Version: wire.Version, Run: testRun, Vantage: 1,
		Rate: 200, Concurrency: 8, Timeout: time.Second, Deadline: 20 * time.Second,
		Routes: []wire.Route{{ID: 1, Group: 1, Protocol: wire.HTTP, Address: "10.0.0.1:80", Path: "/", Requests: 3}},
	}
}

func readyNode(ready corev1.ConditionStatus) *corev1.Node {
	return &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: testNode, Labels: map[string]string{corev1.LabelOSStable: "linux"}},
		Status:     corev1.NodeStatus{Conditions: []corev1.NodeCondition{{Type: corev1.NodeReady, Status: ready, Reason: "Because"}}},
	}
}

// pod is the probe's pod in one of its states.
func pod(changes ...func(*corev1.Pod)) *corev1.Pod {
	controller := true
	p := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Name: "nettrace-5f3a-1-abcde", Namespace: "shop", UID: "pod",
			Labels:          map[string]string{batchv1.JobNameLabel: "nettrace-5f3a-1"},
			OwnerReferences: []metav1.OwnerReference{{Kind: "Job", UID: testUID, Controller: &controller}},
		},
		Spec:   corev1.PodSpec{Containers: []corev1.Container{{Name: container, Image: "registry.example/probe:1"}}},
		Status: corev1.PodStatus{Phase: corev1.PodPending},
	}
	for _, change := range changes {
		change(p)
	}
	return p
}

func pulling(reason, message string) func(*corev1.Pod) {
	return inState(corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason, Message: message}})
}

func isRunning(p *corev1.Pod) {
	inState(corev1.ContainerState{Running: &corev1.ContainerStateRunning{}})(p)
}

func exit(code int32, reason string) func(*corev1.Pod) {
	return inState(corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: code, Reason: reason}})
}

func inState(state corev1.ContainerState) func(*corev1.Pod) {
	return func(p *corev1.Pod) {
		p.Status.ContainerStatuses = []corev1.ContainerStatus{{Name: "istio-proxy"}, {Name: container, State: state}}
	}
}

func failed(reason, message string) func(*corev1.Pod) {
	return func(p *corev1.Pod) {
		p.Status.Phase, p.Status.Reason, p.Status.Message = corev1.PodFailed, reason, message
	}
}

func evicted(p *corev1.Pod) {
	exit(137, "Error")(p)
	failed("Evicted", "The node was low on resource: memory.")(p)
}
