package print

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
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
	places := w.vantages()
	others := slices.ContainsFunc(places, func(v string) bool { return !strings.HasPrefix(v, podPrefix) })
	list := strings.Join(w.places(a), ",")
	switch {
	case others && (len(places) > maxFrom || len(places) > 1 && len(list) > maxPlaces):
		return fmt.Sprintf("%d places", len(places))
	case len(places) > maxFrom:
		return fmt.Sprintf("%d nodes", len(places))
	}
	return list
}

// maxFrom is how many vantages are listed, and maxPlaces how long the list may be
// when they are of several kinds; else the number is told.
const (
	maxFrom   = 3
	maxPlaces = 8
)

// places are the short names of the vantages: pods on nodes, the networks of
// nodes, and this machine.
func (w row) places(a aliases) []string {
	places := w.vantages()
	rank := func(v string) int {
		switch {
		case strings.HasPrefix(v, podPrefix):
			return 0
		case strings.HasPrefix(v, hostPrefix):
			return 1
		}
		return 2
	}
	slices.SortFunc(places, func(x, y string) int { return cmp.Or(cmp.Compare(rank(x), rank(y)), cmp.Compare(x, y)) })
	for i, v := range places {
		places[i] = a.from(v)
	}
	return places
}

func (w row) vantages() []string {
	return distinct(w.cells, func(c trace.Cell) string { return c.Vantage })
}

// address names where the row's requests went.
func (w row) address(a aliases) string {
	c, family := w.cells[0], ""
	if strings.HasPrefix(c.Address, "[") {
		family = "IPv6 "
	}
	switch {
	case proxied(c.Kind):
		return asked(c)
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
	case w.addresses > 1:
		return fmt.Sprintf("%d %saddresses", w.addresses, family)
	}
	return c.Address
}

// proxied reports whether ways of the kind lead through a proxy that reads
// requests: these are told apart by what is asked, and not by the address.
func proxied(kind route.Kind) bool { return kind == route.Ingress || kind == route.Gateway }

// asked names the host and path of the cell's requests.
func asked(c trace.Cell) string { return cmp.Or(c.Host, c.Address) + c.Path }

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
	switch kind := w.cells[0].Kind; {
	case kind == route.DNS:
		parts = append(parts, w.resolved())
	case kind == route.Pod && len(counts) > 0 && w.addresses > 1:
		parts = append(parts, "each itself")
	case kind == route.Pod && len(counts) > 0:
		parts = append(parts, "itself")
	case kind == route.Pod:
	case len(counts) > maxAnswers:
		parts = append(parts, w.spread(a, counts))
	default:
		for _, name := range slices.SortedFunc(maps.Keys(counts), a.byAlias) {
			parts = append(parts, fmt.Sprintf("%s%d", a.endpoint(name), counts[name]))
		}
	}
	switch failed := failures(w.cells); {
	case w.verdict() == verdict.Stopped && failed != "":
		parts = append(parts, "proxy: "+failed)
	case unknown > 0:
		parts = append(parts, fmt.Sprintf("unknown %d", unknown), failed)
	default:
		parts = append(parts, failed)
	}
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), " ")
}

// spread tells of many endpoints how many answers each gave.
func (w row) spread(a aliases, counts map[string]int) string {
	least, most := slices.Min(slices.Collect(maps.Values(counts))), slices.Max(slices.Collect(maps.Values(counts)))
	each := fmt.Sprintf("%d-%d", least, most)
	if least == most {
		each = fmt.Sprint(least)
	}
	text := fmt.Sprintf("%d pods, %s each", len(counts), each)
	others := 0
	for name := range counts {
		if a.neighbours[name] {
			others++
		}
	}
	if others > 0 {
		text += fmt.Sprintf("; %d of them of other Services", others)
	}
	return text
}

// resolved says what lookups brought that brought the right thing: what they
// must, or, where anything will do, what came.
func (w row) resolved() string {
	var values []string
	for _, c := range w.cells {
		switch {
		case c.OK == 0:
		case len(c.Want) > 0:
			values = append(values, c.Want...)
		default:
			for _, answer := range c.Resolutions {
				values = append(values, answer.Values...)
			}
		}
	}
	slices.Sort(values)
	values = slices.Compact(values)
	one, many := "", "values"
	if strings.HasPrefix(w.cells[0].Address, "_") {
		one, many = "port ", "ports"
	} else if !slices.ContainsFunc(values, func(v string) bool { _, err := netip.ParseAddr(v); return err != nil }) {
		many = "addresses"
	}
	switch len(values) {
	case 0:
		return ""
	case 1:
		return "= " + one + values[0]
	}
	return fmt.Sprintf("= %d %s", len(values), many)
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
		for _, v := range from {
			nodes = append(nodes, strings.TrimPrefix(strings.TrimPrefix(v, podPrefix), hostPrefix))
		}
	}
	return endpoints, nodes
}
