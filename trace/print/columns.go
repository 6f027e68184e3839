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
	nodes := w.vantages()
	if len(nodes) > maxFrom {
		return fmt.Sprintf("%d nodes", len(nodes))
	}
	slices.Sort(nodes)
	for i, n := range nodes {
		nodes[i] = a.node(n)
	}
	return strings.Join(nodes, ",")
}

// maxFrom is how many vantages are listed; of more, the number is told.
const maxFrom = 3

func (w row) vantages() []string {
	return distinct(w.cells, func(c trace.Cell) string { return strings.TrimPrefix(c.Vantage, "pod@") })
}

// address names where the row's requests went.
func (w row) address(a aliases) string {
	c, family := w.cells[0], ""
	if strings.HasPrefix(c.Address, "[") {
		family = "IPv6 "
	}
	switch {
	case c.Kind == route.Pod && w.addresses > 1 && a.portOf(c) != "":
		// With the port there is no room for longer words on 80 columns.
		return fmt.Sprintf("%d pod %s", w.addresses, cmp.Or(strings.TrimSpace(family), "IPs")) + a.portOf(c)
	case c.Kind == route.Pod && w.addresses > 1:
		return fmt.Sprintf("%d pod %saddresses", w.addresses, family)
	case c.Kind == route.Pod:
		return a.endpoint(c.Endpoint) + " " + c.Address
	case c.Kind == route.NodePort && w.addresses > 1:
		port := c.Address[strings.LastIndex(c.Address, ":"):]
		return fmt.Sprintf("%d nodes %s%s", len(distinct(w.cells, func(c trace.Cell) string { return c.Node })), family, port)
	case c.Kind == route.NodePort:
		return a.node(c.Node) + " " + c.Address
	case c.Kind == route.DNS && strings.HasPrefix(c.Address, "_"):
		// _http._tcp.web.shop.svc is longer than the column should be.
		if labels := strings.SplitN(c.Address, ".", 3); len(labels) == 3 {
			return "SRV " + labels[0] + "." + labels[1]
		}
	}
	return c.Address
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

// answeredBy says who answered, with counts, and what failed.
func (w row) answeredBy(a aliases) string {
	counts, unknown := w.answers()
	var parts []string
	switch {
	case w.cells[0].Kind == route.Pod:
		if len(counts) > 0 {
			parts = append(parts, "itself")
		}
		if w.addresses > 1 && len(counts) > 0 {
			parts[0] = "each itself"
		}
	case len(counts) > maxAnswers:
		least, most := slices.Min(slices.Collect(maps.Values(counts))), slices.Max(slices.Collect(maps.Values(counts)))
		each := fmt.Sprintf("%d-%d", least, most)
		if least == most {
			each = fmt.Sprint(least)
		}
		parts = append(parts, fmt.Sprintf("%d pods, %s each", len(counts), each))
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

// maxAnswers is how many endpoints are named that answered; of more, the least
// and the most answers are told.
const maxAnswers = 6

// answers counts the answers of each endpoint, and those of unknown ones.
func (w row) answers() (counts map[string]int, unknown int) {
	counts = map[string]int{}
	for _, c := range w.cells {
		unknown += c.Unknown
		for _, answer := range c.Answers {
			counts[answer.Endpoint] += answer.Count
		}
	}
	return counts, unknown
}

// mentions returns the endpoints and nodes that the row calls by their short
// names.
func (w row) mentions() (endpoints, nodes []string) {
	c := w.cells[0]
	counts, _ := w.answers()
	switch {
	case c.Kind == route.Pod && w.addresses == 1:
		endpoints = append(endpoints, c.Endpoint)
	case c.Kind != route.Pod && len(counts) <= maxAnswers:
		endpoints = slices.Collect(maps.Keys(counts))
	}
	if c.Kind == route.NodePort && w.addresses == 1 {
		nodes = append(nodes, c.Node)
	}
	if from := w.vantages(); len(from) <= maxFrom {
		nodes = append(nodes, from...)
	}
	return endpoints, nodes
}
