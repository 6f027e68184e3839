package print

import (
	"fmt"
	"slices"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
)

// aliases are the short names that the table uses, since real ones fill it.
type aliases struct {
	nodes, endpoints []string
	of               map[string]string
	// ports is how many the Service has.
	ports int
}

// alias names nodes n1, n2 and so on, and endpoints a to z, then aa, ab.
func alias(r *trace.Report) aliases {
	a := aliases{of: map[string]string{}, ports: len(r.Target.Ports)}
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

// portOf names the Service's port of the cell where it has several.
func (a aliases) portOf(c trace.Cell) string {
	if a.ports < 2 {
		return ""
	}
	return fmt.Sprintf(", port %d", c.Port)
}

// letters counts a, b … z, aa, ab ….
func letters(i int) string {
	if i < 26 {
		return string(rune('a' + i))
	}
	return letters(i/26-1) + letters(i%26)
}
