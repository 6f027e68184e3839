package balancer

import (
	"cmp"
	"net/netip"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/fabric"
)

// Annotations of Services that make this load balancer behave like one of
// those that are different.
const (
	// ignoreAnnotation is "true" where the Service shall wait for ever, as in
	// a cluster that has no load balancer.
	ignoreAnnotation = "lab.nettrace.test/ignore"
	// modeAnnotation is "Proxy" where pods shall not short-cut the address.
	modeAnnotation = "lab.nettrace.test/ip-mode"
	// hostnameAnnotation is "true" where the status shall have a name only.
	hostnameAnnotation = "lab.nettrace.test/hostname"
	// proxyProtocolAnnotation is "v1" or "v2" where each connection to a node
	// shall begin with a header that names the client.
	proxyProtocolAnnotation = "lab.nettrace.test/proxy-protocol"
)

// asksFor tells whether the Service asks this load balancer, not another one.
func asksFor(service *corev1.Service) bool {
	return service.Spec.Type == corev1.ServiceTypeLoadBalancer &&
		service.Spec.LoadBalancerClass == nil &&
		service.Annotations[ignoreAnnotation] != "true"
}

// portsOf returns the Service's ports that HAProxy can serve: it knows no UDP,
// and needs a NodePort to pass connections to.
func portsOf(service *corev1.Service) []corev1.ServicePort {
	var ports []corev1.ServicePort
	for _, port := range service.Spec.Ports {
		if port.Protocol == corev1.ProtocolTCP && port.NodePort != 0 {
			ports = append(ports, port)
		}
	}
	return ports
}

// asking returns the Services to serve, the oldest first.
func asking(services []*corev1.Service) []*corev1.Service {
	var found []*corev1.Service
	for _, service := range services {
		if asksFor(service) && len(portsOf(service)) > 0 {
			found = append(found, service)
		}
	}
	slices.SortFunc(found, func(a, b *corev1.Service) int {
		return cmp.Or(
			a.CreationTimestamp.Compare(b.CreationTimestamp.Time),
			cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name),
		)
	})
	return found
}

// of returns the one of the addresses that is of the given family.
func of(family corev1.IPFamily, addresses fabric.Addresses) netip.Addr {
	if family == corev1.IPv6Protocol {
		return addresses.V6
	}
	return addresses.V4
}
