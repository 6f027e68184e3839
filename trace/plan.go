package trace

import (
	"fmt"
	"time"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/vantage"
)

// Load says how much traffic a run may make, over all its vantages and targets.
type Load struct {
	// Requests is how many are sent on each route from each vantage.
	Requests int
	// Fixed is set when it is to be exactly Requests: neither fewer where time is short,
	// nor more where a share of the answers is odd.
	Fixed bool
	// Rate is the largest number of requests per second.
	Rate float64
	// Concurrency is the largest number of requests in flight.
	Concurrency int
	// Timeout bounds one request, Deadline all of them.
	Timeout, Deadline time.Duration
}

const (
	// connects is how often a port that is not known to speak HTTP is connected to:
	// a connection that is closed without a word makes some servers lock the client
	// out (MySQL's max_connect_errors, for one). References and contrasts, which
	// have no verdict of their own, are asked as often.
	connects = 3
	// lookups is how often a name is resolved: enough to see an answer that
	// changes, since there is no spread to be measured.
	lookups = 5
	// large is how often a large request is sent: more than once, because a packet
	// may get lost by chance.
	large = 2
	// floor is how few requests on a route are still worth sending, when there are
	// so many routes that time is short.
	floor = 3
)

// Plan is what one vantage is asked to do.
type Plan struct {
	Vantage vantage.Vantage
	// Asked tells, for each of the plan's routes, whose it is.
	Asked []Asked
	Wire  wire.Plan
}

// Asked names a route: that of a trace, by its index in [Run.Traces], or with -1
// a control target. Trail is set for a request like those on the route, but with
// another path, to see with which one it arrives.
type Asked struct {
	Trace, Route int
	Trail        bool
}

// plan divides the routes' requests, and the load, over the vantages.
func (run *Run) plan(from []vantage.Vantage, s *survey) {
	for i, v := range from {
		run.Plans = append(run.Plans, run.empty(i, v))
	}
	for number, t := range run.Traces {
		for index, r := range t.Routes {
			if !asked(r) {
				continue
			}
			for i, asks := range t.assign(index, from, s) {
				if asks {
					run.Plans[i].ask(Asked{Trace: number, Route: index}, r, run.offset(number), run.directory.Number(t.Target, r.Endpoint))
				}
			}
		}
	}
	run.count()
	run.look()
	run.compare()
	run.follow()
	run.control()
	run.drop()
	run.share()
}

// empty returns a plan without routes.
func (run *Run) empty(i int, v vantage.Vantage) Plan {
	o := run.Options
	return Plan{Vantage: v, Wire: wire.Plan{
		Version:     wire.Version,
		Run:         o.Run,
		Vantage:     i + 1,
		UserAgent:   "kubectl-nettrace/" + o.Release,
		Timeout:     o.Load.Timeout,
		Deadline:    o.Load.Deadline,
		Traceparent: o.Traceparent,
		Endpoints:   run.directory.Endpoints(),
		Identify:    o.Identify,
		Troubles:    o.Troubles,
		Echoes:      o.Echoes,
	}}
}

// groups is how many groups of routes one target may have; those of the next
// begin after it.
const groups = 10_000

// offset returns what is added to the groups of a trace, so that those of
// different traces differ.
func (run *Run) offset(trace int) int { return trace * groups }

func (p *Plan) ask(whose Asked, r route.Route, offset, endpoint int) {
	p.Asked = append(p.Asked, whose)
	p.Wire.Routes = append(p.Wire.Routes, wire.Route{
		ID: len(p.Asked), Group: offset + r.Group, Protocol: r.Protocol,
		Address: r.Address, Host: r.Host, ServerName: r.ServerName, Method: r.Method, Path: r.Path,
		Headers: r.Headers, Padding: r.Padding, Payload: r.Payload, Lookup: r.Lookup,
		Endpoint: endpoint,
	})
}

// control adds the control targets to the plans of the vantages inside the
// cluster that ask anything.
func (run *Run) control() {
	for i := range run.Plans {
		p := &run.Plans[i]
		if !p.Vantage.Launched() || len(p.Asked) == 0 {
			continue
		}
		for index, r := range run.Controls {
			if r.Kind == route.Control && r.Lookup != nil && p.Vantage.Kind == vantage.Node {
				continue // a node asks other DNS servers than its pods
			}
			p.ask(Asked{Trace: -1, Route: index}, r, run.offset(len(run.Traces)), 0)
			p.Wire.Routes[len(p.Wire.Routes)-1].Requests = 1
		}
	}
}

// drop leaves out this machine where nothing is asked from it and nobody named
// it.
func (run *Run) drop() {
	last := len(run.Plans) - 1
	if last >= 0 && len(run.Options.From) == 0 && run.Plans[last].Vantage.Kind == vantage.Local && len(run.Plans[last].Asked) == 0 {
		run.Plans = run.Plans[:last]
	}
}

// share divides the rate and the concurrency over the plans that ask anything.
func (run *Run) share() {
	active := 0
	for _, p := range run.Plans {
		if len(p.Asked) > 0 {
			active++
		}
	}
	active = max(1, active)
	for i := range run.Plans {
		run.Plans[i].Wire.Rate = run.Options.Load.Rate / float64(active)
		run.Plans[i].Wire.Concurrency = max(1, run.Options.Load.Concurrency/active)
	}
}

// count says how often each route is asked. Where all together would take longer
// than the deadline allows, the routes are asked less often, unless just this
// number was asked for.
func (run *Run) count() {
	load := run.Options.Load
	affordable := affordable(load)
	requests := load.Requests
	for total := run.set(requests); total > affordable && requests > floor && !load.Fixed; total = run.set(requests) {
		requests = max(floor, requests*affordable/total)
	}
	if requests < load.Requests {
		for _, t := range run.Traces {
			t.notes = append(t.notes, fmt.Sprintf("there are so many ways in that each is asked %d times instead of %d, to be done within --deadline %s", requests, load.Requests, load.Deadline))
		}
	}
}

// affordable returns how many requests can be sent in time.
func affordable(l Load) int { return int(0.8 * l.Rate * l.Deadline.Seconds()) }

// set sets the number of requests of every route, and returns their sum.
func (run *Run) set(requests int) int {
	direct := run.Options.Load.direct(requests, run.pods())
	total := 0
	for i := range run.Plans {
		for n, a := range run.Plans[i].Asked {
			t := run.Traces[a.Trace]
			asked := count(t.Target, t.Routes[a.Route], requests, direct)
			if load := run.Options.Load; !load.Fixed && asked == load.Requests {
				asked = max(asked, worth(len(run.among(a, run.Plans[i].Vantage.Node))))
			}
			run.Plans[i].Wire.Routes[n].Requests = asked
			total += asked
		}
	}
	return total
}

// pods returns how many direct routes the plans have together.
func (run *Run) pods() int {
	pods := 0
	for _, p := range run.Plans {
		for _, a := range p.Asked {
			if r := run.Traces[a.Trace].Routes[a.Route]; r.Kind == route.Pod && !r.Contrast {
				pods++
			}
		}
	}
	return pods
}

// direct returns how many requests each pod's own address gets: half as many as
// other routes, which is enough where a single pod stands behind it, and fewer
// where so many pods are to be asked that they would use up more than half of
// the time.
func (l Load) direct(requests, pods int) int {
	affordable := l.Rate * l.Deadline.Seconds() / 2 / float64(max(1, pods))
	return min(max(connects, requests/2), requests, int(max(1, affordable)))
}

// count returns how many requests a route is worth.
func count(t *target.Target, r route.Route, requests, direct int) int {
	switch {
	case r.Padding > 0:
		return min(large, requests)
	case r.Kind == route.DNS:
		return min(lookups, requests)
	case r.Protocol == wire.TCP || r.Contrast:
		return min(connects, requests)
	case r.Kind == route.Pod:
		return direct
	case !t.Backed(t.Ports[r.Port], r.IPv6) && r.Kind.Layer() < route.Ingress.Layer():
		// Nothing can answer, and three refusals show it as well as twenty.
		return min(connects, requests)
	}
	return requests
}

// Requests returns how many requests the plan sends, if no fingerprint needs more.
func (p Plan) Requests() int {
	total := 0
	for _, r := range p.Wire.Routes {
		total += r.Requests
	}
	return total
}
