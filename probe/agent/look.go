package agent

import (
	"slices"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// look has a route be asked more often where the answers to all that was planned
// divide oddly over the endpoints. It is called whenever a request has its outcome.
func (e *engine) look(route int) {
	t, c, l := e.schedule.routes[route], e.cells[route], e.targets[route].Look
	if l == nil || !t.due() {
		return
	}
	counts, known := c.divided(l.Endpoints)
	if !known {
		return
	}
	c.more = l.More
	if slices.ContainsFunc(l.Endpoints, func(id int) bool { return counts[id] < l.Low || counts[id] > l.High }) {
		c.added, t.planned = l.More, t.planned+l.More
	}
}

// divided returns how many answers each of the endpoints gave; false where not all are
// good ones of these.
func (c *cell) divided(endpoints []int) (map[int]int, bool) {
	counts := map[int]int{}
	for o, count := range c.tallies {
		if wire.Failed(o) || !slices.Contains(endpoints, o.Endpoint) {
			return nil, false
		}
		counts[o.Endpoint] += count
	}
	return counts, true
}
