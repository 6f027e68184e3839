package target

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
)

// Entry is an address at which a proxy in front of the Service is reached: a
// load balancer, an Ingress controller, a Gateway.
type Entry struct {
	// Host is an IP address or a host name.
	Host string
	// Numbers say to which port to connect at Host for each port that the proxy
	// serves, such as 443: 31443 for a NodePort. A nil map means that they are the
	// same.
	Numbers map[int32]int32
	// Node is the name of the node whose address it is, if it is one's.
	Node string
	// Virtual is set where nodes of the cluster answer themselves in the place of
	// the address (ipMode VIP), so that a request from inside never leaves it.
	Virtual bool
	// Inside is set where only clients inside the cluster can reach the address,
	// such as a ClusterIP.
	Inside bool
	// Local is set where only nodes that host an endpoint of the proxy serve the
	// address (externalTrafficPolicy Local of the proxy's own Service).
	Local bool
	// Source says which field of which object the address was taken from.
	Source string
	// Guessed is set where no object says that the proxy is to be reached there,
	// and says why it seems so.
	Guessed string
}

// Number returns the port to connect to for a port of the proxy, and whether
// the entry has one.
func (e Entry) Number(port int32) (int32, bool) {
	if e.Numbers == nil {
		return port, true
	}
	number, ok := e.Numbers[port]
	return number, ok
}

// serve adds the ports of a proxy's Service, each with the number that it has at
// the entry: by their own numbers and, so that they are found by what they are
// for, also by 80 and 443 and by those that the proxy's pod listens on, as far as
// these can be known without one.
func (e *Entry) serve(service *corev1.Service, pod *corev1.Pod, number func(corev1.ServicePort) int32) {
	if e.Numbers == nil {
		e.Numbers = map[int32]int32{}
	}
	var ports []corev1.ServicePort
	for _, p := range service.Spec.Ports {
		if protocol(p.Protocol) == corev1.ProtocolTCP && number(p) != 0 {
			ports = append(ports, p)
			e.Numbers[p.Port] = number(p)
		}
	}
	also := func(port int32, p corev1.ServicePort) {
		if _, taken := e.Numbers[port]; !taken && port != 0 {
			e.Numbers[port] = number(p)
		}
	}
	for _, p := range ports {
		switch p.Name {
		case "http", "web", "http2":
			also(80, p)
		case "https", "websecure":
			also(443, p)
		}
	}
	for _, p := range ports {
		if pod != nil {
			also(PodPort(pod, p), p)
		} else {
			also(int32(p.TargetPort.IntValue()), p)
		}
	}
}

// ownNumber and nodeNumber return where a port of a Service is: at the addresses
// of the Service, and at those of nodes.
func ownNumber(p corev1.ServicePort) int32 { return p.Port }

func nodeNumber(p corev1.ServicePort) int32 { return p.NodePort }

// serviceEntries returns the addresses by which clients outside of the cluster
// reach a proxy's Service: its load balancer, its external IPs, and, where it has
// neither, its NodePorts.
func serviceEntries(service *corev1.Service, nodes []corev1.Node) []Entry {
	if all := publicEntries(service); len(all) > 0 {
		return all
	}
	return nodeEntries(service, nodes)
}

// publicEntries returns the addresses of the Service's load balancer and its
// external IPs.
func publicEntries(service *corev1.Service) []Entry {
	name := fmt.Sprintf("service %s/%s", service.Namespace, service.Name)
	var all []Entry
	for _, ingress := range service.Status.LoadBalancer.Ingress {
		e := Entry{Host: ingress.IP, Source: "status.loadBalancer.ingress of " + name}
		if e.Host == "" {
			e.Host = ingress.Hostname
		} else {
			// k8s.io/api/core/v1 LoadBalancerIngress.IPMode: absent means VIP.
			e.Virtual = ingress.IPMode == nil || *ingress.IPMode == corev1.LoadBalancerIPModeVIP
		}
		if e.Host != "" {
			all = append(all, e)
		}
	}
	for _, ip := range service.Spec.ExternalIPs {
		all = append(all, Entry{Host: ip, Virtual: true, Source: "spec.externalIPs of " + name})
	}
	return all
}

// nodeEntries returns the addresses of the nodes at which the Service has its
// NodePorts.
func nodeEntries(service *corev1.Service, nodes []corev1.Node) []Entry {
	numbers := map[int32]int32{}
	for _, p := range service.Spec.Ports {
		if p.NodePort != 0 && protocol(p.Protocol) == corev1.ProtocolTCP {
			numbers[p.Port] = p.NodePort
		}
	}
	if len(numbers) == 0 {
		return nil
	}
	var all []Entry
	for i := range nodes {
		for _, address := range InternalIPs(&nodes[i]) {
			if hasFamily(service, IPv6(address)) {
				all = append(all, Entry{
					Host: address, Numbers: numbers, Node: nodes[i].Name, Source: fmt.Sprintf("NodePorts of service %s/%s", service.Namespace, service.Name),
					Local: service.Spec.ExternalTrafficPolicy == corev1.ServiceExternalTrafficPolicyLocal,
				})
			}
		}
	}
	return all
}

// InternalIPs returns the node's addresses on which kube-proxy serves NodePorts
// by default, at most one for each family: the primary ones
// (kube-proxy --nodeport-addresses=primary).
func InternalIPs(node *corev1.Node) []string {
	var found []string
	seen := map[bool]bool{}
	for _, address := range node.Status.Addresses {
		ipv6 := IPv6(address.Address)
		if address.Type == corev1.NodeInternalIP && !seen[ipv6] {
			seen[ipv6] = true
			found = append(found, address.Address)
		}
	}
	return found
}
