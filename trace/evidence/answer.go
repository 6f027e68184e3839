package evidence

import (
	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
)

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
