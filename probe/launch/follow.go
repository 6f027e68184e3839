package launch

import (
	"context"
	"fmt"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	polling "k8s.io/apimachinery/pkg/util/wait"
)

// follower follows one probe from its Job to its last record.
type follower struct {
	*Launcher
	place   Place
	job     *batchv1.Job
	created time.Time
	// start is how long the probe may take until its first record.
	start   time.Duration
	tracker *tracker
}

func (l *Launcher) follow(ctx context.Context, place Place, job *batchv1.Job, start time.Duration) *follower {
	return &follower{
		Launcher: l,
		place:    place,
		job:      job,
		created:  time.Now(),
		start:    start,
		tracker:  track(ctx, l.client.CoreV1().Pods(l.options.Namespace), job),
	}
}

// late reports whether the first record should be there by now.
func (f *follower) late() bool { return time.Since(f.created) >= f.start }

// awaitStart returns when there is a log to read: as soon as the container
// runs, or has run already. It fails as soon as it is clear that it will not.
func (f *follower) awaitStart(ctx context.Context) error {
	late := time.NewTimer(f.start)
	defer late.Stop()
	ask := time.NewTicker(f.pace.patience)
	defer ask.Stop()
	for {
		now := f.tracker.state()
		if now.denied != nil {
			return f.fail(unwatchable(now.denied))
		}
		if failure := now.stuck(); failure != nil {
			return f.fail(f.unlocked(ctx, now, failure))
		}
		if now.phase() != waiting {
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-f.tracker.changed:
		case <-ask.C:
			if now.pod != nil {
				ask.Stop()
			} else if failure := f.podless(ctx, now.lost); failure != nil {
				return f.fail(failure)
			}
		case <-late.C:
			return f.fail(f.notStarted(ctx, now))
		}
	}
}

func (f *follower) fail(failure *Failure) error { return f.located(failure, f.place.Node) }

func unwatchable(err error) *Failure {
	failure := refusal("watch the probe's pod", err)
	if apierrors.IsForbidden(err) {
		failure.Fix = "list and watch pods are needed there"
	}
	return failure
}

// podless says what keeps the Job from having a pod, once that is certain.
func (f *follower) podless(ctx context.Context, lost error) *Failure {
	said := f.warning(ctx, f.job.UID, "FailedCreate")
	if failure := refusedPod(said); failure != nil {
		f.place.explain(failure)
		return failure
	}
	// Without an answer from the API server it is not known that there is none.
	if time.Since(f.created) < f.pace.podless || lost != nil {
		return nil
	}
	return &Failure{
		Reason: ReasonNoPod,
		What:   fmt.Sprintf("the Job %s has no pod after %s", f.job.Name, f.pace.podless),
		Said:   said,
		Fix:    "does the kube-controller-manager run? With --keep the Job stays, to be described",
	}
}

// refusedPod explains what the Job controller was told when it tried to create
// the pod, if that is not going to change by itself.
func refusedPod(said string) *Failure {
	if said == "" {
		return nil
	}
	failure := refusal("create the pod", fmt.Errorf("%s", said))
	if failure.Reason == ReasonRefused {
		return nil
	}
	return failure
}

// notStarted is for a pod that is neither running nor hopeless when the time is
// over: whatever the kubelet complained about last comes nearest to a reason.
func (f *follower) notStarted(ctx context.Context, now state) *Failure {
	failure := &Failure{
		Reason: ReasonNotStarted,
		What:   fmt.Sprintf("the container did not start within %s", f.start),
		Fix:    "choose another node with --from, or wait longer with --start-timeout",
	}
	if now.lost != nil {
		failure.What = "the API server could not be asked whether the container started"
		failure.Said, failure.Fix, failure.Err = words(now.lost.Error()), "", now.lost
		return failure
	}
	if trouble := f.nodeTrouble(ctx, f.place.Node); trouble != nil {
		failure.Said = trouble.What
		return failure
	}
	if now.pod == nil {
		return failure
	}
	failure.Said = f.warning(ctx, now.pod.UID, "")
	if status := containerStatus(now.pod); failure.Said == "" && status.State.Waiting != nil {
		failure.Said = words(status.State.Waiting.Reason + " " + status.State.Waiting.Message)
	}
	return failure
}

// unlocked adds to a failure to pull an image that the Secret for its registry
// is missing. The kubelet does not wait for the Secret, and mentions it in an
// event of its own, about when the failed pull shows in the pod's status.
func (f *follower) unlocked(ctx context.Context, now state, failure *Failure) *Failure {
	if failure.Reason != ReasonImage || len(f.options.PullSecrets) == 0 {
		return failure
	}
	var said string
	// That no such event comes is the case of a Secret that is there.
	_ = polling.PollUntilContextTimeout(ctx, f.pace.patience, f.pace.event, true, func(ctx context.Context) (bool, error) {
		said = f.warning(ctx, now.pod.UID, "FailedToRetrieveImagePullSecret")
		return said != "", nil
	})
	if said != "" {
		failure.Said = said + "; " + failure.Said
	}
	return failure
}
