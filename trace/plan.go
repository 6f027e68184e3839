package trace

import (
	"time"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/evidence"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
)

// Load says how much traffic a run may make, over all its vantages.
type Load struct {
	// Requests is how many are sent on each route from each vantage.
	Requests int
	// Rate is the largest number of requests per second.
	Rate float64
	// Concurrency is the largest number of requests in flight.
	Concurrency int
	// Timeout bounds one request, Deadline all of them.
	Timeout, Deadline time.Duration
}

// connects is how often a port that is not known to speak HTTP is connected to:
// a connection that is closed without a word makes some servers lock the client
// out (MySQL's max_connect_errors, for one).
const connects = 3

// lookups is how often a name is looked up: answers of the DNS differ only where
// its servers do, or where one of them loses packets.
const lookups = 5

// Plan is what one vantage is asked to do.
type Plan struct {
	Vantage Vantage
	// Routes are the indexes, into the run's routes, of the plan's.
	Routes []int
	Wire   wire.Plan
}

// plans divides the routes' requests, and the load, over the vantages: each
// asks every route, because each has rules of its own to prove.
func plans(run, release string, t *target.Target, routes []route.Route, from []Vantage, load Load) []Plan {
	identities := evidence.Identities(t)
	load = load.share(len(from))
	direct := load.direct(routes)
	all := make([]Plan, 0, len(from))
	for i, v := range from {
		p := Plan{Vantage: v, Wire: wire.Plan{
			Version:     wire.Version,
			Run:         run,
			Vantage:     i + 1,
			UserAgent:   "kubectl-nettrace/" + release,
			Rate:        load.Rate,
			Concurrency: load.Concurrency,
			Timeout:     load.Timeout,
			Deadline:    load.Deadline,
			Endpoints:   identities,
		}}
		for index, r := range routes {
			if r.Untested != "" || unfair(t, r, v) {
				continue
			}
			p.Routes = append(p.Routes, index)
			p.Wire.Routes = append(p.Wire.Routes, wireRoute(len(p.Routes), r, count(t, r, load.Requests, direct)))
		}
		all = append(all, p)
	}
	return all
}

// unfair reports whether the route must fail from the vantage although nothing
// is wrong: under internalTrafficPolicy Local a node without an endpoint of its
// own drops what is sent to the ClusterIP. Where no node has one, something is
// wrong, and is asked.
func unfair(t *target.Target, r route.Route, v Vantage) bool {
	return r.Kind == route.ClusterIP && t.LocalOnly() && t.Backed(t.Ports[r.Port], r.IPv6) &&
		len(t.Usable(t.Ports[r.Port], r.IPv6, v.Node)) == 0
}

func wireRoute(id int, r route.Route, requests int) wire.Route {
	return wire.Route{
		ID: id, Group: r.Group, Protocol: r.Protocol,
		Address: r.Address, Host: r.Host, Path: r.Path,
		ServerName: r.ServerName, Method: r.Method, Headers: r.Headers, Padding: r.Padding,
		Payload: r.Payload, Lookup: r.Lookup,
		Requests: requests, Endpoint: r.Endpoint + 1,
	}
}

// share returns the part of the load that each of several vantages may make.
func (l Load) share(vantages int) Load {
	l.Rate /= float64(vantages)
	l.Concurrency /= vantages
	return l
}

// direct returns how many requests each pod's own address gets: half as many as
// other routes, which is enough where a single pod stands behind it, and fewer
// where so many pods are to be asked that they would use up more than half of
// the time.
func (l Load) direct(routes []route.Route) int {
	pods := 0
	for _, r := range routes {
		if r.Kind == route.Pod && !r.Contrast && r.Untested == "" {
			pods++
		}
	}
	affordable := l.Rate * l.Deadline.Seconds() / 2 / float64(max(1, pods))
	return min(max(connects, l.Requests/2), l.Requests, int(max(1, affordable)))
}

// count returns how many requests a route is worth.
func count(t *target.Target, r route.Route, requests, direct int) int {
	switch {
	case r.Kind == route.DNS:
		return min(lookups, requests)
	case r.Protocol == wire.TCP || r.Contrast:
		return min(connects, requests)
	case r.Kind == route.Pod:
		return direct
	case !t.Backed(t.Ports[r.Port], r.IPv6):
		// Nothing can answer, and three refusals show it as well as twenty.
		return min(connects, requests)
	}
	return requests
}

// Requests returns how many requests the plan sends at the most.
func (p Plan) Requests() int {
	total := 0
	for _, r := range p.Wire.Routes {
		total += r.Requests
	}
	return total
}
