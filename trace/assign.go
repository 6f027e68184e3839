package trace

import (
	"cmp"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/vantage"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

// unsent is a route that is not asked from a vantage, or, with -1, from any.
type unsent struct {
	route, vantage int
	reason         string
}

// assign returns which of the vantages ask the route: those that can prove it,
// or, when there are none, those that can prove a part. Ways in that are meant
// for clients outside are asked from this machine alone if it can reach them,
// unless the user has named the vantages. What nobody asks is noted with the
// reason.
func (t *Trace) assign(index int, from []vantage.Vantage, s *survey) []bool {
	r := t.Routes[index]
	proofs := make([]vantage.Proof, len(from))
	best, here, reason := vantage.None, -1, ""
	for i, v := range from {
		p := vantage.Of(t.Target, r, v)
		if v.Kind == vantage.Local && s != nil && p.Worth > vantage.None {
			if hidden := s.hides(r); hidden != "" {
				p = vantage.Proof{Worth: vantage.None, Reason: hidden}
			}
		}
		if v.Kind == vantage.Local && p.Worth == vantage.Full {
			here = i
		}
		proofs[i] = p
		best = max(best, p.Worth)
		if v.Kind == vantage.Local && r.Kind.Outside() {
			// Of a way for clients outside, what keeps one of these from it counts.
			reason = cmp.Or(p.Reason, reason)
		}
		reason = cmp.Or(reason, p.Reason)
	}
	asks := make([]bool, len(from))
	if best == vantage.None {
		t.unsent = append(t.unsent, unsent{index, -1, reason})
		return asks
	}
	alone := here >= 0 && r.Kind.Outside() && len(t.run.Options.From) == 0
	for i, p := range proofs {
		asks[i] = p.Worth == best && (!alone || i == here)
		if p.Worth == vantage.None && !r.Kind.Outside() && from[i].Kind != vantage.Local {
			t.unsent = append(t.unsent, unsent{index, i, p.Reason})
		}
	}
	if r.Padding > 0 {
		keepBetweenNodes(asks, r, from)
	}
	return asks
}

// keepBetweenNodes has a large request sent only where it goes from one node to
// another from one of the vantages; then the others on nodes are the contrast.
func keepBetweenNodes(asks []bool, r route.Route, from []vantage.Vantage) {
	crosses := false
	for i, v := range from {
		asks[i] = asks[i] && v.Launched()
		crosses = crosses || asks[i] && v.Node != r.Node
	}
	for i := range asks {
		asks[i] = asks[i] && crosses
	}
}

// explain returns a cell for everything that was not asked, which says why.
func (t *Trace) explain() []verdict.Cell {
	var cells []verdict.Cell
	for _, u := range t.unsent {
		cells = append(cells, verdict.Cell{Route: u.route, Vantage: u.vantage, Verdict: verdict.Untested, Reason: u.reason})
	}
	return cells
}

// shortCut says which part of a client's way the requests of a cell left out, or
// nothing.
func (t *Trace) shortCut(c verdict.Cell) string {
	if c.Vantage < 0 {
		return ""
	}
	p := vantage.Of(t.Target, t.Routes[c.Route], t.run.Plans[c.Vantage].Vantage)
	if p.Worth == vantage.Part {
		return p.Reason
	}
	return ""
}

// asked reports whether the route is asked at all.
func asked(r route.Route) bool { return r.Untested == "" }
