package print

import (
	"fmt"
	"strings"

	"github.com/mattn/go-runewidth"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
)

// maxLegend is how many endpoints, and how many nodes, are listed in any case.
// Of more, only those are that the table mentions.
const maxLegend = 12

// legend says what the short names stand for.
func (a aliases) legend(r *trace.Report, table []row) string {
	endpoints, nodes := map[string]bool{}, map[string]bool{}
	for _, w := range table {
		e, n := w.mentions()
		include(endpoints, e)
		include(nodes, n)
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
	return flow(entries) + flow(a.nodeEntries(nodes))
}

func (a aliases) entry(e trace.Endpoint) string {
	entry := a.endpoint(e.Name) + " " + e.Name
	if e.Node != "" {
		entry += " " + a.node(e.Node)
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

// flow sets entries one after the other, and never breaks one.
func flow(entries []string) string {
	for i := range entries {
		entries[i] = plain(entries[i])
	}
	if len(entries) == 0 {
		return ""
	}
	const separator = " · "
	var text strings.Builder
	width := 0
	for i, entry := range entries {
		length := runewidth.StringWidth(entry)
		switch {
		case i == 0:
		case width+runewidth.StringWidth(separator)+length > columns:
			text.WriteString("\n")
			width = 0
		default:
			text.WriteString(separator)
			width += runewidth.StringWidth(separator)
		}
		text.WriteString(entry)
		width += length
	}
	return text.String() + "\n"
}
