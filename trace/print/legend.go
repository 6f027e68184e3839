package print

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mattn/go-runewidth"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/vantage"
)

// maxLegend is how many endpoints, and how many nodes, are listed in any case.
// Of more, only those are that the table or a way mentions.
const maxLegend = 12

// legend says what the short names stand for.
func (a aliases) legend(r *trace.Report, table []row) string {
	endpoints, nodes := map[string]bool{}, map[string]bool{}
	for _, w := range table {
		e, n := w.mentions()
		include(endpoints, e)
		include(nodes, n)
	}
	for _, c := range followed(r, false) {
		nodes[nodeOf(c.Vantage)] = true
		for _, h := range c.Hops {
			endpoints[h.Endpoint], nodes[h.Node] = true, true
		}
	}
	var entries []string
	for _, e := range r.Target.Endpoints {
		if len(r.Target.Endpoints) <= maxLegend || endpoints[e.Name] {
			nodes[e.Node] = true
			entries = append(entries, a.entry(e))
		}
	}
	if more := len(r.Target.Endpoints) - len(entries); more > 0 {
		entries = append(entries, further(len(entries), more, "endpoints"))
	}
	for _, e := range answering(r) {
		if endpoints[e.Name] {
			nodes[e.Node] = true
			entries = append(entries, a.entry(e))
		}
	}
	return flow(entries) + flow(append(a.nodeEntries(nodes), a.places(table)...))
}

// places explains what is no pod on a node, and lists the places where rows give
// only their number.
func (a aliases) places(table []row) []string {
	var entries, lists []string
	host, local := false, false
	for _, w := range table {
		for _, v := range w.vantages() {
			host = host || strings.HasPrefix(v, hostPrefix)
			local = local || v == string(vantage.Local)
		}
		list := w.from(a) + ": " + strings.Join(w.places(a), ", ")
		if len(w.vantages()) <= maxFrom && strings.HasSuffix(w.from(a), " places") && !slices.Contains(lists, list) {
			lists = append(lists, list)
		}
	}
	if host {
		entries = append(entries, "host: the network of the node itself")
	}
	if local {
		entries = append(entries, "you: this machine")
	}
	return append(entries, lists...)
}

func (a aliases) entry(e trace.Endpoint) string {
	entry := a.endpoint(e.Name) + " " + e.Name
	if e.Node != "" {
		entry += " " + a.node(e.Node)
	}
	if e.Service != "" {
		entry += " (service " + e.Service + ")"
	}
	if !e.Ready {
		entry += " (not ready)"
	}
	return entry
}

func (a aliases) nodeEntries(mentioned map[string]bool) []string {
	var entries []string
	for _, n := range a.nodes {
		if len(a.nodes) <= maxLegend || mentioned[n] {
			entries = append(entries, a.node(n)+" "+n)
		}
	}
	if more := len(a.nodes) - len(entries); more > 0 {
		entries = append(entries, further(len(entries), more, "nodes"))
	}
	return entries
}

// further tells of what is not listed.
func further(listed, more int, what string) string {
	if listed == 0 {
		return fmt.Sprintf("%d %s (-o wide names them)", more, what)
	}
	return fmt.Sprintf("%d more %s (-o wide names them)", more, what)
}

func include(set map[string]bool, names []string) {
	for _, n := range names {
		set[n] = true
	}
}

// separator stands between entries of one line.
const separator = " · "

// flow sets entries one after the other, and never breaks one.
func flow(entries []string) string {
	if len(entries) == 0 {
		return ""
	}
	return strings.Join(lay(entries, columns), "\n") + "\n"
}

// lay sets entries one after the other into lines of at most width columns. One
// that is longer stands on a line of its own.
func lay(entries []string, width int) []string {
	var lines []string
	line := ""
	for i, entry := range entries {
		entry = plain(entry)
		switch {
		case i == 0:
			line = entry
		case runewidth.StringWidth(line+separator+entry) > width:
			lines = append(lines, line)
			line = entry
		default:
			line += separator + entry
		}
	}
	return append(lines, line)
}
