package trace

import (
	"cmp"
	"slices"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
)

// The numbers of requests to follow one trail: through the proxy, and directly to
// each of so many endpoints.
const (
	trailRequests  = 2
	trailEndpoints = 3
)

// maxTrails bounds for how many rules of a target trails are followed.
const maxTrails = 10

// trail is a request whose path tells with which one it arrives, and which requests
// of the plans it is.
type trail struct {
	route.Trail
	// way is the index of the route that it is like.
	way     int
	through leg
	direct  []leg
}

// leg is a route of the plan of a vantage, by index and number, and its path.
type leg struct {
	plan, number int
	path         string
}

// follow adds the trails of the targets to the plans: through the proxy from the
// first vantage that asks for the rule, and to endpoints from the first one that
// asks these directly for what arrives by the rule.
func (run *Run) follow() {
	if !run.Options.Trails {
		return
	}
	for number, t := range run.Traces {
		known := map[string]bool{}
		for index, r := range t.Routes {
			key := r.Object + "\n" + r.Rule
			if len(r.Trails) > 0 {
				key += "\n" + r.Trails[0].Prefix // a rule may get those of others
			}
			plan := slices.IndexFunc(run.Plans, func(p Plan) bool { return slices.Contains(p.Asked, Asked{Trace: number, Route: index}) })
			if len(r.Trails) == 0 || !plain(r.Protocol) || plan < 0 || known[key] || len(known) >= maxTrails {
				continue
			}
			known[key] = true
			way := slices.Index(run.Plans[plan].Asked, Asked{Trace: number, Route: index})
			for _, sent := range r.Trails {
				t.trails = append(t.trails, trail{
					Trail: sent, way: index,
					through: run.Plans[plan].repeat(plan, way, sent.Sent, trailRequests),
					direct:  run.compared(run.Plans[plan].Wire.Routes[way].Group, sent),
				})
			}
		}
	}
}

// plain reports whether a protocol asks for pages, and nothing else.
func plain(p wire.Protocol) bool {
	return p == wire.HTTP || p == wire.HTTPS || p == wire.H2 || p == wire.H2C
}

// repeat adds a request to a plan that is like another of it, but for the path.
func (p *Plan) repeat(plan, like int, path string, requests int) leg {
	r, whose := p.Wire.Routes[like], p.Asked[like]
	r.ID, r.Path, r.Requests, r.More = len(p.Asked)+1, path, requests, 0
	whose.Trail = true
	p.Wire.Routes, p.Asked = append(p.Wire.Routes, r), append(p.Asked, whose)
	return leg{plan, r.ID, path}
}

// compared adds requests to endpoints themselves, for the paths with which a trail
// may arrive.
func (run *Run) compared(group int, t route.Trail) []leg {
	paths := []string{t.Bare}
	if t.Known {
		paths = []string{t.Sent, t.Bare, cmp.Or(t.Arrives, t.Bare)}
		slices.Sort(paths)
		paths = slices.Compact(paths)
	}
	var all []leg
	for i := range run.Plans {
		p := &run.Plans[i]
		asked := map[int]bool{}
		for n, r := range p.Wire.Routes[:len(p.Wire.Routes):len(p.Wire.Routes)] {
			if r.Group != group || r.Endpoint == 0 || !r.Protocol.Web() || r.Padding > 0 || p.Asked[n].Trail || asked[r.Endpoint] || len(asked) >= trailEndpoints {
				continue
			}
			asked[r.Endpoint] = true
			for _, path := range paths {
				all = append(all, p.repeat(i, n, path, 1))
			}
		}
		if len(all) > 0 {
			return all
		}
	}
	return nil
}

// cellOf returns what was seen of a leg, or nil.
func (l leg) cellOf(records [][]wire.Record) *wire.Cell {
	for _, r := range records[l.plan] {
		if r.Cell != nil && r.Cell.Route == l.number {
			return r.Cell
		}
	}
	return nil
}
