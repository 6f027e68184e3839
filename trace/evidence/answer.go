package evidence

import (
	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
)

// Identities returns what answers may call the endpoints that are known, the
// target's own and then its neighbours, in the order of target.Endpoint. A string that would name two of them (pods in the
// host's network share its address and name) is left out, because it tells
// nothing.
func Identities(t *target.Target) []wire.Endpoint {
	owners := map[string]int{}
	all := make([][]wire.Identity, t.Known())
	for i := range all {
		all[i] = identities(t.Endpoint(i))
		mine := map[string]bool{}
		for _, identity := range all[i] {
			if !mine[identity.Value] {
				mine[identity.Value] = true
				owners[identity.Value]++
			}
		}
	}
	endpoints := make([]wire.Endpoint, len(all))
	for i := range all {
		endpoints[i].ID = i + 1
		for _, identity := range all[i] {
			if owners[identity.Value] == 1 {
				endpoints[i].Identities = append(endpoints[i].Identities, identity)
			}
		}
	}
	return endpoints
}

func identities(endpoint target.Endpoint) []wire.Identity {
	var all []wire.Identity
	add := func(kind wire.IdentityKind, value string) {
		if value != "" {
			all = append(all, wire.Identity{Kind: kind, Value: value})
		}
	}
	if pod := endpoint.Pod; pod != nil {
		add(wire.IdentityName, pod.Name)
		add(wire.IdentityUID, string(pod.UID))
		switch {
		case pod.Spec.HostNetwork:
			add(wire.IdentityHostname, pod.Spec.NodeName)
		case pod.Spec.Hostname != pod.Name:
			add(wire.IdentityHostname, pod.Spec.Hostname)
		}
	}
	seen := map[string]bool{}
	for _, socket := range endpoint.Sockets {
		if !seen[socket.Address] {
			seen[socket.Address] = true
			add(wire.IdentityIP, socket.Address)
		}
	}
	return all
}
