package print

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

// row is one line of the default table: one cell, or several that say the same.
type row struct {
	cells []trace.Cell
	// pods is how many addresses of pods the row sums up.
	pods int
}

// rows sums cells up. Healthy pods of one port and family become one row, and so
// do the vantages from which a route is healthy: what works is told briefly,
// what fails is told in full.
func rows(r *trace.Report) []row {
	var all []row
	index := map[string]int{}
	for _, c := range r.Cells {
		if c.Contrast || c.Verdict == verdict.Untested {
			continue
		}
		key := fmt.Sprint(c.Kind, c.Port, c.Protocol, strings.HasPrefix(c.Address, "["))
		if c.Kind != route.Pod || c.Verdict != verdict.Healthy {
			key += c.Address
		}
		if c.Verdict != verdict.Healthy {
			key += c.Vantage + failures([]trace.Cell{c})
			if c.OK == 0 && len(c.Failures) == 1 {
				// Broken alike from everywhere is told once.
				key = strings.TrimSuffix(key, c.Vantage+failures([]trace.Cell{c})) + c.Failures[0].What
			}
		}
		i, known := index[key]
		if !known {
			i = len(all)
			index[key] = i
			all = append(all, row{})
		}
		all[i].cells = append(all[i].cells, c)
	}
	for i := range all {
		all[i].pods = len(addresses(all[i].cells))
	}
	return all
}

func addresses(cells []trace.Cell) []string {
	var all []string
	for _, c := range cells {
		if !slices.Contains(all, c.Address) {
			all = append(all, c.Address)
		}
	}
	return all
}

func (w row) verdict() verdict.Verdict { return w.cells[0].Verdict }

func (w row) sent() (ok, sent int) {
	for _, c := range w.cells {
		ok, sent = ok+c.OK, sent+c.Sent
	}
	return ok, sent
}

// latency returns the quantiles of all answers of the row.
func (w row) latency() (p50, p99 string) {
	var all wire.Latency
	for _, c := range w.cells {
		if c.Latency != nil {
			all.Merge(c.Latency.Total.All)
		}
	}
	if all.Count() == 0 {
		return "-", "-"
	}
	return short(all.Quantile(0.5)), short(all.Quantile(0.99))
}

// from lists the vantages of the row.
func (w row) from(a aliases) string {
	var nodes []string
	for _, c := range w.cells {
		if n := a.node(strings.TrimPrefix(c.Vantage, "pod@")); !slices.Contains(nodes, n) {
			nodes = append(nodes, n)
		}
	}
	slices.Sort(nodes)
	if len(nodes) > 3 {
		return fmt.Sprintf("%d nodes", len(nodes))
	}
	return strings.Join(nodes, ",")
}

// address names where the row's requests went.
func (w row) address(a aliases) string {
	c := w.cells[0]
	switch {
	case c.Kind == route.Pod && w.pods > 1:
		family := ""
		if strings.HasPrefix(c.Address, "[") {
			family = "IPv6 "
		}
		return fmt.Sprintf("%d pod %saddresses", w.pods, family)
	case c.Kind == route.Pod:
		return a.endpoint(c.Endpoint) + " " + c.Address
	case c.Kind == route.NodePort:
		return a.node(c.Node) + " " + c.Address
	}
	return c.Address
}

// answeredBy says who answered, with counts, and what failed.
func (w row) answeredBy(a aliases) string {
	counts, unknown := map[string]int{}, 0
	for _, c := range w.cells {
		unknown += c.Unknown
		for _, answer := range c.Answers {
			counts[answer.Endpoint] += answer.Count
		}
	}
	var parts []string
	switch {
	case w.cells[0].Kind == route.Pod:
		if len(counts) > 0 {
			parts = append(parts, "itself")
		}
		if w.pods > 1 && len(counts) > 0 {
			parts[0] = "each itself"
		}
	case len(counts) > 6:
		least, most := slices.Min(slices.Collect(maps.Values(counts))), slices.Max(slices.Collect(maps.Values(counts)))
		parts = append(parts, fmt.Sprintf("%d pods, %d-%d each", len(counts), least, most))
	default:
		for _, name := range slices.Sorted(maps.Keys(counts)) {
			parts = append(parts, fmt.Sprintf("%s%d", a.endpoint(name), counts[name]))
		}
	}
	if unknown > 0 {
		parts = append(parts, fmt.Sprintf("unknown %d", unknown))
	}
	if f := failures(w.cells); f != "" {
		parts = append(parts, f)
	}
	return strings.Join(parts, " ")
}

// failures counts what went wrong, the most frequent first.
func failures(cells []trace.Cell) string {
	counts := map[string]int{}
	for _, c := range cells {
		for _, f := range c.Failures {
			counts[f.What] += f.Count
		}
	}
	what := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	for i, w := range what {
		what[i] = fmt.Sprintf("%s x%d", w, counts[w])
	}
	return strings.Join(what, " ")
}

// short writes a duration with two significant digits, such as 1.2ms or 45ms.
func short(d time.Duration) string {
	switch {
	case d < 10*time.Millisecond:
		return fmt.Sprintf("%.1fms", d.Seconds()*1000)
	case d < time.Second:
		return fmt.Sprintf("%.0fms", d.Seconds()*1000)
	}
	return fmt.Sprintf("%.1fs", d.Seconds())
}
