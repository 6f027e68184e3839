package target

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// public returns the addresses of the Service's load balancer and its external
// IPs.
func (c candidate) public([]corev1.Node) []Entry {
	return c.explain(publicEntries(c.service), ownNumber)
}

// nodePorts returns the Service's NodePorts on the nodes that are ready. Under
// externalTrafficPolicy Local these are only of use on nodes that host a pod;
// where it is known which these are, no others are returned.
func (c candidate) nodePorts(nodes []corev1.Node) []Entry {
	ready := slices.DeleteFunc(slices.Clone(nodes), func(n corev1.Node) bool { return !NodeReady(&n) })
	all := c.explain(nodeEntries(c.service, ready), nodeNumber)
	if len(c.pods) == 0 {
		return all
	}
	hosting := map[string]bool{}
	for i := range c.pods {
		hosting[c.pods[i].Spec.NodeName] = hosting[c.pods[i].Spec.NodeName] || PodReady(&c.pods[i])
	}
	return slices.DeleteFunc(all, func(e Entry) bool { return e.Local && !hosting[e.Node] })
}

func (c candidate) explain(all []Entry, number func(corev1.ServicePort) int32) []Entry {
	var pod *corev1.Pod
	if len(c.pods) > 0 {
		pod = &c.pods[0]
	}
	for i := range all {
		all[i].Numbers = nil
		all[i].serve(c.service, pod, number)
		all[i].Guessed = c.why
	}
	return all
}

// hostPorts returns the nodes at whose own addresses pods of the controller
// listen for HTTP or HTTPS.
func (c candidate) hostPorts(nodes []corev1.Node) []Entry {
	var all []Entry
	for i := range c.pods {
		pod := &c.pods[i]
		numbers := hostNumbers(pod)
		j := slices.IndexFunc(nodes, func(n corev1.Node) bool { return n.Name == pod.Spec.NodeName })
		if len(numbers) == 0 || j < 0 || !PodReady(pod) {
			continue
		}
		for _, address := range InternalIPs(&nodes[j]) {
			if !slices.ContainsFunc(pod.Status.PodIPs, func(ip corev1.PodIP) bool { return IPv6(ip.IP) == IPv6(address) }) {
				continue
			}
			all = append(all, Entry{
				Host: address, Numbers: numbers, Node: nodes[j].Name, Guessed: c.why,
				Source: fmt.Sprintf("host ports of pod %s/%s", pod.Namespace, pod.Name),
			})
		}
	}
	return all
}

// hostNumbers returns the ports of the node that lead to the pod's ports, by
// these and by 80 and 443; none when neither HTTP nor HTTPS is among them.
func hostNumbers(pod *corev1.Pod) map[int32]int32 {
	numbers := map[int32]int32{}
	for _, container := range Containers(pod) {
		for _, p := range container.Ports {
			if p.HostPort == 0 || protocol(p.Protocol) != corev1.ProtocolTCP || p.HostIP != "" && p.HostIP != "0.0.0.0" && p.HostIP != "::" {
				continue
			}
			numbers[p.ContainerPort] = p.HostPort
			switch {
			case p.HostPort == 80 || p.Name == "http" || p.Name == "web":
				numbers[80] = p.HostPort
			case p.HostPort == 443 || p.Name == "https" || p.Name == "websecure":
				numbers[443] = p.HostPort
			}
		}
	}
	if numbers[80] == 0 && numbers[443] == 0 {
		return nil
	}
	return numbers
}
