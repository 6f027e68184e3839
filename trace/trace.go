package trace

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/evidence"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/finding"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

// Options say what to trace and how.
type Options struct {
	// Run identifies the run, and Release this program.
	Run, Release string
	// Namespace and Service name the target.
	Namespace, Service string
	target.Choice
	Route route.Options
	// From names the vantages; empty means to choose.
	From []string
	Load Load
}

// Prober carries a plan out at a vantage. It hands every record to observe, in
// order and exactly once, and returns an error when the last one did not come.
type Prober interface {
	Probe(ctx context.Context, node string, plan wire.Plan, observe func(wire.Record)) error
}

// Trace is a run that is ready to send its requests.
type Trace struct {
	Options Options
	Target  *target.Target
	Routes  []route.Route
	Plans   []Plan
}

// Prepare finds out what to ask and from where. It reads, and sends nothing.
func Prepare(ctx context.Context, reader *target.Reader, o Options) (*Trace, error) {
	t, err := reader.Resolve(ctx, o.Namespace, o.Service, o.Choice)
	if err != nil {
		return nil, err
	}
	routes := route.Of(t, o.Route)
	from, err := vantages(t, o.From)
	if err != nil {
		return nil, err
	}
	if o.Load.Concurrency < len(from) {
		return nil, fmt.Errorf("--concurrency %d is too low to send requests from %d nodes at the same time; --from names fewer", o.Load.Concurrency, len(from))
	}
	return &Trace{Options: o, Target: t, Routes: routes, Plans: plans(o.Run, o.Release, t, routes, from, o.Load)}, nil
}

// Send has every vantage send its requests, all at the same time, and judges
// what comes back. When a probe fails, Send returns both the report of what the
// others saw and the error; when all fail, only the error. Observe, which may be
// nil, is called for every record, by several goroutines at once.
func (t *Trace) Send(ctx context.Context, prober Prober, observe func(vantage int, record wire.Record)) (*Report, error) {
	started := time.Now()
	seen := make([]evidence.Seen, len(t.Plans))
	failures := make([]error, len(t.Plans))
	var probes sync.WaitGroup
	for i, plan := range t.Plans {
		probes.Go(func() {
			var records []wire.Record
			failures[i] = prober.Probe(ctx, plan.Vantage.Node, plan.Wire, func(record wire.Record) {
				records = append(records, record)
				if observe != nil {
					observe(i, record)
				}
			})
			seen[i] = evidence.Observe(i, plan.Routes, t.Target.Known(), records)
		})
	}
	probes.Wait()
	err := errors.Join(failures...)
	if lost(failures) == len(failures) {
		return nil, err
	}
	return t.judge(started, seen, failures), err
}

// judge turns what the probes saw into the report. It is pure but for the time
// that the run took.
func (t *Trace) judge(started time.Time, seen []evidence.Seen, failures []error) *Report {
	var observations []evidence.Observation
	for i := range seen {
		if failures[i] == nil {
			observations = append(observations, seen[i].Cells...)
		}
	}
	cells := t.explainUnsent(verdict.Judge(t.Routes, observations))
	found := finding.All(finding.Facts{Target: t.Target, Routes: t.Routes, Vantages: t.nodes(), Cells: cells})
	return t.report(started, time.Since(started), seen, failures, cells, found)
}

// explainUnsent adds a cell for each vantage from which a route would have had
// to fail, and says so.
func (t *Trace) explainUnsent(cells []verdict.Cell) []verdict.Cell {
	for i, r := range t.Routes {
		for v, plan := range t.Plans {
			if r.Untested == "" && unfair(t.Target, r, plan.Vantage) {
				cells = append(cells, verdict.Cell{Route: i, Vantage: v, Verdict: verdict.Untested,
					Reason: fmt.Sprintf("internalTrafficPolicy is Local and %s hosts no ready endpoint: not served, as configured", plan.Vantage.Node)})
			}
		}
	}
	return cells
}

func (t *Trace) nodes() []string {
	var names []string
	for _, plan := range t.Plans {
		names = append(names, plan.Vantage.Node)
	}
	return names
}

func lost(failures []error) int {
	n := 0
	for _, err := range failures {
		if err != nil {
			n++
		}
	}
	return n
}
