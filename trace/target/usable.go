package target

import (
	"net/netip"
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// Usable returns the endpoints to which kube-proxy on the node may send the
// internal traffic of one Service port and address family, in the order of
// [Target.Endpoints]. It repeats the rule of kube-proxy
// (k8s.io/kubernetes/pkg/proxy/topology.go, CategorizeEndpoints): the ready
// endpoints, or, when there is none, those that still serve while they
// terminate; under internalTrafficPolicy Local of the node's own only; else
// those hinted to the node or its zone, when every ready endpoint has a hint
// and one of them matches.
func (t *Target) Usable(port Port, ipv6 bool, node string) []Endpoint {
	candidates := slices.DeleteFunc(slices.Clone(t.Endpoints), func(e Endpoint) bool {
		_, ok := e.socket(port, ipv6)
		return !ok
	})
	local := t.LocalOnly()
	if local {
		candidates = slices.DeleteFunc(candidates, func(e Endpoint) bool { return e.Node != node })
	}
	ready := slices.DeleteFunc(slices.Clone(candidates), func(e Endpoint) bool { return !e.Ready })
	if len(ready) == 0 {
		return slices.DeleteFunc(candidates, func(e Endpoint) bool { return !e.Serving || !e.Terminating })
	}
	if local {
		return ready
	}
	return t.hinted(ready, port, ipv6, node)
}

// Backed reports whether kube-proxy on any node may send traffic of the port and
// address family to some endpoint.
func (t *Target) Backed(port Port, ipv6 bool) bool {
	return slices.ContainsFunc(t.Endpoints, func(e Endpoint) bool {
		_, ok := e.socket(port, ipv6)
		return ok && (e.Ready || e.Serving && e.Terminating)
	})
}

// hinted narrows the ready endpoints down by topology hints: by node before by
// zone, as kube-proxy prefers them.
func (t *Target) hinted(ready []Endpoint, port Port, ipv6 bool, node string) []Endpoint {
	var zone string
	if n := t.Node(node); n != nil {
		zone = n.Labels[corev1.LabelTopologyZone]
	}
	byNode := func(s Socket) []string { return s.Nodes }
	byZone := func(s Socket) []string { return s.Zones }
	if near := hintedBy(ready, port, ipv6, node, byNode); len(near) > 0 {
		return near
	}
	if near := hintedBy(ready, port, ipv6, zone, byZone); zone != "" && len(near) > 0 {
		return near
	}
	return ready
}

// hintedBy returns the endpoints hinted to the place, or none when one of them
// has no hint of this kind at all: then hints do not count.
func hintedBy(ready []Endpoint, port Port, ipv6 bool, place string, hints func(Socket) []string) []Endpoint {
	var near []Endpoint
	for _, e := range ready {
		socket, _ := e.socket(port, ipv6)
		places := hints(socket)
		if len(places) == 0 {
			return nil
		}
		if slices.Contains(places, place) {
			near = append(near, e)
		}
	}
	return near
}

// socket returns the endpoint's socket of the port in the address family.
func (e Endpoint) socket(port Port, ipv6 bool) (Socket, bool) {
	for _, s := range e.Socketed(port) {
		if IPv6(s.Address) == ipv6 {
			return s, true
		}
	}
	return Socket{}, false
}

// IPv6 reports whether the address is one of IPv6.
func IPv6(address string) bool {
	parsed, err := netip.ParseAddr(address)
	return err == nil && parsed.Is6()
}

// LocalOnly reports whether the Service's ClusterIP leads only to endpoints on
// the client's own node.
func (t *Target) LocalOnly() bool {
	policy := t.Service.Spec.InternalTrafficPolicy
	return policy != nil && *policy == corev1.ServiceInternalTrafficPolicyLocal
}

// ClusterIPs returns the Service's virtual addresses, one for each address
// family. Headless Services and those of type ExternalName have none.
func (t *Target) ClusterIPs() []string {
	addresses := slices.Clone(t.Service.Spec.ClusterIPs)
	if len(addresses) == 0 {
		addresses = []string{t.Service.Spec.ClusterIP}
	}
	return slices.DeleteFunc(addresses, func(a string) bool { return a == "" || a == corev1.ClusterIPNone })
}

// HasFamily reports whether the Service has addresses of the family.
func (t *Target) HasFamily(ipv6 bool) bool { return hasFamily(t.Service, ipv6) }

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

// HostsReady reports whether the node hosts an endpoint to which kube-proxy may
// send traffic of the port and address family from outside under
// externalTrafficPolicy Local: a ready one, or, when it has none, one that still
// serves while it terminates.
func (t *Target) HostsReady(node string, port Port, ipv6 bool) bool {
	return slices.ContainsFunc(t.Endpoints, func(e Endpoint) bool {
		_, ok := e.socket(port, ipv6)
		return ok && e.Node == node && (e.Ready || e.Serving && e.Terminating)
	})
}
