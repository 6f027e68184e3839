package print

import (
	"fmt"
	"strings"
	"time"

	"github.com/mattn/go-runewidth"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
)

// hops shows for each way in where one of its requests was seen: of ways that are alike
// one is enough, but with all every cell has its own.
func (a aliases) hops(r *trace.Report, all bool) string {
	text := ""
	told := map[string]bool{}
	for _, c := range r.Cells {
		key := fmt.Sprint(c.Kind, " ", c.Object, " ", c.Rule, " ", c.Port)
		if len(c.Hops) == 0 || !all && (told[key] || c.Kind == "pod") {
			continue
		}
		told[key] = true
		text += a.way(c, all)
	}
	if text == "" {
		return ""
	}
	return "SEEN ON THE WAY  one request each; times are from the hop before, on one node\n" + text
}

// way shows the hops of one cell.
func (a aliases) way(c trace.Cell, all bool) string {
	where := string(c.Kind) + " " + c.Address
	if proxied(c.Kind) {
		where = string(c.Kind) + " " + asked(c) + ", at " + c.Address
	}
	text := hang("", fmt.Sprintf("%s from %s, request %s", where, a.from(c.Vantage), c.HopsOf))
	var before trace.Hop
	for _, h := range c.Hops {
		node := a.node(h.Node)
		if all {
			node = h.Node
		}
		if node = plain(node); h.Node == before.Node {
			node = strings.Repeat(" ", runewidth.StringWidth(node))
		}
		text += hop(h, before, node)
		if got := a.got(h, all); got != "" {
			text += hang("     → ", got)
		}
		before = h
	}
	return text
}

// hop is the line of one hop. Addresses that are as before are not said again.
func hop(h, before trace.Hop, node string) string {
	direction, after := "in", ""
	if h.Out {
		direction = "out"
	}
	if h.After != nil {
		after = "+" + brief(*h.After)
	}
	line := fmt.Sprintf("  %s %-15s %-3s %7s  ", node, plain(h.Interface), direction, after)
	from, to := plain(h.From), plain(h.To)
	addresses := from + " → " + to
	switch {
	case h.From == before.From && h.To == before.To:
		return strings.TrimRight(line, " ") + "\n"
	case h.From == before.From:
		addresses = "→ " + to
	}
	if runewidth.StringWidth(line+addresses) <= columns {
		return line + addresses + "\n"
	}
	indent := strings.Repeat(" ", runewidth.StringWidth(line))
	return strings.TrimRight(line, " ") + "\n" + strings.TrimSuffix(indent[:min(len(indent), columns/4)]+from+"\n"+indent[:min(len(indent), columns/4)]+"→ "+to, "\n") + "\n"
}

// got says who got the request at the hop, and what.
func (a aliases) got(h trace.Hop, all bool) string {
	switch {
	case h.Endpoint != "":
		name := a.endpoint(h.Endpoint)
		if all {
			name = h.Endpoint
		}
		text := fmt.Sprintf("%s got %s %s for %s", name, h.Method, h.Path, h.Host)
		if h.Status != 0 {
			text += fmt.Sprintf(", answered %d", h.Status)
		}
		return text
	case h.Proxy != "":
		return fmt.Sprintf("pod %s got %s %s", h.Proxy, h.Method, h.Path)
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
