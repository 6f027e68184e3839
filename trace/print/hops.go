package print

import (
	"fmt"
	"strings"
	"time"

	"github.com/mattn/go-runewidth"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
)

// maxPath is how much is shown of a path, and of a host, but for -o wide.
const maxPath = 60

// followed returns the cells of which it is shown where a request was seen: of ways that
// are alike one is enough, but with all every cell has its own.
func followed(r *trace.Report, all bool) []trace.Cell {
	var cells []trace.Cell
	told := map[string]bool{}
	for _, c := range r.Cells {
		key := fmt.Sprint(c.Kind, " ", c.Object, " ", c.Rule, " ", c.Port)
		if len(c.Hops) == 0 || !all && (told[key] || c.Kind == route.Pod) {
			continue
		}
		told[key] = true
		cells = append(cells, c)
	}
	return cells
}

// hops shows where requests were seen. With all it uses no short names, and no line is
// broken between addresses.
func (a aliases) hops(r *trace.Report, all bool) string {
	if all {
		a = aliases{}
	}
	text := ""
	for _, c := range followed(r, all) {
		text += a.way(c, all)
	}
	if text == "" {
		return ""
	}
	return "SEEN ON THE WAY  one request each; times are from the hop before, on one node\n" + text
}

// way shows the hops of one cell.
func (a aliases) way(c trace.Cell, all bool) string {
	where, from := string(c.Kind)+" "+c.Address, a.from(c.Vantage)
	if proxied(c.Kind) {
		where = string(c.Kind) + " " + asked(c) + ", at " + c.Address
	}
	if all {
		from = c.Vantage
	}
	text := hang("", fmt.Sprintf("%s from %s, request %s", where, from, c.HopsOf))
	width := 0
	for _, h := range c.Hops {
		width = max(width, runewidth.StringWidth(plain(a.node(h.Node))))
	}
	indent := strings.Repeat(" ", min(width+3, columns/4))
	var before trace.Hop
	for _, h := range c.Hops {
		node := ""
		if h.Node != before.Node {
			node = plain(a.node(h.Node))
		}
		text += hop(h, before, runewidth.FillRight(node, width), all)
		if got := a.got(h, all); got != "" {
			text += hang(indent+"→ ", got)
		}
		before = h
	}
	return text
}

// hop is the line of one hop. Addresses that are as before are not said again.
func hop(h, before trace.Hop, node string, all bool) string {
	direction, after := "in", ""
	if h.Out {
		direction = "out"
	}
	if h.After != nil {
		after = "+" + brief(*h.After)
	}
	line := fmt.Sprintf("  %s %s %-3s %7s  ", node, runewidth.FillRight(plain(h.Interface), 15), direction, after)
	var addresses []string
	if h.From != before.From {
		addresses = append(addresses, plain(h.From))
	}
	if h.From != before.From || h.To != before.To {
		addresses = append(addresses, "→ "+plain(h.To))
	}
	if whole := line + strings.Join(addresses, " "); all || runewidth.StringWidth(whole) <= columns {
		return strings.TrimRight(whole, " ") + "\n"
	}
	return strings.Join(append([]string{strings.TrimRight(line, " ")}, addresses...), "\n"+strings.Repeat(" ", columns/4)) + "\n"
}

// got says who got the request at the hop, and what.
func (a aliases) got(h trace.Hop, all bool) string {
	path, host := h.Path, h.Host
	if !all {
		path, host = runewidth.Truncate(plain(path), maxPath, "…"), runewidth.Truncate(plain(host), maxPath, "…")
	}
	switch {
	case h.Endpoint != "":
		text := fmt.Sprintf("%s got %s %s for %s", a.endpoint(h.Endpoint), h.Method, path, host)
		if h.Status != 0 {
			text += fmt.Sprintf(", answered %d", h.Status)
		}
		return text
	case h.Proxy != "":
		return fmt.Sprintf("pod %s got %s %s", h.Proxy, h.Method, path)
	}
	return ""
}

// brief writes a duration between two hops.
func brief(d time.Duration) string {
	switch {
	case d < 10*time.Microsecond:
		return fmt.Sprintf("%.1fµs", float64(d)/float64(time.Microsecond))
	case d < time.Millisecond:
		return fmt.Sprintf("%dµs", d.Microseconds())
	}
	return short(d)
}

// witnessed says how well the witnesses have seen.
func witnessed(r *trace.Report) string {
	text := ""
	for _, w := range r.Witnesses {
		said := fmt.Sprintf("%s: %d requests got into pods; %d packets looked at, %d lost", w.Node, w.Deliveries, w.Packets, w.Dropped)
		if w.Unread > 0 {
			said += fmt.Sprintf("; %d connections spoke TLS or no HTTP", w.Unread)
		}
		if w.Error != "" {
			said = fmt.Sprintf("%s: has not seen all: %s", w.Node, w.Error)
		}
		text += hang("Witness   ", said)
	}
	return text
}
