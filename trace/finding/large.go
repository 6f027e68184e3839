package finding

import (
	"fmt"
	"slices"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

// largePacketsDropped: between two nodes small requests pass and large ones get
// no answer. The cells of large requests fail only where no other cause is left
// (see [verdict.Large]).
func largePacketsDropped(f Facts) []Finding {
	lost := slices.DeleteFunc(f.where(func(r route.Route) bool { return r.Padding > 0 }), func(c verdict.Cell) bool { return !c.Verdict.Failing() })
	if len(lost) == 0 {
		return nil
	}
	var ways []string
	var seen []Evidence
	for _, c := range lost {
		r := f.Routes[c.Route]
		ways = append(ways, f.Vantages[c.Vantage]+" to "+r.Node)
		seen = append(seen, f.sized(fmt.Sprintf("large requests, of %d bytes more", r.Padding), []verdict.Cell{c})...)
		seen = append(seen, f.sized("small requests", f.small(c))...)
	}
	return []Finding{{
		Name: "large-packets-dropped", Severity: Error, Status: Confirmed,
		Summary:  fmt.Sprintf("large requests get no answer from %s, although small ones do: packets of full size are lost on the way", some(distinct(ways))),
		Evidence: append(seen, f.passing()...),
		Fix: []Step{
			{Text: "compare the MTU of the pods' interfaces with that of the nodes': it must be smaller by what the network plugin's tunnel or encryption adds (50 bytes for VXLAN, 60 to 80 for WireGuard)"},
			{Text: "let ICMP \"fragmentation needed\" (IPv6: \"packet too big\") through all firewalls between the nodes, so that senders can learn of a smaller MTU"},
		},
	}}
}

// small returns the cell of small requests to the same address from the same
// vantage.
func (f Facts) small(c verdict.Cell) []verdict.Cell {
	large := f.Routes[c.Route]
	return slices.DeleteFunc(f.cells(route.Pod, large.Port), func(other verdict.Cell) bool {
		return other.Vantage != c.Vantage || f.Routes[other.Route].Address != large.Address
	})
}

// passing says where large requests do get an answer.
func (f Facts) passing() []Evidence {
	through := f.where(func(r route.Route) bool { return r.Padding > 0 })
	through = slices.DeleteFunc(through, func(c verdict.Cell) bool { return c.Verdict != verdict.Healthy })
	return f.sized("large requests", through[:min(2, len(through))])
}

// sized returns what became of requests of a size.
func (f Facts) sized(size string, cells []verdict.Cell) []Evidence {
	seen := f.outcome(cells)
	for i := range seen {
		seen[i].Text = size + ": " + seen[i].Text
	}
	return seen
}
