package launch

import (
	"context"
	"errors"
	"fmt"
	"slices"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

var errClosed = errors.New("creating the probe's Job: the run is over")

// create makes the Job and, for a large plan, its Secret.
func (l *Launcher) create(ctx context.Context, place Place, plan wire.Plan) (*batchv1.Job, error) {
	job, err := l.JobAt(place, plan)
	if err != nil {
		return nil, err
	}
	secret, err := l.Secret(plan)
	if err != nil {
		return nil, err
	}
	if err := l.begin(ctx, job.Name); err != nil {
		return nil, err
	}
	defer l.creating.Done()

	// A request that is torn off may still take effect, after Cleanup looked.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), l.pace.create)
	defer cancel()
	created, err := l.client.BatchV1().Jobs(job.Namespace).Create(ctx, job, metav1.CreateOptions{})
	if err != nil {
		if apierrors.IsAlreadyExists(err) {
			l.forget(job.Name)
		}
		return nil, l.located(refusal("create the Job", err), place.Node)
	}
	if secret != nil {
		if err := l.createSecret(ctx, created, secret); err != nil {
			return nil, l.located(err, place.Node)
		}
	}
	if failure := suspended(created); failure != nil {
		return nil, l.located(failure, place.Node)
	}
	return created, nil
}

// createSecret comes after the Job, whose UID it needs to be removed with it.
// Until then the kubelet cannot mount it, and tries again.
func (l *Launcher) createSecret(ctx context.Context, job *batchv1.Job, secret *corev1.Secret) error {
	secret.OwnerReferences = []metav1.OwnerReference{{
		APIVersion: "batch/v1", Kind: "Job", Name: job.Name, UID: job.UID,
	}}
	_, err := l.client.CoreV1().Secrets(secret.Namespace).Create(ctx, secret, metav1.CreateOptions{})
	if err != nil {
		return refusal("create the Secret that holds the plan", err)
	}
	return nil
}

// begin notes the name of a Job that may exist from now on.
func (l *Launcher) begin(ctx context.Context, name string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || ctx.Err() != nil {
		return errors.Join(errClosed, context.Cause(ctx))
	}
	if slices.Contains(l.names, name) {
		return fmt.Errorf("creating the probe's Job: %s exists already", name)
	}
	l.names = append(l.names, name)
	l.creating.Add(1)
	return nil
}

// forget drops the name of a Job that turned out to be somebody else's.
func (l *Launcher) forget(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.names = slices.DeleteFunc(l.names, func(known string) bool { return known == name })
}

// suspended recognises a Job that was put into somebody's queue, as Kueue does
// when it manages all Jobs. It would wait there for longer than we would.
func suspended(job *batchv1.Job) *Failure {
	if job.Spec.Suspend == nil || !*job.Spec.Suspend {
		return nil
	}
	return &Failure{
		Reason: ReasonSuspended,
		What:   "the Job was suspended as it was created, by something that queues Jobs",
		Said:   words(fmt.Sprint("labels ", job.Labels)),
		Fix:    elsewhere,
	}
}
