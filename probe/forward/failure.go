package forward

import (
	"errors"
	"fmt"
	"strings"
	"syscall"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/launch"
)

// Refusal is what happened inside the pod when its node connected to the port:
// it says something about the application.
type Refusal struct {
	Target Target
	// Number is what the system said, in the numbers of this one: that the
	// connection was refused, mostly.
	Number syscall.Errno
	// Said are the words of the node.
	Said string
}

func (r *Refusal) Error() string {
	return fmt.Sprintf("connecting to port %d inside pod %s in namespace %s: %s", r.Target.Port, r.Target.Pod, r.Target.Namespace, r.Number)
}

// Unwrap returns the number, by which an engine tells refusals from timeouts.
func (r *Refusal) Unwrap() error { return r.Number }

// Failure is what kept a connection from coming as far as the pod. It says
// nothing about the application, and does not wrap its cause: an API server that
// refuses connections is not a pod that does.
type Failure struct {
	Namespace, Pod string
	// What happened, as a clause.
	What string
	// Said are the words of whoever failed, fit for a terminal.
	Said string
	// Fix is what to do about it, and may be empty.
	Fix string
	// Missing are the rights that are missing.
	Missing []launch.Need
}

func (f *Failure) Error() string {
	text := fmt.Sprintf("forwarding to pod %s in namespace %s: %s", f.Pod, f.Namespace, f.What)
	if f.Said != "" {
		text += ": " + f.Said
	}
	if f.Fix != "" {
		text += " (" + f.Fix + ")"
	}
	return text
}

func late(t Target) error {
	return &Failure{Namespace: t.Namespace, Pod: t.Pod, What: "the API server did not open the way to it in time"}
}

func lost(t Target) error {
	return &Failure{Namespace: t.Namespace, Pod: t.Pod, What: "the way to it through the API server broke off"}
}

// unopened explains why there is no way to the pod. The reasons come through up
// to three servers and as text, mostly.
func unopened(t Target, err error) error {
	f := &Failure{Namespace: t.Namespace, Pod: t.Pod, What: "the API server did not open the way to it", Said: launch.Quote(err)}
	switch {
	case apierrors.IsForbidden(err), strings.Contains(f.Said, "is forbidden"):
		f.What = "you may not forward ports of pods"
		f.Missing = []launch.Need{launch.ForwardNeed(t.Namespace)}
	case apierrors.IsNotFound(err), strings.Contains(f.Said, "not found"):
		f.What, f.Fix = "there is no such pod any more", "run it again"
	case strings.Contains(f.Said, "pod is not running"):
		f.What = "it does not run"
	case strings.Contains(f.Said, "error dialing backend"):
		f.What, f.Fix = "the API server does not reach the kubelet of its node", "does kubectl logs work for pods of that node?"
	}
	return f
}

// refusal tells what the node says about the pod from what it says about itself.
func refusal(t Target, said string) error {
	quoted := launch.Quote(errors.New(said))
	// Runtimes try IPv4 and then IPv6, and tell of both: one that refuses is there.
	for _, known := range []struct {
		words  string
		number syscall.Errno
	}{
		{"connection refused", errRefused},
		{"connection reset by peer", errReset},
		{"broken pipe", errReset},
		{"connection timed out", errTimeout},
		{"i/o timeout", errTimeout},
	} {
		if strings.Contains(strings.ToLower(said), known.words) {
			return &Refusal{Target: t, Number: known.number, Said: quoted}
		}
	}
	return &Failure{Namespace: t.Namespace, Pod: t.Pod, What: "its node did not connect to the port", Said: quoted}
}
