package finding

import (
	"fmt"
	"slices"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/vantage"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

// podNetworkBroken: from one node nothing comes back from any pod on another,
// while these pods answer probes elsewhere that are the same to every
// NetworkPolicy. Policies know clients by labels and namespaces, which are the
// same for all probes in pods, so that the way between the two nodes is at fault.
func podNetworkBroken(f Facts) []Finding {
	type way struct {
		vantage int
		node    string
	}
	ways := map[way][]verdict.Cell{}
	var order []way
	for _, c := range f.where(func(r route.Route) bool { return r.Kind == route.Pod && !r.Contrast && r.Node != "" }) {
		w := way{c.Vantage, f.Routes[c.Route].Node}
		if from := f.From[c.Vantage]; from.Kind != vantage.Pod || from.Node == w.node {
			continue
		}
		if ways[w] == nil {
			order = append(order, w)
		}
		ways[w] = append(ways[w], c)
	}
	var broken []string
	var seen []Evidence
	for _, w := range order {
		if !f.fit(w.vantage) || slices.ContainsFunc(ways[w], func(c verdict.Cell) bool { return !lost(c) || len(f.elsewhere(c)) == 0 }) {
			continue
		}
		broken = append(broken, fmt.Sprintf("%s to %s", f.Vantages[w.vantage], w.node))
		seen = append(seen, f.outcomeShort(ways[w])...)
		seen = append(seen, f.outcomeShort(f.elsewhere(ways[w][0]))...)
	}
	if len(broken) == 0 {
		return nil
	}
	found := Finding{
		Name: "pod-network-broken-between-nodes", Severity: Error, Status: Confirmed,
		Summary:  fmt.Sprintf("no answer comes back from pods on another node, although these answer elsewhere: from %s", some(broken)),
		Evidence: seen,
		Fix: []Step{{
			Text:    "look at the network plugin's pods on these nodes, at the routes between the nodes' pod networks, and at firewalls that drop its encapsulation (VXLAN UDP 4789 or 8472, Geneve UDP 6081, WireGuard UDP 51820, BGP TCP 179)",
			Command: "kubectl -n kube-system get pods -o wide",
		}},
	}
	return []Finding{found}
}

// lost reports whether no packet at all came back.
func lost(c verdict.Cell) bool {
	return allFailed([]verdict.Cell{c}, string(wire.ErrorTimeout), string(wire.ErrorUnreachable))
}

// elsewhere returns the cells of the same address from other pods' networks in
// which all requests were answered.
func (f Facts) elsewhere(c verdict.Cell) []verdict.Cell {
	address := f.Routes[c.Route].Address
	return slices.DeleteFunc(f.where(func(r route.Route) bool { return r.Kind == route.Pod && !r.Contrast && r.Address == address }), func(other verdict.Cell) bool {
		return other.Vantage == c.Vantage || other.Verdict != verdict.Healthy || f.From[other.Vantage].Kind != vantage.Pod
	})
}

// fit reports whether pods are reached from the vantage at all: those of its own
// node where there are some, else any.
func (f Facts) fit(from int) bool {
	var nearby, all []verdict.Cell
	for _, c := range f.where(func(r route.Route) bool { return r.Kind == route.Pod && !r.Contrast }) {
		if c.Vantage != from {
			continue
		}
		all = append(all, c)
		if f.Routes[c.Route].Node == f.From[from].Node {
			nearby = append(nearby, c)
		}
	}
	if len(nearby) > 0 {
		return allHealthy(nearby)
	}
	return slices.ContainsFunc(all, func(c verdict.Cell) bool { return c.Verdict == verdict.Healthy }) ||
		slices.ContainsFunc(f.Controls, func(c verdict.Cell) bool { return c.Vantage == from && c.OK > 0 })
}

// nodePortClosed: the NodePort of some nodes fails from everywhere, although the
// Service works. Where another node's port answered from the same place it is the
// node; where none did, something may keep this place from all of them.
func nodePortClosed(f Facts) []Finding {
	var all []Finding
	for i, port := range f.Target.Ports {
		closed, open := f.byNode(i)
		if len(closed) == 0 || !f.works(i) {
			continue
		}
		var nodes []string
		var seen []Evidence
		for _, c := range closed {
			nodes = append(nodes, f.Routes[c.Route].Node)
			seen = append(seen, f.outcome([]verdict.Cell{c})...)
		}
		nodes = distinct(nodes)
		found := Finding{
			Name: "nodeport-closed-on-node", Severity: Error, Status: Confirmed, Layer: route.NodePort,
			Summary:  fmt.Sprintf("nothing answers at NodePort %d of %s on %s, although the Service works", port.NodePort, f.service(), some(nodes)),
			Evidence: append(seen[:min(4, len(seen))], f.outcomeShort(open)...),
			Fix:      []Step{{Text: "look at the node's own firewall (the port must be open to clients), and at kube-proxy's --nodeport-addresses"}},
		}
		if !slices.ContainsFunc(closed, func(c verdict.Cell) bool {
			return slices.ContainsFunc(open, func(o verdict.Cell) bool { return o.Vantage == c.Vantage })
		}) {
			found.Status = Unverified
			found.Evidence = append(found.Evidence, traffic("no NodePort answered from there: a firewall or policy may keep that place from all of them"))
		}
		for _, node := range nodes[:min(3, len(nodes))] {
			found.Fix = append(found.Fix, f.kubeProxyOn(node))
		}
		all = append(all, found)
	}
	return all
}

// byNode tells NodePorts that nothing at all answered, apart from those that
// work. Nodes whose ClusterIP fails as well are left out: there it is not the
// NodePort.
func (f Facts) byNode(port int) (closed, open []verdict.Cell) {
	answered, badNode := map[string]bool{}, map[string]bool{}
	for _, c := range f.cells(route.ClusterIP, port) {
		if c.Verdict == verdict.Broken {
			badNode[f.From[c.Vantage].Node] = true
		}
	}
	cells := f.cells(route.NodePort, port)
	for _, c := range cells {
		if c.OK > 0 || answeredByAnybody(c) {
			answered[f.Routes[c.Route].Address] = true
		}
	}
	for _, c := range cells {
		r := f.Routes[c.Route]
		switch {
		case c.Verdict == verdict.Healthy || c.Verdict == verdict.ShortCut:
			open = append(open, c)
		case !answered[r.Address] && !badNode[r.Node] && !badNode[f.From[c.Vantage].Node]:
			closed = append(closed, c)
		}
	}
	return closed, open
}

// works reports whether the Service answers at some address behind which
// kube-proxy chooses.
func (f Facts) works(port int) bool {
	return slices.ContainsFunc(f.throughService(port), func(c verdict.Cell) bool { return c.Verdict == verdict.Healthy })
}

// kubeProxyOn is where to look when a node's own rules are at fault.
func (f Facts) kubeProxyOn(node string) Step {
	return Step{
		Text:    "look at kube-proxy, or what replaces it, on " + node,
		Command: fmt.Sprintf("kubectl -n kube-system get pods -o wide --field-selector spec.nodeName=%s", node),
	}
}
