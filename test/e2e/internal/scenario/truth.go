package scenario

import (
	"slices"
	"strings"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/e2e/internal/report"
)

// Truth is what the cluster itself says about the target, read without the
// plugin.
type Truth struct {
	Endpoints []Endpoint
	// ClusterIPs, NodePorts and LoadBalancers are the addresses, with ports, of the
	// Service; Lookups are its names in the DNS (see [Lookup]).
	ClusterIPs, NodePorts, LoadBalancers, Lookups []string
	// Neighbours are pods of other Services that share a way with the target, by
	// the names that the report gives them.
	Neighbours []string
}

// Endpoint is one backend of the target.
type Endpoint struct {
	Name, Node string
	Ready      bool
	// Sockets are its addresses with the ports that the Service leads to.
	Sockets []string
}

// addresses returns those that routes of the kind must have.
func (t Truth) addresses(kind string) []string {
	switch kind {
	case "clusterip":
		return t.ClusterIPs
	case "nodeport":
		return t.NodePorts
	case "loadbalancer":
		return t.LoadBalancers
	case "dns":
		return t.Lookups
	}
	var all []string
	for _, e := range t.ready() {
		all = append(all, e.Sockets...)
	}
	return all
}

// Lookup is a name, and what it stands for.
func Lookup(name string, values []string) string {
	return name + " for " + strings.Join(values, " ")
}

// way names the route of the cell apart from all others of its kind.
func way(c report.Cell) string {
	if c.Kind == "dns" {
		return Lookup(c.Address, c.Want)
	}
	return c.Address
}

func (t Truth) ready() []Endpoint {
	return slices.DeleteFunc(slices.Clone(t.Endpoints), func(e Endpoint) bool { return !e.Ready })
}

func (t Truth) endpoint(name string) (Endpoint, bool) {
	i := slices.IndexFunc(t.Endpoints, func(e Endpoint) bool { return e.Name == name })
	if i < 0 {
		return Endpoint{}, false
	}
	return t.Endpoints[i], true
}

// owns reports whether the address without its port is one of the endpoint's.
func (e Endpoint) owns(address string) bool {
	return slices.ContainsFunc(e.Sockets, func(s string) bool { return host(s) == host(address) })
}

func host(address string) string { return address[:strings.LastIndex(address, ":")] }

// hosts reports whether a ready endpoint lives on the node.
func (t Truth) hosts(node string) bool {
	return slices.ContainsFunc(t.ready(), func(e Endpoint) bool { return e.Node == node })
}

// chooses reports whether the expectation is about the cell.
func (want Cells) chooses(t Truth, c report.Cell) bool {
	family := 4
	if strings.HasPrefix(c.Address, "[") {
		family = 6
	}
	place, node, _ := strings.Cut(c.Vantage, "@")
	own, _ := t.endpoint(c.Endpoint)
	switch {
	case want.Kind != c.Kind, (want.Contrast || want.Large) != c.Contrast, want.Large != (c.Padding > 0),
		want.Port != 0 && want.Port != c.Port,
		want.Family != 0 && want.Family != family,
		want.Vantage != "" && want.Vantage != c.Vantage && want.Vantage != place,
		want.Wants && len(c.Want) == 0,
		!strings.HasPrefix(c.Host, want.Host),
		want.Object != "" && !strings.HasPrefix(c.Object, want.Object+" "),
		want.At != "" && want.At != c.Path,
		want.Node == "hosting" && !t.hosts(c.Node),
		want.Node == "others" && t.hosts(c.Node),
		!strings.HasPrefix(c.Endpoint, want.Endpoint),
		want.From == "hosting" && !t.hosts(node),
		want.From == "others" && t.hosts(node),
		want.From == "own" && own.Node != node:
		return false
	}
	return true
}
