package cli

import (
	"fmt"
	"strings"
)

// interruption is the end of a run that its user broke off. It says what became
// of that which the run had created.
type interruption struct{ what string }

func (e *interruption) Error() string { return "interrupted: " + e.what }

// interrupted says what the run leaves after it was broken off, as it was
// observed: how many of the Jobs that it may have created were deleted.
func (o *options) interrupted(names []string, deleted int, err *cleanupError) error {
	switch {
	case err != nil:
		return &interruption{fmt.Sprintf("%v; %s", err, err.hint())}
	case len(names) == 0:
		return errNothing()
	case o.keep:
		return &interruption{fmt.Sprintf("kept: job %s in namespace %s; kubectl nettrace cleanup -n %s removes them",
			strings.Join(names, ", "), o.probeNamespace, o.probeNamespace)}
	case deleted == 0:
		return &interruption{"no probe was there any more to be removed"}
	}
	return &interruption{fmt.Sprintf("the probes were removed (%d jobs, and their pods with them)", deleted)}
}

func errNothing() error { return &interruption{"nothing had been created"} }

// cleanupError says that probes may have stayed behind.
type cleanupError struct {
	namespace string
	cause     error
}

func (e *cleanupError) Error() string {
	return "the probes could not be removed: " + strings.ReplaceAll(e.cause.Error(), "\n", "; ")
}

func (e *cleanupError) Unwrap() error { return e.cause }

func (e *cleanupError) hint() string {
	return fmt.Sprintf("they end by themselves at their deadline; kubectl nettrace cleanup -n %s --force removes them at once", e.namespace)
}
