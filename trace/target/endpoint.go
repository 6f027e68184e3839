package target

import (
	"cmp"
	"slices"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/types"
)

// endpoints puts together what the EndpointSlices of one Service say. A pod
// stands in one slice per address family, and in several when its ports differ
// from those of other pods; here it is one endpoint with all its sockets.
func endpoints(list sliceList, pods []corev1.Pod) []Endpoint {
	byUID := map[types.UID]*corev1.Pod{}
	for i := range pods {
		byUID[pods[i].UID] = &pods[i]
	}
	delete(byUID, "") // a slice written by hand may leave the UID out
	found := map[string]*Endpoint{}
	for _, slice := range list {
		if slice.AddressType == discoveryv1.AddressTypeFQDN {
			continue // kube-proxy ignores these, too
		}
		for _, raw := range slice.Endpoints {
			if len(raw.Addresses) == 0 {
				continue
			}
			key := identity(raw)
			if found[key] == nil {
				found[key] = endpoint(raw, slice.Namespace, byUID)
				found[key].key = key
			}
			found[key].Sockets = append(found[key].Sockets, sockets(slice, raw)...)
			found[key].Addresses = append(found[key].Addresses, raw.Addresses[0])
		}
	}
	all := make([]Endpoint, 0, len(found))
	for _, e := range found {
		e.Sockets = distinct(e.Sockets)
		slices.Sort(e.Addresses)
		e.Addresses = slices.Compact(e.Addresses)
		all = append(all, *e)
	}
	slices.SortFunc(all, func(a, b Endpoint) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.key, b.key)) })
	return all
}

// identity tells endpoints apart: by pod where there is one, else by address.
func identity(raw discoveryv1.Endpoint) string {
	if ref := raw.TargetRef; ref != nil && ref.Kind == "Pod" {
		return "pod/" + cmp.Or(string(ref.UID), ref.Name)
	}
	return "address/" + raw.Addresses[0]
}

func endpoint(raw discoveryv1.Endpoint, namespace string, pods map[types.UID]*corev1.Pod) *Endpoint {
	e := &Endpoint{
		Name: raw.Addresses[0],
		// Kubernetes reads an unknown ready or serving as true
		// (k8s.io/api/discovery/v1, EndpointConditions).
		Ready:       raw.Conditions.Ready == nil || *raw.Conditions.Ready,
		Serving:     raw.Conditions.Serving == nil || *raw.Conditions.Serving,
		Terminating: raw.Conditions.Terminating != nil && *raw.Conditions.Terminating,
	}
	if raw.NodeName != nil {
		e.Node = *raw.NodeName
	}
	if raw.Zone != nil {
		e.Zone = *raw.Zone
	}
	if ref := raw.TargetRef; ref != nil && ref.Kind == "Pod" {
		e.Name = ref.Name
		e.Pod = pods[ref.UID]
		e.Missing = ref.UID != "" && e.Pod == nil && (ref.Namespace == "" || ref.Namespace == namespace)
	}
	return e
}

// sockets returns the sockets of one endpoint in one slice. Only the first
// address of an endpoint is ever used (EndpointSlice's own rule).
func sockets(slice discoveryv1.EndpointSlice, raw discoveryv1.Endpoint) []Socket {
	var made []Socket
	for _, port := range slice.Ports {
		if port.Port == nil || *port.Port == 0 {
			continue
		}
		socket := Socket{Address: raw.Addresses[0], Number: *port.Port, Protocol: corev1.ProtocolTCP}
		if port.Protocol != nil {
			socket.Protocol = protocol(*port.Protocol)
		}
		if port.Name != nil {
			socket.Port = *port.Name
		}
		if raw.Hints != nil {
			for _, zone := range raw.Hints.ForZones {
				socket.Zones = append(socket.Zones, zone.Name)
			}
			for _, node := range raw.Hints.ForNodes {
				socket.Nodes = append(socket.Nodes, node.Name)
			}
		}
		made = append(made, socket)
	}
	return made
}

// distinct removes what two slices say alike: while slices are rebalanced an
// endpoint stands in both for a moment. IPv4 comes first.
func distinct(all []Socket) []Socket {
	slices.SortStableFunc(all, func(a, b Socket) int {
		return cmp.Or(cmp.Compare(a.Port, b.Port), cmp.Compare(family(a), family(b)), cmp.Compare(a.Address, b.Address),
			cmp.Compare(a.Number, b.Number), cmp.Compare(a.Protocol, b.Protocol))
	})
	return slices.CompactFunc(all, func(a, b Socket) bool {
		return a.Port == b.Port && a.Address == b.Address && a.Number == b.Number && a.Protocol == b.Protocol
	})
}

func family(s Socket) int {
	if IPv6(s.Address) {
		return 6
	}
	return 4
}
