package print

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/vantage"
)

// aliases are the short names that the table uses, since real ones fill it.
type aliases struct {
	nodes, endpoints []string
	of               map[string]string
	// neighbours are the endpoints of other Services.
	neighbours map[string]bool
	// ports is how many the Service has.
	ports int
}

// alias names nodes n1, n2 and so on, and endpoints a to z, then aa, ab.
func alias(r *trace.Report) aliases {
	a := aliases{of: map[string]string{}, neighbours: map[string]bool{}, ports: len(r.Target.Ports)}
	for _, v := range r.Vantages {
		a.nodes = append(a.nodes, v.Node)
	}
	for _, e := range slices.Concat(r.Target.Endpoints, answering(r)) {
		a.nodes = append(a.nodes, e.Node)
		if e.Service != "" {
			a.neighbours[e.Name] = true
		}
		a.endpoints = append(a.endpoints, e.Name)
	}
	for _, c := range r.Cells {
		a.nodes = append(a.nodes, c.Node)
		for _, h := range c.Hops {
			a.nodes = append(a.nodes, h.Node)
		}
	}
	slices.Sort(a.nodes)
	a.nodes = slices.DeleteFunc(slices.Compact(a.nodes), func(n string) bool { return n == "" })
	for i, n := range a.nodes {
		a.of["node/"+n] = fmt.Sprintf("n%d", i+1)
	}
	for _, e := range a.endpoints {
		if key := "endpoint/" + e; a.of[key] == "" {
			named := len(a.of) - len(a.nodes)
			a.of[key] = letters(named)
		}
	}
	return a
}

// answering returns the endpoints of other Services that answered.
func answering(r *trace.Report) []trace.Endpoint {
	answered := map[string]bool{}
	for _, c := range r.Cells {
		for _, answer := range c.Answers {
			answered[answer.Endpoint] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(r.Target.Neighbours), func(e trace.Endpoint) bool { return !answered[e.Name] })
}

// node and endpoint return the name itself where it has no short one.
func (a aliases) node(name string) string     { return cmp.Or(a.of["node/"+name], name) }
func (a aliases) endpoint(name string) string { return cmp.Or(a.of["endpoint/"+name], name) }

// byAlias sorts endpoints as their short names do.
func (a aliases) byAlias(x, y string) int {
	x, y = a.endpoint(x), a.endpoint(y)
	return cmp.Or(cmp.Compare(len(x), len(y)), cmp.Compare(x, y))
}

// from names a vantage: a pod on a node by the node, the network of a node itself
// as host:NODE, and this machine as "you".
func (a aliases) from(v string) string {
	if node, itself := strings.CutPrefix(v, hostPrefix); itself {
		return "host:" + a.node(node)
	}
	if v == string(vantage.Local) {
		return "you"
	}
	return a.node(strings.TrimPrefix(v, podPrefix))
}

// How names of vantages on nodes begin.
const (
	podPrefix  = string(vantage.Pod) + "@"
	hostPrefix = string(vantage.Node) + "@"
)

// nodeOf returns the node that a vantage is on, if it is on one.
func nodeOf(v string) string {
	return strings.TrimPrefix(strings.TrimPrefix(v, podPrefix), hostPrefix)
}

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
