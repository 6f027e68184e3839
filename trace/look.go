package trace

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/spread"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
)

// worthwhile is to how many requests a route may be raised so that a look at them can
// find out that one of its endpoints gets nothing: enough for eleven endpoints.
const worthwhile = 60

// worth returns how many requests a look must be at to find out that one of so many
// endpoints gets nothing; 0 where that is too many for a run of which nobody has said
// how many requests it may send.
func worth(among int) int {
	if among < 2 || spread.Worth(among) > worthwhile {
		return 0
	}
	return spread.Worth(among)
}

// look has those routes be looked at twice on which kube-proxy should give several
// endpoints equal shares.
func (run *Run) look() {
	if run.Options.Load.Fixed || run.Options.Troubles > 0 {
		return // whoever watches asks again and again
	}
	compared := 0
	run.dividing(func(_ *wire.Route, among []int) { compared += len(among) })
	bound := spread.Bound(compared)
	known := map[[2]int]spread.Look{}
	run.dividing(func(r *wire.Route, among []int) {
		key := [2]int{r.Requests, len(among)}
		l, done := known[key]
		if !done {
			l = spread.LookTwice(r.Requests, len(among), bound)
			known[key] = l
		}
		// No more than a fraction of what the whole run may send in time.
		if most := affordable(run.Options.Load) / 4; l.More > 0 && l.More <= most {
			r.Look = &wire.Look{Endpoints: among, Low: l.Low, High: l.High, More: l.More}
		}
	})
}

// dividing calls do for each route of the plans on which kube-proxy should give several
// endpoints equal shares, with the numbers of these.
func (run *Run) dividing(do func(r *wire.Route, among []int)) {
	for i := range run.Plans {
		p := &run.Plans[i]
		for n, a := range p.Asked {
			if among := run.among(a, p.Vantage.Node); len(among) > 1 {
				do(&p.Wire.Routes[n], among)
			}
		}
	}
}

// among returns the numbers of the endpoints among which kube-proxy should divide the
// requests on a route that are sent from the node alike; nothing where it does not.
func (run *Run) among(a Asked, node string) []int {
	if a.Trace < 0 || a.Trail {
		return nil
	}
	t := run.Traces[a.Trace]
	r := t.Routes[a.Route]
	if !r.ByKubeProxy() || !r.Protocol.Web() || r.Contrast || r.Padding > 0 || t.Target.Service.Spec.SessionAffinity == corev1.ServiceAffinityClientIP {
		return nil
	}
	var all []int
	for _, e := range r.Choices(t.Target, node) {
		all = append(all, run.number(t.Target, e))
	}
	return all
}

// number returns the number that plans and records have for the target's endpoint.
func (run *Run) number(t *target.Target, e target.Endpoint) int {
	for i := range t.Endpoints {
		if t.Endpoints[i].Key() == e.Key() {
			return run.directory.Number(t, i)
		}
	}
	return 0
}
