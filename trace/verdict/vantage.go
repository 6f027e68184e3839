package verdict

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
)

// Weaken takes the proof out of what went well where shortcut returns a reason:
// the cell's requests did not take the way that its route stands for. What went
// badly did so all the same, and gets the reason to go with it.
func Weaken(cells []Cell, shortcut func(Cell) string) []Cell {
	weakened := slices.Clone(cells)
	for i, c := range weakened {
		why := shortcut(c)
		switch {
		case why == "":
		case c.Verdict == Healthy:
			weakened[i].Verdict, weakened[i].Reason = ShortCut, also(c.Reason, why)
		case c.Verdict.Failing():
			weakened[i].Reason = also(c.Reason, why)
		}
	}
	return weakened
}

// Blocked returns the vantages from which no control target could be reached,
// with what was seen. What fails from such a place says nothing of the target:
// the place itself may be cut off. That names do not resolve is not enough to say
// so, because a fault of the DNS alone looks the same.
func Blocked(routes []route.Route, cells []Cell) map[int]string {
	seen, reached, connected := map[int][]string{}, map[int]bool{}, map[int]bool{}
	for _, c := range cells {
		r := routes[c.Route]
		if r.Kind != route.Control || c.Sent == 0 {
			continue
		}
		reached[c.Vantage] = reached[c.Vantage] || c.OK > 0
		connected[c.Vantage] = connected[c.Vantage] || r.Protocol != wire.DNS
		name := r.Address
		if r.Object != "" {
			name = r.Object + " at " + r.Address
		}
		seen[c.Vantage] = append(seen[c.Vantage], name+": "+went(c))
	}
	blocked := map[int]string{}
	for vantage, what := range seen {
		if !reached[vantage] && connected[vantage] {
			blocked[vantage] = "nothing can be reached from here: " + strings.Join(what, "; ")
		}
	}
	return blocked
}

// went counts how the requests of a cell failed.
func went(c Cell) string {
	var parts []string
	for _, f := range c.Failures {
		parts = append(parts, fmt.Sprintf("%s x%d", f.What, f.Count))
	}
	return strings.Join(parts, ", ")
}

// SetAside turns what failed from blocked vantages into untested. What went well
// did so from there, too.
func SetAside(cells []Cell, blocked map[int]string) []Cell {
	kept := slices.Clone(cells)
	for i, c := range kept {
		if why := blocked[c.Vantage]; why != "" && c.Verdict.Failing() {
			kept[i].Verdict, kept[i].Reason = Untested, also(why, c.Reason)
		}
	}
	return kept
}

// also puts two reasons together, either of which may be empty.
func also(reason, more string) string {
	if reason == "" || more == "" {
		return reason + more
	}
	return reason + "; " + more
}
