package route

import (
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
)

// maxNodes is on how many nodes a NodePort is tried: enough to see whether
// nodes differ, few enough not to scan a large cluster.
const maxNodes = 10

// nodePorts returns the port on each node, by the node's InternalIP addresses of
// the families that the Service has.
func nodePorts(t *target.Target, port int) []Route {
	number := t.Ports[port].NodePort
	if number == 0 {
		return nil
	}
	var all []Route
	nodes := 0
	for i := range t.Nodes {
		if nodes++; nodes > maxNodes {
			break
		}
		for _, address := range target.InternalIPs(&t.Nodes[i]) {
			if !t.HasFamily(target.IPv6(address)) {
				continue
			}
			r := base(t, port, NodePort, address, number)
			r.Node = t.Nodes[i].Name
			r.Source = "InternalIP of node " + r.Node + ", nodePort of service " + t.Service.Name
			if r.Untested == "" && !target.NodeReady(&t.Nodes[i]) {
				r.Untested = "the node is not ready"
			}
			all = append(all, r)
		}
	}
	return all
}
