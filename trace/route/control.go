package route

import (
	"strings"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// Controls returns what is asked from every vantage inside the cluster beside the
// targets: the API server, at the address that pods know, and its name in the
// cluster's DNS. A vantage that reaches neither is cut off, and what fails from
// there says nothing about a target.
func Controls(apiServer string) []Route {
	record := wire.RecordA
	if strings.HasPrefix(apiServer, "[") {
		record = wire.RecordAAAA
	}
	all := []Route{{
		Kind: Control, Port: -1, Group: 1, Endpoint: -1, Protocol: wire.DNS, Address: "kubernetes.default.svc",
		Lookup: &wire.Lookup{Name: "kubernetes.default.svc", Type: record},
		Source: "the name of the API server, which every cluster's DNS has",
	}}
	if apiServer != "" {
		all = append(all, Route{
			Kind: Control, Port: -1, Group: 2, Endpoint: -1, Protocol: wire.HTTPS, Address: apiServer, Path: "/",
			Host: "kubernetes.default.svc", Source: "spec.clusterIP of service default/kubernetes",
		})
	}
	return all
}
