package print

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

// row is one line of the default table: one cell, or several that say the same.
type row struct {
	cells []trace.Cell
	// addresses is how many different ones the row sums up.
	addresses int
}

// likeness is what the cells of a row have in common. Cells that differ in a
// field that is empty in the likeness may still share a row.
type likeness struct {
	kind     route.Kind
	port     int32
	protocol wire.Protocol
	ipv6     bool
	padding  int
	verdict  verdict.Verdict
	failures string
	address  string
	vantage  string
	// way is what is asked of a proxy, and reason why the verdict says nothing.
	way, reason string
}

// like returns what must be alike for cells to be told of together. Healthy
// pods of one port and family become one row, and so do the vantages from which
// a route is healthy or fails in one way: what works is told briefly, what fails
// is told in full.
func like(c trace.Cell) likeness {
	l := likeness{
		kind: c.Kind, port: c.Port, protocol: c.Protocol, ipv6: strings.HasPrefix(c.Address, "["), padding: c.Padding,
		verdict: c.Verdict, failures: kinds(c), address: c.Address,
	}
	switch {
	case c.Verdict == verdict.Healthy && c.Kind == route.Pod:
		l.address = ""
	case c.Verdict.Failing() && (c.OK > 0 || len(c.Failures) != 1):
		l.vantage = c.Vantage
	}
	if c.Verdict != verdict.Healthy {
		l.reason = c.Reason
	}
	if proxied(c.Kind) {
		l.way = strings.Join([]string{c.Object, c.Rule, c.Host, c.Path, c.Guessed}, "\x00")
	}
	return l
}

// rows sums cells up.
func rows(r *trace.Report) []row {
	var all []row
	index := map[likeness]int{}
	for _, c := range r.Cells {
		if c.Contrast && !lost(c) || c.Verdict == verdict.Untested {
			continue
		}
		l := like(c)
		i, known := index[l]
		if !known {
			i = len(all)
			index[l] = i
			all = append(all, row{})
		}
		all[i].cells = append(all[i].cells, c)
	}
	return condense(join(all))
}

// lost reports whether large requests, which are told of only then, got lost.
func lost(c trace.Cell) bool { return c.Padding > 0 && c.Verdict.Failing() }

// join makes one row of those that say the same of the addresses of a proxy, from
// the same places.
func join(all []row) []row {
	var fewer []row
	index := map[string]int{}
	for _, w := range all {
		l := like(w.cells[0])
		if !proxied(l.kind) || l.vantage != "" {
			fewer = append(fewer, w)
			continue
		}
		l.address, l.ipv6 = "", false
		places := w.vantages()
		slices.Sort(places)
		key := fmt.Sprintf("%q %q", places, fmt.Sprintf("%+v", l))
		if i, known := index[key]; known {
			fewer[i].cells = append(fewer[i].cells, w.cells...)
			continue
		}
		index[key] = len(fewer)
		fewer = append(fewer, w)
	}
	return fewer
}

// maxAlike is how many rows that say the same of different addresses stand one
// below the other. More of them become one: a thousand pods behind a policy that
// blocks them all, or the NodePorts of ten nodes.
const maxAlike = 8

func condense(all []row) []row {
	broadly := func(w row) likeness {
		l := like(w.cells[0])
		l.address, l.vantage = "", ""
		if l.verdict.Failing() {
			l.reason = ""
		}
		return l
	}
	counts := map[likeness]int{}
	for _, w := range all {
		counts[broadly(w)]++
	}
	var fewer []row
	index := map[likeness]int{}
	for _, w := range all {
		l := broadly(w)
		i, known := index[l]
		if counts[l] > maxAlike && known {
			fewer[i].cells = append(fewer[i].cells, w.cells...)
			continue
		}
		index[l] = len(fewer)
		fewer = append(fewer, w)
	}
	for i := range fewer {
		fewer[i].addresses = len(distinct(fewer[i].cells, func(c trace.Cell) string { return c.Address }))
	}
	return fewer
}

// distinct returns the different texts that the cells have, in their order.
func distinct(cells []trace.Cell, text func(trace.Cell) string) []string {
	var all []string
	known := map[string]bool{}
	for _, c := range cells {
		if t := text(c); !known[t] {
			known[t] = true
			all = append(all, t)
		}
	}
	return all
}

// kinds names what went wrong in a cell, without how often.
func kinds(c trace.Cell) string {
	var what []string
	for _, f := range c.Failures {
		what = append(what, f.What)
	}
	return strings.Join(slices.Compact(slices.Sorted(slices.Values(what))), " ")
}
