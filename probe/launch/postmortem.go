package launch

import (
	"context"
	"errors"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// versionError: the probe speaks another version of the contract.
type versionError struct{ probe int }

func (e versionError) Error() string {
	return fmt.Sprintf("the probe writes records of version %d", e.probe)
}

const sameRelease = "use the probe image of the same release as the plugin: leave --image out, or change its tag"

// again is what helps against what may have been chance.
const again = "run it again, or choose another node with --from"

// mistrust is for a log that cannot be what the probe wrote.
func mistrust(err error) *Failure {
	var version versionError
	if errors.As(err, &version) {
		return &Failure{Reason: ReasonVersion, What: err.Error(), Fix: sameRelease, Err: err}
	}
	return &Failure{Reason: ReasonLog, What: "the probe's log is incomplete or damaged", Said: Quote(err), Fix: "run it again", Err: err}
}

// mute is for a container that runs and writes nothing.
func (f *follower) mute(notes []string) *Failure {
	return &Failure{
		Reason: ReasonNotStarted,
		What:   fmt.Sprintf("the container runs, but has written no record within %s", f.start),
		Said:   lastNotes(notes),
		Fix:    "is --image a probe of this project?",
	}
}

// unreadable is for a log that cannot be read although the container should
// still be there: mostly because the kubelet cannot be reached.
func (f *follower) unreadable(ctx context.Context, err error, last int) *Failure {
	failure := &Failure{
		Reason: ReasonLog,
		What:   fmt.Sprintf("the log of the probe broke off after record %d and cannot be read on", last),
		Fix:    "does kubectl logs work for other pods of that node?",
		Err:    err,
	}
	if err != nil {
		failure.Said = Quote(err)
	}
	if trouble := f.nodeTrouble(ctx, f.place.Node); trouble != nil {
		failure.Reason, failure.Said, failure.Fix = ReasonNode, trouble.What, trouble.Fix
	}
	return failure
}

// postMortem says why a probe ended without its last record.
func postMortem(now state, notes []string) *Failure {
	died := containerStatus(now.pod).State.Terminated
	switch {
	case died != nil && died.Reason == "OOMKilled":
		return &Failure{
			Reason: ReasonKilled,
			What:   "the probe was killed for using more memory than it may",
			Said:   "memory limit " + now.pod.Spec.Containers[0].Resources.Limits.Memory().String(),
			Fix:    "trace fewer routes at a time, or allow more with --probe-limits memory=256Mi",
		}
	case died != nil && (died.Reason == "StartError" || died.Reason == "ContainerCannotRun"):
		return &Failure{
			Reason: ReasonContainer,
			What:   fmt.Sprintf("the container cannot be started (%s)", died.Reason),
			Said:   words(died.Message),
			Fix:    startFix(died.Message),
		}
	case now.pod.Status.Reason != "":
		return &Failure{
			Reason: ReasonKilled,
			What:   fmt.Sprintf("the pod was ended before it was done (%s)", words(now.pod.Status.Reason)),
			Said:   words(now.pod.Status.Message),
			Fix:    again,
		}
	case now.pod.DeletionTimestamp != nil, now.gone, died == nil:
		return deleted(now.pod)
	}
	return exited(died, notes)
}

func exited(died *corev1.ContainerStateTerminated, notes []string) *Failure {
	failure := &Failure{
		Reason: ReasonExited,
		What:   fmt.Sprintf("the probe ended with exit code %d before its last record", died.ExitCode),
		Said:   lastNotes(notes),
	}
	switch {
	case strings.Contains(failure.Said, "the plan has version"):
		failure.Reason, failure.Fix = ReasonVersion, sameRelease
	case strings.Contains(failure.Said, "exec format error"):
		failure.Reason, failure.Fix = ReasonContainer, startFix(failure.Said)
	case died.ExitCode > 128:
		failure.Reason = ReasonKilled
		failure.What = fmt.Sprintf("the probe was killed by signal %d before its last record", died.ExitCode-128)
		failure.Fix = again
	default:
		failure.Fix = "is --image a probe of this project?"
	}
	return failure
}

// lastNotes quotes the end of what a probe wrote besides its records. It may
// have been written by anything, so it is made harmless.
func lastNotes(notes []string) string {
	return words(strings.Join(notes[max(0, len(notes)-3):], " / "))
}
