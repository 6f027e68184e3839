package scenario

import (
	"fmt"
	"strings"
)

// Fault is one that no manifest makes, and the finding that its test demands.
type Fault struct{ What, Finding, Test string }

// Faults are those that tests of their own make.
func Faults() []Fault {
	return []Fault{
		{"packets to a ClusterIP are dropped on one node", "clusterip-broken-on-node", "TestClusterIPDroppedOnOneNode"},
		{"kube-proxy has died on one node, and then a Service is made", "clusterip-broken-on-node", "TestKubeProxyDeadOnOneNode"},
		{"kube-proxy has died on one node, and then a pod is added", "silent-endpoint", "TestSilentEndpoint"},
		{"kube-proxy has died on one node, and then a pod is no longer ready", "stale-rules", "TestStaleRules"},
		{"half of a node's requests go to one pod before kube-proxy sees them", "uneven-spread", "TestUneven"},
		{"all of a node's requests go to one pod", "sticky-without-affinity", "TestUneven"},
		{"the NodePort is dropped on one node", "nodeport-closed-on-node", "TestLost"},
		{"packets from one node to pods on another are dropped", "pod-network-broken-between-nodes", "TestLost"},
		{"packets of full size are dropped between two nodes", "large-packets-dropped", "TestLargePacketsDroppedBetweenNodes"},
		{"packets to the load balancer are dropped", "load-balancer-unreachable", "TestLost"},
		{"no DNS server is left", "dns-no-answer", "TestDNSDead"},
		{"the DNS has another address for the Service", "dns-wrong-address", "TestDNSWrong"},
		{"the DNS knows one pod of two of a headless Service", "headless-dns-mismatch", "TestDNSWrong"},
		{"a route of another namespace names the Service", "reference-not-granted", "TestReferenceNotGranted"},
		{"a Gateway's proxy gives one Service what is meant for two", "weights-not-honoured", "TestWeightsNotHonoured"},
		{"an Ingress's proxy does not reach one of three pods, and tries the next after a second", "hidden-retries", "TestHiddenRetries"},
		{"pods are added and removed while requests are sent", "endpoints-changed", "TestEndpointsChange"},
	}
}

// FaultTable says in Markdown what the faults are.
func FaultTable(all []Fault) string {
	var text strings.Builder
	text.WriteString("| fault | finding | test |\n| --- | --- | --- |\n")
	for _, f := range all {
		fmt.Fprintf(&text, "| %s | `%s` | %s |\n", f.What, f.Finding, f.Test)
	}
	return text.String()
}
