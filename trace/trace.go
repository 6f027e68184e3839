package trace

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/evidence"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/policy"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/vantage"
)

// Options say what to trace and how.
type Options struct {
	// Run identifies the run, and Release this program.
	Run, Release string
	// Targets are the Services to trace, in one run.
	Targets []target.Name
	target.Choice
	Route route.Options
	// From names the vantages; empty means to choose.
	From []string
	// Probes is what the pods of the probes are to NetworkPolicies.
	Probes policy.Pod
	// NoPods has no probe launched: pods are asked through the API server, and
	// what is meant for clients outside from this machine.
	NoPods bool
	Load   Load
	// Logs reads the endpoints' own logs; nil leaves them unread.
	Logs LogReader
	// Traceparent has every request carry a W3C trace context.
	Traceparent bool
	// Trails has further requests sent for each rule of an Ingress or HTTPRoute, that
	// show with which path they arrive.
	Trails bool
	// Identify is where answers tell who gave them, if the user knows; or nil.
	Identify *wire.Identify
	// Troubles is of how many failed requests of each cell the time is noted.
	Troubles int
	// Alike has every way through the objects of Route.Through asked for all that any of
	// them is asked for, as far as their rules take it.
	Alike bool
	// Echoes has answers searched for the headers with which their requests arrived.
	Echoes bool
	// Witness has a witness on each node that hosts endpoints, or pods of an Ingress
	// controller, see the requests go by. StartTimeout is how long a probe may take to
	// start.
	Witness      bool
	StartTimeout time.Duration
	// Ignore are the names of findings not to report.
	Ignore []string
	// Knock connects to a TCP address from this machine, hangs up, and returns what
	// came of it. Where it is nil, this machine is no vantage unless From names it.
	Knock func(ctx context.Context, address string) wire.ErrorClass
}

// Prober carries a plan out at a vantage. It hands every record to observe, in
// order and exactly once, and returns an error when the last one did not come.
type Prober interface {
	Probe(ctx context.Context, from vantage.Vantage, plan wire.Plan, observe func(wire.Record)) error
}

// Run is ready to send its requests: one plan for each vantage, for all targets
// together.
type Run struct {
	Options  Options
	Traces   []*Trace
	Controls []route.Route
	Plans    []Plan
	// Witnesses are the plans of those that watch. They ask nothing.
	Witnesses []Plan
	// policies are the NetworkPolicies of the probes' namespace.
	policies []networkingv1.NetworkPolicy
	// directory tells which endpoints the numbers in plans and records mean.
	directory *evidence.Directory
	reader    *target.Reader
}

// Trace is the part of a run that is about one target.
type Trace struct {
	run    *Run
	Target *target.Target
	Routes []route.Route
	// unsent says why routes are not asked from a vantage, or from any.
	unsent []unsent
	notes  []string
	trails []trail
}

// resolvers is how many targets are read at the same time.
const resolvers = 8

// Prepare finds out what to ask and from where. It reads, and sends nothing to
// the targets but what Options.Knock sends.
func Prepare(ctx context.Context, reader *target.Reader, o Options) (*Run, error) {
	run := &Run{Options: o, reader: reader, Traces: make([]*Trace, len(o.Targets))}
	reads, reading := errgroup.WithContext(ctx)
	reads.SetLimit(resolvers)
	for i, name := range o.Targets {
		reads.Go(func() error {
			t, err := reader.Resolve(reading, name.Namespace, name.Name, o.Choice)
			if err == nil {
				run.Traces[i] = &Trace{run: run, Target: t, Routes: route.Of(t, o.Route)}
			}
			return err
		})
	}
	if err := reads.Wait(); err != nil {
		return nil, err
	}
	run.alike()
	from, err := run.vantages()
	if err != nil {
		return nil, err
	}
	run.Controls = route.Controls(reader.APIServer(ctx))
	if namespace := o.Probes.Namespace; namespace != "" {
		// What is not known of them counts as not holding the probes back.
		run.policies, _ = reader.Policies(ctx, namespace)
		run.Options.Probes.NamespaceLabels = reader.Labels(ctx, namespace)
	}
	run.directory = evidence.NewDirectory(run.targets())
	run.plan(from, run.survey(ctx))
	run.witness()
	return run, nil
}

func (run *Run) targets() []*target.Target {
	var all []*target.Target
	for _, t := range run.Traces {
		all = append(all, t.Target)
	}
	return all
}

// vantages returns the places that the user named, or chooses some.
func (run *Run) vantages() ([]vantage.Vantage, error) {
	o := run.Options
	var from []vantage.Vantage
	var err error
	switch {
	case o.NoPods:
		from = []vantage.Vantage{{Kind: vantage.Forward}}
	case len(o.From) > 0:
		from, err = vantage.Parse(o.From, run.Traces[0].Target.Nodes)
	default:
		from, err = vantage.Choose(run.targets()...)
	}
	if err == nil && o.Knock != nil && len(o.From) == 0 {
		from = append(from, vantage.Vantage{Kind: vantage.Local})
	}
	if err != nil {
		return nil, err
	}
	pods := slices.DeleteFunc(slices.Clone(from), func(v vantage.Vantage) bool { return !v.Launched() })
	if o.Load.Concurrency < len(pods) {
		return nil, fmt.Errorf("--concurrency %d is too low to send requests from %d nodes at the same time; --from names fewer", o.Load.Concurrency, len(pods))
	}
	return from, nil
}

// Send has every vantage send its requests, all at the same time, and judges
// what comes back: one report for each target. When a probe fails, Send returns
// both the reports of what the others saw and the error; when all fail, only the
// error. Observe, which may be nil, is called for every record, by several
// goroutines at once.
func (run *Run) Send(ctx context.Context, prober Prober, observe func(vantage int, record wire.Record)) ([]*Report, error) {
	watching := run.watch(ctx, prober)
	started := time.Now()
	records := make([][]wire.Record, len(run.Plans))
	failures := make([]error, len(run.Plans))
	lessons := run.lessons()
	var probes sync.WaitGroup
	for i, plan := range run.Plans {
		if len(plan.Asked) == 0 {
			continue // nothing to ask: nothing is started
		}
		probes.Go(func() {
			defer lessons.end(i, nil)
			if plan.Vantage.Kind == vantage.Local {
				plan.Wire.Locators = lessons.await(ctx)
			}
			failures[i] = prober.Probe(ctx, plan.Vantage, plan.Wire, func(record wire.Record) {
				records[i] = append(records[i], record)
				lessons.note(i, record)
				if observe != nil {
					observe(i, record)
				}
			})
		})
	}
	probes.Wait()
	seen := watching.tell()
	err := errors.Join(failures...)
	if err != nil && run.lost(failures) {
		return nil, err
	}
	changes := run.changes(ctx)
	records = run.believed(records, changes)
	return run.judge(started, records, failures, run.consult(ctx, started, records), run.weigh(seen, changes), changes), err
}

// lost reports whether no probe brought anything back.
func (run *Run) lost(failures []error) bool {
	for i, plan := range run.Plans {
		if len(plan.Asked) > 0 && failures[i] == nil {
			return false
		}
	}
	return true
}

// Requests returns how many requests the run sends, if no fingerprint needs more.
func (run *Run) Requests() int {
	total := 0
	for _, plan := range run.Plans {
		total += plan.Requests()
	}
	return total
}
