package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/e2e/internal/harness"
	"github.com/kubectl-nettrace/kubectl-nettrace/test/e2e/internal/scenario"
)

// Packets of full size get lost on their way from one node's pods to another's,
// as under a wrong MTU: small requests are answered, large ones are not.
func TestLargePacketsDroppedBetweenNodes(t *testing.T) {
	t.Parallel()
	harness.Setup(t).OwnCluster(t)
	n := healthyShop(t)
	to := n.Endpoints("web")[0]
	from := another(t, n, to.Node)
	table := n.Name
	n.Lab("exec", to.Node, "--", "nft", "add", "table", "inet", table)
	heal := n.Mend("exec", to.Node, "--", "nft", "delete", "table", "inet", table)
	n.Lab("exec", to.Node, "--", "nft", "add chain inet "+table+" lose { type filter hook forward priority -300; }")
	for _, network := range strings.Fields(n.Must("get", "node", from, "-o", "jsonpath={.spec.podCIDRs[*]}")) {
		family := "ip"
		if strings.Contains(network, ":") {
			family = "ip6"
		}
		for _, e := range n.Endpoints("web") {
			for _, socket := range e.Sockets {
				pod := strings.Trim(socket[:strings.LastIndex(socket, ":")], "[]")
				if e.Node == to.Node && strings.Contains(pod, ":") == (family == "ip6") {
					n.Lab("exec", to.Node, "--", "nft", "add", "rule", "inet", table, "lose",
						family, "saddr", network, family, "daddr", pod, "meta", "length", ">", "1400", "drop")
				}
			}
		}
	}

	args := []string{"svc/web", "--requests=20"} // kept to, so that two runs can be compared
	want := largeLost(from, to.Node)
	got := traced(t, n, 2, args...)
	if err := scenario.Compare(want, truth(n, "web"), got); err != nil {
		t.Errorf("with large packets lost between %s and %s:\n%v", from, to.Node, err)
	}
	if err := checkTable(n.Nettrace(args...), want, got); err != nil {
		t.Errorf("the table:\n%v", err)
	}

	heal()
	if healed := traced(t, n, 0, args...); healed.Verdict.Status != "healthy" || len(healed.Findings) > 0 {
		t.Errorf("once the rules are gone: verdict %s with %v", healed.Verdict.Status, healed.Findings)
	}
}

// another returns a node that is not this one.
func another(t *testing.T, n *harness.Namespace, node string) string {
	t.Helper()
	for _, other := range nodes(n) {
		if other != node {
			return other
		}
	}
	t.Fatal("the cluster has one node only")
	return ""
}

// largeLost is what to expect when only large requests from one node's pods to
// another's get lost.
func largeLost(from, to string) scenario.Expect {
	way := fmt.Sprintf("from %s to %s", from, to)
	return scenario.Expect{
		Exit: 2, Verdict: "degraded", Layer: "pod",
		Findings: []scenario.Finding{{
			Name: "large-packets-dropped", Severity: "error", Status: "confirmed",
			Summary:  "large requests get no answer " + way + ", although small ones do",
			Evidence: []string{"large requests, of 4000 bytes more: ", "from " + from + ": timeout x2", "small requests: ", "from " + from + ": 10 of 10 answered", "large requests: "},
			Fix:      []string{"compare the MTU"},
		}},
		Cells: []scenario.Cells{
			{Kind: "pod", Verdict: "healthy", By: "itself", Sent: 10},
			{Kind: "pod", Large: true, From: "own", Verdict: "healthy", By: "itself", Sent: 2, Optional: true},
			{Kind: "pod", Large: true, Vantage: "pod@" + from, Verdict: "broken", By: "nobody", Failures: []string{"timeout"}, Sent: 2},
			{Kind: "pod", Large: true, Verdict: "healthy", By: "itself", Sent: 2},
			{Kind: "clusterip", Verdict: "healthy", By: "pods", Sent: 20},
			{Kind: "dns", Verdict: "healthy"},
			{Kind: "nodeport", Verdict: "healthy", By: "pods", Sent: 20},
		},
		Says: []string{way, "large requests, of 4000 bytes more"},
	}
}
