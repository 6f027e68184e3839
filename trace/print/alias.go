package print

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
)

// aliases are the short names that the table uses, since real ones fill it.
type aliases struct {
	nodes, endpoints []string
	of               map[string]string
}

// alias names nodes n1, n2 and so on, and endpoints a to z, then aa, ab.
func alias(r *trace.Report) aliases {
	a := aliases{of: map[string]string{}}
	for _, v := range r.Vantages {
		a.nodes = append(a.nodes, v.Node)
	}
	for _, e := range r.Target.Endpoints {
		a.nodes = append(a.nodes, e.Node)
		a.endpoints = append(a.endpoints, e.Name)
	}
	for _, c := range r.Cells {
		a.nodes = append(a.nodes, c.Node)
	}
	slices.Sort(a.nodes)
	a.nodes = slices.DeleteFunc(slices.Compact(a.nodes), func(n string) bool { return n == "" })
	for i, n := range a.nodes {
		a.of["node/"+n] = fmt.Sprintf("n%d", i+1)
	}
	for i, e := range a.endpoints {
		a.of["endpoint/"+e] = letters(i)
	}
	return a
}

func (a aliases) node(name string) string     { return a.of["node/"+name] }
func (a aliases) endpoint(name string) string { return a.of["endpoint/"+name] }

// letters counts a, b … z, aa, ab ….
func letters(i int) string {
	if i < 26 {
		return string(rune('a' + i))
	}
	return letters(i/26-1) + letters(i%26)
}

// maxLegend is how many endpoints the legend lists; of more, the wide output
// and JSON tell.
const maxLegend = 12

// legend says what the short names stand for.
func (a aliases) legend(r *trace.Report) string {
	var entries []string
	for _, e := range r.Target.Endpoints[:min(maxLegend, len(r.Target.Endpoints))] {
		entry := a.endpoint(e.Name) + " " + e.Name
		if e.Node != "" {
			entry += " " + a.node(e.Node)
		}
		if !e.Ready {
			entry += " (not ready)"
		}
		entries = append(entries, entry)
	}
	if more := len(r.Target.Endpoints) - maxLegend; more > 0 {
		entries = append(entries, fmt.Sprintf("and %d more (-o wide)", more))
	}
	lines := flow(entries)
	var nodes []string
	for _, n := range a.nodes {
		nodes = append(nodes, a.node(n)+" "+n)
	}
	return lines + flow(nodes)
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
		length := len([]rune(entry))
		switch {
		case i == 0:
		case width+len([]rune(separator))+length > columns:
			text.WriteString("\n")
			width = 0
		default:
			text.WriteString(separator)
			width += len([]rune(separator))
		}
		text.WriteString(entry)
		width += length
	}
	return text.String() + "\n"
}
