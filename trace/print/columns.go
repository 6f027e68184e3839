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
	case c.Kind == route.DNS && len(c.Address) > maxName && !strings.HasPrefix(c.Address, "_"):
		// The heading tells the namespace.
		name, _, _ := strings.Cut(c.Address, ".")
		return name + ".….svc"
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

// maxName is how long a name may be in the column of addresses.
const maxName = 22

// proxied reports whether ways of the kind lead through a proxy that reads
// requests: these are told apart by what is asked, and not by the address.
func proxied(kind route.Kind) bool { return kind == route.Ingress || kind == route.Gateway }

// asked names the host and path of the cell's requests.
func asked(c trace.Cell) string { return cmp.Or(c.Host, c.Address) + c.Path }

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
			nodes = append(nodes, nodeOf(v))
		}
	}
	return endpoints, nodes
}
