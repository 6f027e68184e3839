package verdict

import (
	"slices"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
)

// The reasons why a large request that failed says nothing of the way.
const (
	smallFailToo = "small requests fail as well, so that the size is not the cause"
	notLost      = "no packet was lost: the server, or something before it, declined the large request"
	noneTaken    = "the pod has answered no large request, wherever it was sent from: it may not take them"
)

// Large sets aside what large requests do not show. One that fails tells that
// large packets get lost on the way only if it timed out, small ones reach the
// same address from the same place, and a large one did so from another, so that
// it is not the pod that leaves them unanswered.
func Large(routes []route.Route, cells []Cell) []Cell {
	taken := map[int]bool{}
	for _, c := range cells {
		if routes[c.Route].Padding > 0 && c.OK > 0 {
			taken[c.Route] = true
		}
	}
	kept := slices.Clone(cells)
	for i, c := range kept {
		r := routes[c.Route]
		if r.Padding == 0 || !c.Verdict.Failing() {
			continue
		}
		switch {
		case slices.ContainsFunc(c.Failures, func(f Failure) bool { return f.Error != wire.ErrorTimeout }):
			kept[i].Verdict, kept[i].Reason = Untested, notLost
		case !slices.ContainsFunc(cells, func(small Cell) bool { return c.smallToo(small, routes) && small.Verdict == Healthy }):
			kept[i].Verdict, kept[i].Reason = Untested, smallFailToo
		case !taken[c.Route]:
			kept[i].Verdict, kept[i].Reason = Untested, noneTaken
		}
	}
	return kept
}

// smallToo reports whether the other cell is that of small requests to the same
// address from the same vantage.
func (c Cell) smallToo(small Cell, routes []route.Route) bool {
	r, s := routes[c.Route], routes[small.Route]
	return small.Vantage == c.Vantage && s.Kind == r.Kind && s.Port == r.Port && s.Address == r.Address && !s.Contrast
}
