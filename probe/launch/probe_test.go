package launch

import (
	"context"
	"errors"
	"io"
	"slices"
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

// However the log is cut, each record is handed over once and in order.
func TestProbeReadsCutLogs(t *testing.T) {
	whole := wholeLog()
	afterTwo := strings.Index(whole, `{"n":3`)
	serverError := apierrors.NewInternalError(errors.New("dialing the kubelet"))
	for name, streams := range map[string][]stream{
		"whole":                        {{text: whole}},
		"whole, then silence":          {{text: whole, hang: true}},
		"ends early, as if complete":   {{text: whole[:afterTwo]}, {text: whole}},
		"breaks in a record":           {{text: whole[:afterTwo+9], err: io.ErrUnexpectedEOF}, {text: whole}},
		"breaks again and again":       {{text: whole[:20]}, {text: whole[:afterTwo]}, {text: whole[:20]}, {}, {text: whole}},
		"cannot be opened for a while": {{open: serverError}, {open: serverError}, {text: whole}},
		"goes silent":                  {{text: whole[:afterTwo], hang: true}, {text: whole}},
		"with lines of others":         {{text: "starting\n" + whole[:afterTwo] + "\x1b[31mwarning\n" + whole[afterTwo:]}},
		"without a last line break":    {{text: whole[:afterTwo]}, {text: strings.TrimSuffix(whole, "\n")}, {text: whole}},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCluster(t)
			c.logs.streams = streams
			c.pods.Add(pod(isRunning))
			if err := c.probe(); err != nil {
				t.Fatal(err)
			}
			if want := []int{1, 2, 3, 4}; !slices.Equal(c.records, want) {
				t.Errorf("records %v, want %v", c.records, want)
			}
		})
	}
}

// A log that can never become whole ends with the reason why.
func TestProbeLogFailures(t *testing.T) {
	whole := wholeLog()
	cut := whole[:strings.Index(whole, `{"n":3`)]
	for name, test := range map[string]struct {
		streams []stream
		end     func(*corev1.Pod)
		reason  Reason
		says    string
	}{
		"out of memory":     {[]stream{{text: cut}}, exit(137, "OOMKilled"), ReasonKilled, "more memory"},
		"killed":            {[]stream{{text: cut}}, exit(137, "Error"), ReasonKilled, "signal 9"},
		"evicted":           {[]stream{{text: cut}}, evicted, ReasonKilled, "low on resource"},
		"died with a note":  {[]stream{{text: cut + "panic: \x1b[31mboom\n"}}, exit(2, "Error"), ReasonExited, "panic: [31mboom"},
		"plan refused":      {[]stream{{text: "the plan has version 2, this probe understands 1\n"}}, exit(1, "Error"), ReasonVersion, "same release"},
		"other contract":    {[]stream{{text: `{"n":1,"hello":{"v":9}}` + "\n"}}, isRunning, ReasonVersion, "version 9"},
		"record missing":    {[]stream{{text: cut + strings.Replace(whole[len(cut):], `"n":3`, `"n":5`, 1)}}, isRunning, ReasonLog, "number 5 follows number 2"},
		"totals differ":     {[]stream{{text: strings.Replace(whole, `"requests":3`, `"requests":4`, 1)}}, isRunning, ReasonLog, "probe counted 4"},
		"endless line":      {[]stream{{text: cut + strings.Repeat("x", maxLine+1)}}, isRunning, ReasonLog, "longer than"},
		"kubelet away":      {[]stream{{text: cut}, {open: errors.New("dial tcp 192.0.2.1:10250: i/o timeout")}}, isRunning, ReasonLog, "i/o timeout"},
		"silent for good":   {[]stream{{text: cut}, {hang: true}}, isRunning, ReasonLog, "after record 2"},
		"end lost for good": {[]stream{{text: cut}}, exit(0, "Completed"), ReasonExited, "exit code 0"},
		"wrong architecture": {[]stream{{}}, func(p *corev1.Pod) {
			exit(128, "StartError")(p)
			p.Status.ContainerStatuses[1].State.Terminated.Message = "exec /nettrace-probe: exec format error"
		}, ReasonContainer, "another architecture"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCluster(t)
			c.logs.streams = test.streams
			c.pods.Add(pod(isRunning))
			c.pods.Modify(pod(test.end))
			wantFailure(t, c.probe(), test.reason, test.says)
		})
	}
}

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
