package launch

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	clienttesting "k8s.io/client-go/testing"
)

// The API server's stream ends a moment before the kubelet says why.
func TestProbeWaitsForTheCause(t *testing.T) {
	c := newCluster(t)
	c.logs.streams = []stream{{text: "", then: func() { c.pods.Modify(pod(exit(137, "OOMKilled"))) }}}
	c.pods.Add(pod(isRunning))
	wantFailure(t, c.probe(), ReasonKilled, "more memory")
}

func TestProbeDeletedMeanwhile(t *testing.T) {
	c := newCluster(t)
	notFound := apierrors.NewNotFound(schema.GroupResource{Resource: "pods"}, "nettrace-5f3a-1-abcde")
	c.logs.streams = []stream{{text: ""}, {open: notFound}}
	c.pods.Add(pod(isRunning))
	c.pods.Delete(pod(isRunning, func(p *corev1.Pod) {
		p.DeletionTimestamp = &metav1.Time{Time: time.Now()}
		p.Status.Conditions = []corev1.PodCondition{{Type: corev1.DisruptionTarget, Status: corev1.ConditionTrue, Reason: "EvictionByEvictionAPI", Message: "Eviction API: evicting"}}
	}))
	wantFailure(t, c.probe(), ReasonDeleted, "EvictionByEvictionAPI")
}

// A probe that is told to stop still writes its last record.
func TestProbeStoppedInOrder(t *testing.T) {
	c := newCluster(t)
	c.logs.streams = []stream{{text: wholeLog()}}
	c.pods.Add(pod(isRunning, func(p *corev1.Pod) { p.DeletionTimestamp = &metav1.Time{Time: time.Now()} }))
	if err := c.probe(); err != nil {
		t.Fatal(err)
	}
}

func TestProbeRunsNothing(t *testing.T) {
	c := newCluster(t)
	c.launcher.options.StartTimeout = 50 * time.Millisecond
	c.launcher.pace.idle = 30 * time.Millisecond
	c.logs.streams = []stream{{text: "hello from nginx\n", hang: true}}
	c.pods.Add(pod(isRunning))
	wantFailure(t, c.probe(), ReasonNotStarted, "hello from nginx")
}

// What the Job controller was told comes only as an event.
func TestProbeWithoutPod(t *testing.T) {
	for name, test := range map[string]struct {
		message string
		reason  Reason
		says    string
	}{
		"quota":    {`Error creating: pods "nettrace-5f3a-1-x" is forbidden: exceeded quota: none, requested: pods=1, used: pods=0, limited: pods=0`, ReasonQuota, "limited: pods=0"},
		"security": {`Error creating: pods "nettrace-5f3a-1-x" is forbidden: violates PodSecurity "restricted:latest": host namespaces`, ReasonSecurity, "host namespaces"},
		"passing":  {`Error creating: Internal error occurred: etcdserver: request timed out`, ReasonNoPod, "request timed out"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCluster(t, &corev1.Event{
				ObjectMeta:     metav1.ObjectMeta{Name: "e", Namespace: "shop"},
				InvolvedObject: corev1.ObjectReference{UID: testUID},
				Type:           corev1.EventTypeWarning, Reason: "FailedCreate", Message: test.message,
			})
			wantFailure(t, c.probe(), test.reason, test.says)
		})
	}
	wantFailure(t, newCluster(t).probe(), ReasonNoPod, "kube-controller-manager")
}

// The kubelet says that the Secret of a registry is missing after the failed
// pull is in the pod's status, not before.
func TestProbeSecretIsMissing(t *testing.T) {
	c := newCluster(t)
	c.launcher.options.PullSecrets = []string{"absent"}
	asked := 0
	c.client.PrependReactor("list", "events", func(clienttesting.Action) (bool, runtime.Object, error) {
		said := &corev1.EventList{}
		if asked++; asked > 2 {
			said.Items = []corev1.Event{{
				InvolvedObject: corev1.ObjectReference{UID: testUID},
				Type:           corev1.EventTypeWarning, Reason: "FailedToRetrieveImagePullSecret", Message: "some are missing (absent)",
			}}
		}
		return true, said, nil
	})
	c.pods.Add(pod(pulling("ErrImagePull", "registry.example/probe:1: not found"), func(p *corev1.Pod) { p.UID = testUID }))
	wantFailure(t, c.probe(), ReasonImage, "some are missing (absent); registry.example/probe:1: not found")
}

// The watch may end at any time, and what happened in between is not lost.
func TestProbeWatchEnds(t *testing.T) {
	c := newCluster(t)
	c.logs.streams = []stream{{text: wholeLog()}}
	c.pods.Add(pod())
	c.pods.Stop()
	c.client.PrependReactor("list", "pods", func(clienttesting.Action) (bool, runtime.Object, error) {
		return true, &corev1.PodList{Items: []corev1.Pod{*pod(isRunning)}}, nil
	})
	if err := c.probe(); err != nil {
		t.Fatal(err)
	}
}

func TestProbeMayNotWatch(t *testing.T) {
	c := newCluster(t)
	c.client.PrependReactor("list", "pods", func(clienttesting.Action) (bool, runtime.Object, error) {
		return true, nil, apierrors.NewForbidden(schema.GroupResource{Resource: "pods"}, "", errors.New(`User "me" cannot list resource "pods"`))
	})
	wantFailure(t, c.probe(), ReasonRights, "list and watch pods")
}

func TestProbeNodeIsDead(t *testing.T) {
	c := newCluster(t, readyNode(corev1.ConditionUnknown))
	c.launcher.options.StartTimeout = 30 * time.Millisecond
	c.pods.Add(pod())
	wantFailure(t, c.probe(), ReasonNotStarted, "the node is not ready since")
}

func TestProbeCancelled(t *testing.T) {
	c := newCluster(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	interrupted := errors.New("interrupted")
	time.AfterFunc(20*time.Millisecond, func() { cancel(interrupted) })
	if err := c.launcher.Probe(ctx, testNode, testPlan(), nil); !errors.Is(err, interrupted) {
		t.Errorf("got %v", err)
	}
}

func wantFailure(t *testing.T, err error, reason Reason, says string) {
	t.Helper()
	var failure *Failure
	if !errors.As(err, &failure) {
		t.Fatalf("got error %v, want a Failure", err)
	}
	if failure.Reason != reason || !strings.Contains(failure.Error(), says) {
		t.Errorf("got %s: %v\nwant %s: … %s …", failure.Reason, failure, reason, says)
	}
	if failure.Namespace != "shop" {
		t.Errorf("the failure does not name the namespace: %v", failure)
	}
	if strings.ContainsAny(failure.Error(), "\x1b\n\r") {
		t.Errorf("not fit for a terminal: %q", failure.Error())
	}
}

// What could not be looked at is not said to be missing.
func TestProbeApiServerAway(t *testing.T) {
	c := newCluster(t)
	c.launcher.options.StartTimeout = 200 * time.Millisecond
	c.client.PrependReactor("list", "pods", func(clienttesting.Action) (bool, runtime.Object, error) {
		return true, nil, errors.New("connection refused")
	})
	wantFailure(t, c.probe(), ReasonNotStarted, "could not be asked")
}
