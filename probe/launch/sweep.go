package launch

import (
	"context"
	"errors"
	"fmt"
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
// run was killed, and pods and Secrets that lost their Job.
func Sweep(ctx context.Context, client kubernetes.Interface, o SweepOptions) (Swept, error) {
	ours := metav1.ListOptions{LabelSelector: LabelRun}
	var swept Swept
	sort := func(kind string, object metav1.ObjectMeta, inUse bool) {
		found := Object{Kind: kind, Namespace: object.Namespace, Name: object.Name, Run: object.Labels[LabelRun]}
		if inUse && !o.Force {
			swept.Running = append(swept.Running, found)
		} else {
			swept.Removed = append(swept.Removed, found)
		}
	}

	jobs, err := client.BatchV1().Jobs(o.Namespace).List(ctx, ours)
	if err != nil {
		return swept, fmt.Errorf("looking for the Jobs of earlier runs: %w", err)
	}
	for _, job := range jobs.Items {
		sort("job", job.ObjectMeta, jobInUse(job, time.Now()))
	}
	pods, podsErr := client.CoreV1().Pods(o.Namespace).List(ctx, ours)
	if podsErr == nil {
		for _, pod := range pods.Items {
			if metav1.GetControllerOf(&pod) == nil {
				sort("pod", pod.ObjectMeta, podInUse(pod))
			}
		}
	}
	// Few may list Secrets, and they only lose their Job by somebody's doing.
	secrets, secretsErr := client.CoreV1().Secrets(o.Namespace).List(ctx, ours)
	if secretsErr == nil {
		for _, secret := range secrets.Items {
			if len(secret.OwnerReferences) == 0 {
				sort("secret", secret.ObjectMeta, false)
			}
		}
	} else if apierrors.IsForbidden(secretsErr) {
		secretsErr = nil
	}
	if !o.DryRun {
		swept.Removed, err = remove(ctx, client, swept.Removed)
	}
	return swept, errors.Join(podsErr, secretsErr, err)
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
