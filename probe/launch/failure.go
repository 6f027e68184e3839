package launch

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Reason is why a probe could not do its work: stable, for programs.
type Reason string

// The reasons, in the order in which a probe meets them.
const (
	ReasonRights     Reason = "missing-rights"
	ReasonNamespace  Reason = "namespace-unusable"
	ReasonSecurity   Reason = "pod-security"
	ReasonQuota      Reason = "quota"
	ReasonLimits     Reason = "limit-range"
	ReasonWebhook    Reason = "webhook"
	ReasonRefused    Reason = "refused"
	ReasonInjected   Reason = "containers-injected"
	ReasonSelected   Reason = "selected-by-service"
	ReasonBudget     Reason = "disruption-budget"
	ReasonScaled     Reason = "counted-by-autoscaler"
	ReasonUnsafe     Reason = "harm-not-excluded"
	ReasonLike       Reason = "cannot-be-alike"
	ReasonSuspended  Reason = "job-suspended"
	ReasonNode       Reason = "node-unusable"
	ReasonNoPod      Reason = "no-pod"
	ReasonImage      Reason = "image"
	ReasonContainer  Reason = "container-not-started"
	ReasonRejected   Reason = "rejected-by-kubelet"
	ReasonNotStarted Reason = "not-started-in-time"
	ReasonDeleted    Reason = "pod-deleted"
	ReasonKilled     Reason = "killed"
	ReasonExited     Reason = "exited"
	ReasonVersion    Reason = "version"
	ReasonLog        Reason = "log-unreadable"
	ReasonOverdue    Reason = "overdue"
)

// Failure says what kept a probe from doing its work.
type Failure struct {
	Reason    Reason
	Namespace string
	// Node is empty when the failure is not that of one node.
	Node string
	// What happened, as a clause: "the image cannot be pulled".
	What string
	// Said are the words of whoever refused: escaped, and cut if very long.
	Said string
	// Fix is what to do about it, and may be empty.
	Fix string
	// Missing are the rights that are missing, with ReasonRights.
	Missing []Need
	// Err is the cause, where there is one.
	Err error
}

// Error is all of the failure on one line.
func (f *Failure) Error() string {
	if f.Fix == "" {
		return f.Summary()
	}
	return fmt.Sprintf("%s (%s)", f.Summary(), f.Fix)
}

// Summary is the failure on one line, without what to do about it.
func (f *Failure) Summary() string {
	var b strings.Builder
	b.WriteString("running the probe")
	switch {
	case strings.Contains(f.Node, ", "):
		fmt.Fprintf(&b, " on nodes %s", f.Node)
	case f.Node != "":
		fmt.Fprintf(&b, " on node %s", f.Node)
	}
	fmt.Fprintf(&b, " in namespace %s: %s", f.Namespace, f.What)
	if f.Said != "" {
		fmt.Fprintf(&b, ": %s", f.Said)
	}
	return b.String()
}

// Merge makes one of the failures that several probes met alike. Of what was
// said to them, which can differ in numbers that do not matter, it keeps the
// first.
func Merge(failures []*Failure) []*Failure {
	var merged []*Failure
	for _, f := range failures {
		i := slices.IndexFunc(merged, func(m *Failure) bool {
			return m.Reason == f.Reason && m.Namespace == f.Namespace && m.What == f.What && m.Fix == f.Fix
		})
		switch {
		case i < 0:
			first := *f
			merged = append(merged, &first)
		case f.Node != "":
			merged[i].Node += ", " + f.Node
		}
	}
	return merged
}

// Unwrap returns the cause.
func (f *Failure) Unwrap() error { return f.Err }

// located fills in where a failure happened. Other errors stay what they are.
func (l *Launcher) located(err error, node string) error {
	var failure *Failure
	if errors.As(err, &failure) {
		failure.Namespace = l.options.Namespace
		failure.Node = node
	}
	return err
}

// Quote returns the words of an error, fit for [Failure.Said].
func Quote(err error) string { return words(err.Error()) }

// maxWords bounds what is quoted of others.
const maxWords = 600

// words makes text of unknown origin fit for a terminal and for one line.
func words(text string) string {
	text = strings.ToValidUTF8(text, "?")
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool {
		return r <= ' ' || r >= 0x7f && r < 0xa0
	}), " ")
	// Marks that turn the direction of writing can make a text read otherwise
	// than it is.
	text = strings.Map(func(r rune) rune {
		if r >= 0x200b && r <= 0x200f || r >= 0x2028 && r <= 0x202e || r >= 0x2060 && r <= 0x206f || r == 0xfeff {
			return -1
		}
		return r
	}, text)
	if len(text) <= maxWords {
		return text
	}
	return strings.ToValidUTF8(text[:maxWords], "") + " …"
}
