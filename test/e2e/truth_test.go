package e2e

import (
	"fmt"
	"strings"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/e2e/internal/harness"
	"github.com/kubectl-nettrace/kubectl-nettrace/test/e2e/internal/scenario"
)

// truth asks the cluster, without the plugin, what the target is.
func truth(n *harness.Namespace, service string) scenario.Truth {
	var t scenario.Truth
	for _, e := range n.Endpoints(service) {
		t.Endpoints = append(t.Endpoints, scenario.Endpoint(e))
	}
	a := n.ServiceAddresses(service)
	t.ClusterIPs, t.NodePorts, t.LoadBalancers = a.ClusterIPs, a.NodePorts, a.LoadBalancers
	for _, l := range a.Lookups {
		t.Lookups = append(t.Lookups, scenario.Lookup(l.Name, l.Want))
	}
	return t
}

func names(t scenario.Truth) []string {
	var names []string
	for _, e := range t.Endpoints {
		names = append(names, e.Name)
	}
	return names
}

// handMadeSlice returns the manifest of an EndpointSlice for the Service with
// the addresses of pods, and no word of the pods themselves.
func handMadeSlice(n *harness.Namespace, service string, s scenario.Slice) string {
	ips := strings.Fields(n.Must("get", "pods", "-l", s.Selector, "-o", "jsonpath={.items[*].status.podIP}"))
	family, endpoints := "IPv4", ""
	for _, ip := range ips {
		if strings.Contains(ip, ":") {
			family = "IPv6"
		}
		endpoints += fmt.Sprintf("- {addresses: [%q]}\n", ip)
	}
	return fmt.Sprintf(`apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  name: %[1]s-by-hand
  labels: {kubernetes.io/service-name: %[1]s}
addressType: %s
ports:
- {name: "", port: %d, protocol: TCP}
endpoints:
%s`, service, family, s.Port, endpoints)
}
