package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/e2e/internal/harness"
)

// One pod gets more of the requests to the ClusterIP than kube-proxy would give it, on
// one node only: half of them go to it before kube-proxy sees them, or all.
func TestUneven(t *testing.T) {
	t.Parallel()
	harness.Setup(t).OwnCluster(t)
	for name, test := range map[string]struct{ choose, finding, says string }{
		"half of them first": {"numgen random mod 2 0", "uneven-spread", "%s got "},
		"all of them":        {"", "sticky-without-affinity", "%s answered all "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := healthyShop(t)
			favoured := n.Endpoints("web")[0]
			clusterIP := n.Must("get", "service", "web", "-o", "jsonpath={.spec.clusterIP}")
			node := favoured.Node
			table := n.Name
			n.Lab("exec", node, "--", "nft", "add", "table", "ip", table)
			heal := n.Mend("exec", node, "--", "nft", "delete", "table", "ip", table)
			// Before kube-proxy's own rules, which hook in at -100.
			n.Lab("exec", node, "--", "nft", "add chain ip "+table+" prefer { type nat hook prerouting priority -110; }")
			n.Lab(append([]string{"exec", node, "--", "nft", "add", "rule", "ip", table, "prefer", "ip", "daddr", clusterIP, "tcp", "dport", "80"},
				append(strings.Fields(test.choose), "dnat", "to", n.Must("get", "pod", favoured.Name, "-o", "jsonpath={.status.podIP}")+":8080")...)...)

			args := []string{"svc/web", "--from", node, "--requests", "120"}
			got := traced(t, n, 0, args...)
			want := fmt.Sprintf(test.says, favoured.Name)
			if len(got.Findings) != 1 || got.Findings[0].Name != test.finding || got.Findings[0].Status != "confirmed" || !strings.HasPrefix(got.Findings[0].Summary, want) {
				t.Errorf("findings %+v, want %s alone: %s…", got.Findings, test.finding, want)
			}
			heal()
			if healed := traced(t, n, 0, args...); len(healed.Findings) > 0 {
				t.Errorf("once the rule is gone: %+v", healed.Findings)
			}
		})
	}
}
