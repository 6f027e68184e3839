package launch

import (
	"context"
	"errors"
	"fmt"
	"sync"

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
		jobs = append(jobs, Object{Kind: "job", Namespace: l.options.Namespace, Name: name})
	}
	removed, err := remove(ctx, l.client, jobs)
	return len(removed), err
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
