package print

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
)

// maxTraces is how many failed requests are named by their trace ids.
const maxTraces = 3

// traceIDs names the requests that are worth a look in a tracing system: some
// that failed, and the slowest that got a good answer; with all every sample.
func traceIDs(r *trace.Report, all bool) string {
	var failed, slow []traced
	for _, c := range r.Cells {
		for _, s := range c.Samples {
			if s.TraceID == "" {
				continue
			}
			if t := (traced{c, s}); t.failed() {
				failed = append(failed, t)
			} else {
				slow = append(slow, t)
			}
		}
	}
	slices.SortStableFunc(slow, func(a, b traced) int { return cmp.Compare(b.Phases.Total, a.Phases.Total) })
	if !all {
		// Of each kind of failure at each way in one.
		seen := map[string]bool{}
		failed = slices.DeleteFunc(failed, func(t traced) bool {
			known := seen[t.where()+t.what()]
			seen[t.where()+t.what()] = true
			return known
		})
		failed, slow = failed[:min(maxTraces, len(failed))], slow[:min(1, len(slow))]
	}
	label, text := "Trace ids ", ""
	for _, t := range slices.Concat(failed, slow) {
		text += hang(label, fmt.Sprintf("%s %s, %s", t.TraceID, t.says(), t.where()))
		label = "          "
	}
	return text
}

// traced is a request with a trace id.
type traced struct {
	cell trace.Cell
	wire.Sample
}

// what names the outcome as failures of cells are named.
func (t traced) what() string {
	switch {
	case t.Error != "":
		return string(t.Error)
	case t.GRPC != "":
		return "gRPC " + t.GRPC
	}
	return fmt.Sprintf("HTTP %d", t.Status)
}

func (t traced) failed() bool {
	return t.Error != "" || slices.ContainsFunc(t.cell.Failures, func(f trace.Failure) bool { return f.What == t.what() })
}

func (t traced) says() string {
	if t.failed() {
		return t.what()
	}
	return "slowest: " + short(t.Phases.Total.Round(time.Microsecond))
}

func (t traced) where() string {
	address := t.cell.Address
	if proxied(t.cell.Kind) {
		address = asked(t.cell)
	}
	return fmt.Sprintf("%s %s from %s", t.cell.Kind, address, placeOf(t.cell))
}
