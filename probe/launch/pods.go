package launch

import (
	"context"
	"sync"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
)

// state is what is known of a Job's pod.
type state struct {
	// pod is as last seen, and nil as long as there was none.
	pod *corev1.Pod
	// gone is set when the pod has been removed.
	gone bool
	// pulls counts how often pulling the image has failed.
	pulls int
	// denied says that the pod may not be watched.
	denied error
	// lost says that what is known may be out of date: the API server could not
	// be asked since.
	lost error
}

// tracker keeps the latest state of a Job's pod and says when it changes.
type tracker struct {
	pods typedcorev1.PodInterface
	job  *batchv1.Job
	// changed holds one token when the state may have changed since the last
	// one was taken.
	changed chan struct{}

	mu  sync.Mutex
	now state
}

func track(ctx context.Context, pods typedcorev1.PodInterface, job *batchv1.Job) *tracker {
	t := &tracker{pods: pods, job: job, changed: make(chan struct{}, 1)}
	go t.run(ctx)
	return t
}

func (t *tracker) state() state {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.now
}

// run watches until the context ends. A watch that ends, because the server
// closed it or no longer has the version to continue from, begins with a list.
func (t *tracker) run(ctx context.Context) {
	for ctx.Err() == nil {
		err := t.watch(ctx)
		if apierrors.IsForbidden(err) || apierrors.IsUnauthorized(err) {
			t.update(func(s *state) { s.denied = err })
			return
		}
		pause := 100 * time.Millisecond
		if err != nil {
			t.update(func(s *state) { s.lost = err })
			pause = time.Second
		}
		wait(ctx, pause)
	}
}

func (t *tracker) watch(ctx context.Context) error {
	selector := metav1.ListOptions{LabelSelector: batchv1.JobNameLabel + "=" + t.job.Name}
	list, err := t.pods.List(ctx, selector)
	if err != nil {
		return err
	}
	t.replace(list.Items)
	selector.ResourceVersion = list.ResourceVersion
	events, err := t.pods.Watch(ctx, selector)
	if err != nil {
		return err
	}
	defer events.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case event, open := <-events.ResultChan():
			if !open {
				return nil
			}
			if event.Type == watch.Error {
				return apierrors.FromObject(event.Object)
			}
			t.take(event)
		}
	}
}

func (t *tracker) take(event watch.Event) {
	pod, ok := event.Object.(*corev1.Pod)
	if !ok || !metav1.IsControlledBy(pod, t.job) {
		return
	}
	t.update(func(s *state) {
		s.see(pod)
		s.gone = event.Type == watch.Deleted
	})
}

// replace takes a list: a pod that is not in it any more is gone.
func (t *tracker) replace(pods []corev1.Pod) {
	t.update(func(s *state) {
		s.lost = nil
		s.gone = s.pod != nil
		for i := range pods {
			if metav1.IsControlledBy(&pods[i], t.job) {
				s.see(&pods[i])
				s.gone = false
			}
		}
	})
}

func (t *tracker) update(change func(*state)) {
	t.mu.Lock()
	change(&t.now)
	t.mu.Unlock()
	select {
	case t.changed <- struct{}{}:
	default:
	}
}

// see takes a newer version of the pod.
func (s *state) see(pod *corev1.Pod) {
	const failed = "ErrImagePull"
	if waitingFor(pod) == failed && (s.pod == nil || waitingFor(s.pod) != failed) {
		s.pulls++
	}
	s.pod = pod
}

// wait pauses for d, or until the context ends.
func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
