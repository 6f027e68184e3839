package route

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

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
		for _, address := range internalIPs(&t.Nodes[i]) {
			if !hasFamily(t.Service, target.IPv6(address)) {
				continue
			}
			r := base(t, port, NodePort, address, number)
			r.Node = t.Nodes[i].Name
			if r.Untested == "" && !target.NodeReady(&t.Nodes[i]) {
				r.Untested = "the node is not ready"
			}
			if r.Untested == "" && t.Service.Spec.ExternalTrafficPolicy == corev1.ServiceExternalTrafficPolicyLocal {
				r.Untested = "externalTrafficPolicy is Local: only a client outside the cluster can prove it"
			}
			all = append(all, r)
		}
	}
	return all
}

// internalIPs returns the node's addresses on which kube-proxy serves NodePorts
// by default, at most one for each family: the primary ones
// (kube-proxy --nodeport-addresses=primary).
func internalIPs(node *corev1.Node) []string {
	var found []string
	seen := map[bool]bool{}
	for _, address := range node.Status.Addresses {
		ipv6 := target.IPv6(address.Address)
		if address.Type == corev1.NodeInternalIP && !seen[ipv6] {
			seen[ipv6] = true
			found = append(found, address.Address)
		}
	}
	return found
}

func hasFamily(service *corev1.Service, ipv6 bool) bool {
	if len(service.Spec.IPFamilies) == 0 {
		return true
	}
	wanted := corev1.IPv4Protocol
	if ipv6 {
		wanted = corev1.IPv6Protocol
	}
	return slices.Contains(service.Spec.IPFamilies, wanted)
}
