package e2e

import (
	"github.com/kubectl-nettrace/kubectl-nettrace/test/e2e/internal/harness"
	"github.com/kubectl-nettrace/kubectl-nettrace/test/e2e/internal/scenario"
)

// truth asks the cluster, without the plugin, what the target is.
func truth(n *harness.Namespace, service string) scenario.Truth {
	var t scenario.Truth
	for _, e := range n.Endpoints(service) {
		t.Endpoints = append(t.Endpoints, scenario.Endpoint(e))
	}
	t.ClusterIPs, t.NodePorts = n.ServiceAddresses(service)
	return t
}

func names(t scenario.Truth) []string {
	var names []string
	for _, e := range t.Endpoints {
		names = append(names, e.Name)
	}
	return names
}
