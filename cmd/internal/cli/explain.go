package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/launch"
)

// rightsError is a refused request together with all rights that the run lacks.
type rightsError struct {
	cause   error
	missing []launch.Need
}

func (e *rightsError) Error() string { return e.cause.Error() }

func (e *rightsError) Unwrap() error { return e.cause }

// explain writes why the trace could not be made, and what to do about it.
func explain(w io.Writer, err error) {
	if errors.Is(err, context.Canceled) {
		fmt.Fprintln(w, "interrupted: the probes were removed, nothing was left behind")
		return
	}
	var unreachable *url.Error
	var network net.Error
	if errors.As(err, &unreachable) && errors.As(err, &network) {
		fmt.Fprintf(w, "error: the API server does not answer: %v\nhint: kubectl cluster-info shows which one is asked; --context and --kubeconfig choose another\n", unreachable.Err)
		return
	}
	fmt.Fprintln(w, "error:", err)
	if missing := missing(err); len(missing) > 0 {
		fmt.Fprintf(w, "\nThese rights are missing:\n")
		for _, need := range missing {
			fmt.Fprintf(w, "  %s: to %s\n", need, need.Why)
		}
		fmt.Fprintf(w, "\nThis grants them (or ask somebody who may):\n\n%s", launch.RoleFor(missing))
	}
	if apierrors.IsUnauthorized(err) {
		fmt.Fprintln(w, "hint: the API server does not know you; log in again")
	}
}

// missing returns the rights whose absence the error is about.
func missing(err error) []launch.Need {
	var rights *rightsError
	if errors.As(err, &rights) {
		return rights.missing
	}
	var failure *launch.Failure
	if errors.As(err, &failure) {
		return failure.Missing
	}
	return nil
}
