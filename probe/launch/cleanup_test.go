package launch

import (
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clienttesting "k8s.io/client-go/testing"
)

func TestCleanup(t *testing.T) {
	c := newCluster(t)
	c.logs.streams = []stream{{text: wholeLog()}}
	c.pods.Add(pod(isRunning))
	if err := c.probe(); err != nil {
		t.Fatal(err)
	}
	if deleted, err := c.launcher.Cleanup(t.Context()); deleted != 1 || err != nil {
		t.Errorf("first: %d, %v", deleted, err)
	}
	if deleted, err := c.launcher.Cleanup(t.Context()); deleted != 0 || err != nil {
		t.Errorf("second: %d, %v", deleted, err)
	}
	for _, action := range c.client.Actions() {
		if action, ok := action.(clienttesting.DeleteActionImpl); ok && *action.DeleteOptions.PropagationPolicy != metav1.DeletePropagationBackground {
			t.Error("deleted without its pod")
		}
	}
	if err := c.probe(); !errors.Is(err, errClosed) {
		t.Errorf("a probe after the end: %v", err)
	}
}

// The answer is lost, the Job is there: it must go all the same.
func TestCleanupAfterLostAnswer(t *testing.T) {
	c := newCluster(t)
	c.client.PrependReactor("create", "jobs", func(action clienttesting.Action) (bool, runtime.Object, error) {
		c.add(action.(clienttesting.CreateAction).GetObject())
		return true, nil, errors.New("http2: client connection lost")
	})
	wantFailure(t, c.probe(), ReasonRefused, "connection lost")
	if deleted, err := c.launcher.Cleanup(t.Context()); deleted != 1 || err != nil {
		t.Errorf("got %d, %v", deleted, err)
	}
}

// A Job that is being created when the run ends is waited for.
func TestCleanupWhileCreating(t *testing.T) {
	c := newCluster(t)
	reached, proceed := make(chan struct{}), make(chan struct{})
	c.client.PrependReactor("create", "jobs", func(clienttesting.Action) (bool, runtime.Object, error) {
		close(reached)
		<-proceed
		return false, nil, nil
	})
	go func() { _ = c.probe() }()
	<-reached
	time.AfterFunc(50*time.Millisecond, func() { close(proceed) })
	if deleted, err := c.launcher.Cleanup(t.Context()); deleted != 1 || err != nil {
		t.Errorf("got %d, %v", deleted, err)
	}
}

// Somebody else's Job of the same name is not ours to remove.
func TestCleanupLeavesOthers(t *testing.T) {
	c := newCluster(t, &batchv1.Job{ObjectMeta: metav1.ObjectMeta{Name: "nettrace-5f3a-1", Namespace: "shop"}})
	wantFailure(t, c.probe(), ReasonRefused, "already exists")
	if deleted, err := c.launcher.Cleanup(t.Context()); deleted != 0 || err != nil {
		t.Errorf("got %d, %v", deleted, err)
	}
}

func TestCleanupKeeps(t *testing.T) {
	c := newCluster(t)
	c.launcher.options.Keep = true
	c.logs.streams = []stream{{text: wholeLog()}}
	c.pods.Add(pod(isRunning))
	if err := c.probe(); err != nil {
		t.Fatal(err)
	}
	if deleted, err := c.launcher.Cleanup(t.Context()); deleted != 0 || err != nil {
		t.Errorf("got %d, %v", deleted, err)
	}
	if names := c.launcher.Names(); !slices.Equal(names, []string{"nettrace-5f3a-1"}) {
		t.Errorf("kept %v", names)
	}
}

// A Job that was deleted by somebody else may have left its pod.
func TestCleanupRemovesOrphans(t *testing.T) {
	c := newCluster(t)
	c.logs.streams = []stream{{text: wholeLog()}}
	c.pods.Add(pod(isRunning))
	if err := c.probe(); err != nil {
		t.Fatal(err)
	}
	if err := c.client.BatchV1().Jobs("shop").Delete(t.Context(), "nettrace-5f3a-1", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	c.add(&corev1.Pod{ObjectMeta: leftBehind("orphan")})
	if _, err := c.launcher.Cleanup(t.Context()); err != nil {
		t.Fatal(err)
	}
	if pods, _ := c.client.CoreV1().Pods("shop").List(t.Context(), metav1.ListOptions{}); len(pods.Items) != 0 {
		t.Errorf("still there: %v", pods.Items)
	}
}

func TestSweep(t *testing.T) {
	deadline := int64(60)
	job := func(name string, age time.Duration, done bool) *batchv1.Job {
		j := &batchv1.Job{ObjectMeta: leftBehind(name), Spec: batchv1.JobSpec{ActiveDeadlineSeconds: &deadline}}
		j.CreationTimestamp = metav1.NewTime(time.Now().Add(-age))
		if done {
			j.Status.Conditions = []batchv1.JobCondition{{Type: batchv1.JobComplete, Status: corev1.ConditionTrue}}
		}
		return j
	}
	arrange := func() *cluster {
		owned := leftBehind("owned")
		owned.OwnerReferences = pod().OwnerReferences
		return newCluster(t,
			job("running", time.Second, false), job("kept", time.Second, true), job("overdue", time.Hour, false),
			&batchv1.Job{ObjectMeta: metav1.ObjectMeta{Name: "theirs", Namespace: "shop"}},
			&corev1.Pod{ObjectMeta: owned}, &corev1.Pod{ObjectMeta: leftBehind("orphan"), Status: corev1.PodStatus{Phase: corev1.PodSucceeded}},
			&corev1.Secret{ObjectMeta: owned}, &corev1.Secret{ObjectMeta: leftBehind("lost")},
		)
	}
	names := func(objects []Object) (names []string) {
		for _, o := range objects {
			names = append(names, o.Kind+" "+o.Name)
		}
		slices.Sort(names)
		return names
	}
	for name, test := range map[string]struct {
		options          SweepOptions
		removed, running []string
		left             int
	}{
		"one namespace":     {SweepOptions{Namespace: "shop"}, []string{"job kept", "job overdue", "pod orphan", "secret lost"}, []string{"job running"}, 2},
		"all, by force":     {SweepOptions{Force: true}, []string{"job kept", "job overdue", "job running", "pod orphan", "secret lost"}, nil, 1},
		"another namespace": {SweepOptions{Namespace: "other"}, nil, nil, 4},
		"dry run":           {SweepOptions{DryRun: true}, []string{"job kept", "job overdue", "pod orphan", "secret lost"}, []string{"job running"}, 4},
	} {
		t.Run(name, func(t *testing.T) {
			c := arrange()
			swept, err := Sweep(t.Context(), c.client, test.options)
			if err != nil || !reflect.DeepEqual(names(swept.Removed), test.removed) || !reflect.DeepEqual(names(swept.Running), test.running) {
				t.Errorf("removed %v, running %v, %v", names(swept.Removed), names(swept.Running), err)
			}
			if jobs, _ := c.client.BatchV1().Jobs("").List(t.Context(), metav1.ListOptions{}); len(jobs.Items) != test.left {
				t.Errorf("%d Jobs are left, want %d", len(jobs.Items), test.left)
			}
		})
	}
	c := arrange()
	c.forbid("list", "secrets")
	if swept, err := Sweep(t.Context(), c.client, SweepOptions{}); err != nil || len(swept.Removed) != 3 {
		t.Errorf("without the right to Secrets: %v, %v", swept, err)
	}
}

func leftBehind(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Name: name, Namespace: "shop", Labels: map[string]string{LabelRun: testRun}}
}
