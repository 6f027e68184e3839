package launch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// SweepOptions say what to look for and what to do about it.
type SweepOptions struct {
	// Namespace to look in; empty means all of them.
	Namespace string
	// Force removes also what seems to be in use.
	Force bool
	// DryRun only tells what would be removed.
	DryRun bool
}

// Swept is what Sweep found.
type Swept struct {
	// Removed is what was removed, or would be with DryRun.
	Removed []Object
	// Running is what was left because a run seems to be using it.
	Running []Object
}

// Sweep removes what earlier runs have left behind: Jobs that were kept or whose
// run was killed, and pods and Secrets that lost their Job. What it did before
// an error is in its result.
func Sweep(ctx context.Context, client kubernetes.Interface, o SweepOptions) (Swept, error) {
	var swept Swept
	jobs, err := client.BatchV1().Jobs(o.Namespace).List(ctx, metav1.ListOptions{LabelSelector: LabelRun})
	if err != nil {
		return swept, fmt.Errorf("looking for the Jobs of earlier runs: %w", err)
	}
	for _, job := range jobs.Items {
		swept.put(objectOf("job", job.ObjectMeta), !o.Force && jobInUse(job, time.Now()))
	}
	pods, podsErr := orphans(ctx, client, o.Namespace, LabelRun)
	for _, pod := range pods {
		swept.put(objectOf("pod", pod.ObjectMeta), !o.Force && podInUse(pod))
	}
	secrets, secretsErr := lostSecrets(ctx, client, o.Namespace)
	for _, secret := range secrets {
		swept.put(objectOf("secret", secret.ObjectMeta), false)
	}
	if !o.DryRun {
		swept.Removed, err = remove(ctx, client, swept.Removed)
	}
	return swept, errors.Join(podsErr, secretsErr, err)
}

func (s *Swept) put(object Object, inUse bool) {
	if inUse {
		s.Running = append(s.Running, object)
	} else {
		s.Removed = append(s.Removed, object)
	}
}

// lostSecrets are Secrets whose Job was deleted without them. Few may list
// Secrets, and that one is lost takes somebody's doing, so that being forbidden
// to look for them is no error.
func lostSecrets(ctx context.Context, client kubernetes.Interface, namespace string) ([]corev1.Secret, error) {
	secrets, err := client.CoreV1().Secrets(namespace).List(ctx, metav1.ListOptions{LabelSelector: LabelRun})
	switch {
	case apierrors.IsForbidden(err):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("looking for Secrets without a Job: %w", err)
	}
	return slices.DeleteFunc(secrets.Items, func(secret corev1.Secret) bool { return len(secret.OwnerReferences) > 0 }), nil
}

// jobInUse reports whether a run may still be waiting for the Job: it has not
// finished, and its deadline, which the cluster may keep late, has not passed.
func jobInUse(job batchv1.Job, now time.Time) bool {
	for _, condition := range job.Status.Conditions {
		if condition.Status == corev1.ConditionTrue && (condition.Type == batchv1.JobComplete || condition.Type == batchv1.JobFailed) {
			return false
		}
	}
	if job.Spec.ActiveDeadlineSeconds == nil {
		return true
	}
	return now.Before(job.CreationTimestamp.Add(time.Duration(*job.Spec.ActiveDeadlineSeconds) * time.Second))
}

func podInUse(pod corev1.Pod) bool {
	return pod.Status.Phase == corev1.PodPending || pod.Status.Phase == corev1.PodRunning
}
