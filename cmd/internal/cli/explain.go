package cli

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"

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

// problem is one reason why the trace could not be made.
type problem struct{ what, hint string }

// explain writes why the trace could not be made, and what to do about it.
func explain(w io.Writer, err error) {
	var broken *interruption
	if errors.As(err, &broken) {
		fmt.Fprintln(w, broken)
		return
	}
	for _, p := range problems(err) {
		fmt.Fprintln(w, "error:", p.what)
		if p.hint != "" {
			fmt.Fprintln(w, "hint:", p.hint)
		}
	}
	if missing := missing(err); len(missing) > 0 {
		explainRights(w, missing)
	}
}

// problems takes errors apart that were joined, and says once what several
// probes met alike.
func problems(err error) []problem {
	var all []problem
	var failures []*launch.Failure
	for _, err := range apart(err) {
		var failure *launch.Failure
		if errors.As(err, &failure) {
			failures = append(failures, failure)
			continue
		}
		if p := problemOf(err); !slices.Contains(all, p) {
			all = append(all, p)
		}
	}
	var merged []problem
	for _, failure := range launch.Merge(failures) {
		merged = append(merged, problem{what: failure.Summary(), hint: failure.Fix})
	}
	return append(merged, all...)
}

func apart(err error) []error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var all []error
	for _, err := range joined.Unwrap() {
		all = append(all, apart(err)...)
	}
	return all
}

const whichServer = "kubectl cluster-info shows which one is asked; --context and --kubeconfig choose another"

func problemOf(err error) problem {
	var config *configError
	var cleanup *cleanupError
	var ended *endedError
	var request *url.Error
	var untrusted *tls.CertificateVerificationError
	isRequest := errors.As(err, &request)
	switch {
	case errors.As(err, &config):
		return problem{err.Error(), config.hint}
	case errors.As(err, &cleanup):
		return problem{err.Error(), cleanup.hint()}
	case errors.As(err, &ended):
		return problem{err.Error(), "somebody deleted a pod or a Job of the run, or drained the node: run it again"}
	case apierrors.IsUnauthorized(err):
		return problem{err.Error(), "the API server does not know you, or your login has expired: log in again, or choose another --context"}
	case apierrors.IsServiceUnavailable(err), apierrors.IsTooManyRequests(err), apierrors.IsInternalError(err), apierrors.IsServerTimeout(err):
		return problem{err.Error(), "the API server has trouble of its own: kubectl get --raw '/readyz?verbose' says more; try again later"}
	case strings.Contains(err.Error(), "serializer for "): // client-go has no type for it
		return problem{fmt.Sprintf("what answers is no API server: %v", err), whichServer}
	case errors.As(err, &untrusted):
		return problem{fmt.Sprintf("the API server's certificate is not trusted: %v", untrusted.Err), "the kubeconfig's certificate authority must be that server's; " + whichServer}
	case isRequest && request.Timeout():
		return problem{fmt.Sprintf("the API server does not answer: %s %s: %v", request.Op, request.URL, request.Err), whichServer}
	case isRequest:
		return problem{fmt.Sprintf("the API server cannot be reached: %v", request.Err), whichServer}
	}
	return problem{what: err.Error()}
}

func explainRights(w io.Writer, missing []launch.Need) {
	fmt.Fprintf(w, "\nThese rights are missing:\n")
	for _, need := range missing {
		fmt.Fprintf(w, "  %s: to %s\n", need, need.Why)
	}
	fmt.Fprintf(w, "\nThis grants them (or ask somebody who may):\n\n%s", launch.RoleFor(missing))
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
