package launch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// Cleanup removes what the run created and returns how many Jobs that were. It
// may be called at any moment and more than once; from then on the Launcher
// creates nothing any more, and that is all it does with Options.Keep. The
// context should not be one that a signal has ended.
//
// The Jobs go by their names, which were known before they were created, so
// that those go as well whose creation was never confirmed. Their pods and
// Secrets are removed by the garbage collector; a pod on a node that is dead
// stays until the node returns or is removed.
func (l *Launcher) Cleanup(ctx context.Context) (deleted int, err error) {
	ctx, cancel := context.WithTimeout(ctx, l.pace.cleanup)
	defer cancel()
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	l.settle(ctx)
	if l.options.Keep {
		return 0, nil
	}
	var jobs []Object
	for _, name := range l.Names() {
		jobs = append(jobs, Object{Kind: "job", Namespace: l.options.Namespace, Name: name, Run: l.options.Run})
	}
	removed, err := remove(ctx, l.client, jobs)
	if len(removed) < len(jobs) {
		// Whoever removed a Job before us may have left its pod.
		err = errors.Join(err, l.removeOrphans(ctx))
	}
	return len(removed), err
}

func (l *Launcher) removeOrphans(ctx context.Context) error {
	pods, err := orphans(ctx, l.client, l.options.Namespace, LabelRun+"="+l.options.Run)
	if err != nil {
		return err
	}
	var found []Object
	for _, pod := range pods {
		found = append(found, objectOf("pod", pod.ObjectMeta))
	}
	_, err = remove(ctx, l.client, found)
	return err
}

// orphans are pods whose Job was deleted without them.
func orphans(ctx context.Context, client kubernetes.Interface, namespace, selector string) ([]corev1.Pod, error) {
	pods, err := client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{LabelSelector: selector})
	if err != nil {
		return nil, fmt.Errorf("looking for pods without a Job: %w", err)
	}
	return slices.DeleteFunc(pods.Items, func(pod corev1.Pod) bool { return metav1.GetControllerOf(&pod) != nil }), nil
}

// settle waits until no request to create something is under way.
func (l *Launcher) settle(ctx context.Context) {
	done := make(chan struct{})
	go func() {
		l.creating.Wait()
		close(done)
	}()
	select {
	case <-ctx.Done():
	case <-done:
	}
}

// Object is something in the cluster that a run has left there.
type Object struct {
	// Kind is "job", "pod" or "secret".
	Kind, Namespace, Name string
	// Run is the run it belongs to.
	Run string
}

func objectOf(kind string, meta metav1.ObjectMeta) Object {
	return Object{Kind: kind, Namespace: meta.Namespace, Name: meta.Name, Run: meta.Labels[LabelRun]}
}

// remove deletes objects, all at once, and returns those that were there. Jobs
// are deleted with what belongs to them, which is not the API's default.
func remove(ctx context.Context, client kubernetes.Interface, objects []Object) ([]Object, error) {
	errs := make([]error, len(objects))
	var all sync.WaitGroup
	for i, object := range objects {
		all.Go(func() { errs[i] = object.delete(ctx, client) })
	}
	all.Wait()
	var removed []Object
	for i, object := range objects {
		switch {
		case errs[i] == nil:
			removed = append(removed, object)
		case apierrors.IsNotFound(errs[i]):
			errs[i] = nil
		default:
			errs[i] = fmt.Errorf("deleting %s %s in namespace %s: %w", object.Kind, object.Name, object.Namespace, errs[i])
		}
	}
	return removed, errors.Join(errs...)
}

func (o Object) delete(ctx context.Context, client kubernetes.Interface) error {
	background := metav1.DeletePropagationBackground
	options := metav1.DeleteOptions{PropagationPolicy: &background}
	switch o.Kind {
	case "job":
		return client.BatchV1().Jobs(o.Namespace).Delete(ctx, o.Name, options)
	case "pod":
		return client.CoreV1().Pods(o.Namespace).Delete(ctx, o.Name, options)
	default:
		return client.CoreV1().Secrets(o.Namespace).Delete(ctx, o.Name, options)
	}
}
