package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/e2e/internal/harness"
)

// A Gateway's proxy hands requests to two Services by weights of 1 and 2. Then what it
// sends to the pods of the one reaches those of the other, as if it minded no weights.
func TestWeightsNotHonoured(t *testing.T) {
	t.Parallel()
	harness.Setup(t).OwnCluster(t)
	n := harness.New(t)
	n.Apply(read(t, "../scenarios/gateway-weights/manifest.yaml"))
	n.WaitFor("rollout status deployment/web", "rollout status deployment/canary", "wait gateway shop --for=condition=Programmed")
	n.WaitForEndpoints("web", 2, 0)
	n.WaitForEndpoints("canary", 2, 0)
	args := []string{"svc/web", "--requests", "60", "--expect", "weights=1/2±25"}
	if honoured := traced(t, n, 0, args...); len(honoured.Findings) > 0 {
		t.Fatalf("before: findings %+v", honoured.Findings)
	}

	proxy := strings.Fields(n.Must("get", "pods", "-n", "traefik", "-l", "app=traefik", "-o", "jsonpath={.items[*].spec.nodeName} {.items[*].status.podIP}"))
	if len(proxy) != 2 {
		t.Fatalf("node and address of the proxy's pod are %q, want one of each", proxy)
	}
	node, table := proxy[0], n.Name
	address := func(service string, i int) string {
		return n.Must("get", "pod", n.Endpoints(service)[i].Name, "-o", "jsonpath={.status.podIP}")
	}
	renew := func() { // the proxy keeps connections to the pods that it knows
		n.Must("rollout", "restart", "deployment/canary")
		n.WaitFor("rollout status deployment/canary")
		n.WaitForEndpoints("canary", 2, 0)
	}
	renew()
	n.Lab("exec", node, "--", "nft", "add", "table", "ip", table)
	heal := n.Mend("exec", node, "--", "nft", "delete", "table", "ip", table)
	n.Lab("exec", node, "--", "nft", "add chain ip "+table+" turn { type nat hook prerouting priority -110; }")
	for i := range 2 {
		n.Lab("exec", node, "--", "nft", fmt.Sprintf("add rule ip %s turn ip saddr %s ip daddr %s tcp dport 8080 dnat to %s:8080", table, proxy[1], address("canary", i), address("web", i)))
	}

	got := traced(t, n, 2, args...)
	if len(got.Findings) != 1 || got.Findings[0].Name != "weights-not-honoured" || got.Findings[0].Status != "confirmed" {
		t.Errorf("findings %+v, want weights-not-honoured alone", got.Findings)
	}
	heal()
	renew()
	if healed := traced(t, n, 0, args...); len(healed.Findings) > 0 {
		t.Errorf("once the rules are gone: findings %+v", healed.Findings)
	}
}
