package cluster

import (
	"context"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/fabric"
)

func (b *booting) layNetwork(context.Context) error {
	return fabric.Build(b.Namespace(bridge), plan(b.state), b.hosts())
}

// hosts are all machines of the cluster. Each that has to do with pods gets
// routes to their networks: what a cloud's network, or a plugin like flannel
// in its host-gw mode, sets up.
func (b *booting) hosts() []fabric.Host {
	addresses := plan(b.state)
	hosts := []fabric.Host{
		{Name: controlPlane, Addresses: addresses.ControlPlane(), Routes: b.podRoutes("")},
		{Name: client, Addresses: addresses.Client()},
		{Name: loadBalancer, Addresses: addresses.Balancer(), Routes: b.podRoutes("")},
	}
	for _, one := range b.state.Nodes {
		hosts = append(hosts, fabric.Host{
			Name: one.Name, Addresses: addresses.Node(one.Number), Forwards: true, Routes: b.podRoutes(one.Name),
		})
	}
	for n := range hosts {
		hosts[n].Namespace = b.Namespace(hosts[n].Name)
	}
	return hosts
}

func (b *booting) podRoutes(except string) []fabric.Route {
	var routes []fabric.Route
	for _, one := range b.Nodes(b.state) {
		if one.Name != except {
			routes = append(routes, fabric.Route{To: one.Pods(), Via: one.Addresses()})
		}
	}
	return routes
}
