package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/e2e/internal/harness"
)

// TestLost has packets get lost at one place each, as no manifest can, and looks for
// what the report says of it; and that it says nothing once all is mended.
func TestLost(t *testing.T) {
	t.Parallel()
	harness.Setup(t).OwnCluster(t)
	for finding, test := range map[string]struct {
		kind    string // of the Service
		outside bool
		lose    func(n *harness.Namespace) (node, hook string, rules []string)
		layer   string
		says    string
	}{
		// A firewall on one node.
		"nodeport-closed-on-node": {"NodePort", false, func(n *harness.Namespace) (string, string, []string) {
			port := n.Must("get", "service", "web", "-o", "jsonpath={.spec.ports[0].nodePort}")
			return n.Endpoints("web")[0].Node, "prerouting priority -300", []string{"tcp dport " + port + " drop"}
		}, "nodeport", "NODE"},
		// The tunnel between two nodes, in one direction.
		"pod-network-broken-between-nodes": {"ClusterIP", false, func(n *harness.Namespace) (string, string, []string) {
			from := n.Endpoints("web")[0].Node
			var rules []string
			for _, e := range n.Endpoints("web") {
				if e.Node == from {
					continue
				}
				for _, ip := range strings.Fields(n.Must("get", "pod", e.Name, "-o", "jsonpath={.status.podIPs[*].ip}")) {
					rules = append(rules, family(ip)+" daddr "+ip+" drop")
				}
			}
			return from, "forward priority 0", rules
		}, "pod", "from NODE"},
		// A load balancer that is dead, for a client outside.
		"load-balancer-unreachable": {"LoadBalancer", true, func(n *harness.Namespace) (string, string, []string) {
			var rules []string
			for _, ip := range strings.Fields(n.Must("get", "service", "web", "-o", "jsonpath={.status.loadBalancer.ingress[*].ip}")) {
				rules = append(rules, family(ip)+" daddr "+ip+" drop")
			}
			return "client", "output priority 0", rules
		}, "loadbalancer", "nothing answers at the load balancer"},
	} {
		t.Run(finding, func(t *testing.T) {
			t.Parallel()
			n := healthyShop(t)
			n.Must("patch", "service", "web", "-p", `{"spec":{"type":"`+test.kind+`"}}`)
			if test.kind == "LoadBalancer" {
				n.WaitFor("wait service web --for=jsonpath={.status.loadBalancer.ingress}")
			}
			node, hook, rules := test.lose(n)
			if len(rules) == 0 {
				t.Fatal("there is nothing to lose")
			}
			n.Lab("exec", node, "--", "nft", "add", "table", "inet", n.Name)
			heal := n.Mend("exec", node, "--", "nft", "delete", "table", "inet", n.Name)
			n.Lab("exec", node, "--", "nft", "add chain inet "+n.Name+" lose { type filter hook "+hook+"; }")
			for _, rule := range rules {
				n.Lab("exec", node, "--", "nft", "add rule inet "+n.Name+" lose "+rule)
			}

			run := n.Nettrace
			if test.outside {
				run = n.Outside
			}
			args := []string{"svc/web", "--timeout", "2s", "-o", "json"}
			got := parsed(t, run(args...), 2)
			says := strings.ReplaceAll(test.says, "NODE", node)
			if len(got.Findings) != 1 || got.Findings[0].Name != finding || got.Findings[0].Status != "confirmed" || !strings.Contains(got.Findings[0].Summary, says) || got.Verdict.Layer != test.layer {
				t.Errorf("broken at %s, findings %+v, want %s at %s: …%s…", got.Verdict.Layer, got.Findings, finding, test.layer, says)
			}
			heal()
			if healed := parsed(t, run(args...), 0); len(healed.Findings) > 0 {
				t.Errorf("once all is mended: %+v", healed.Findings)
			}
		})
	}
}

// family is how nft calls the kind of an address.
func family(ip string) string {
	if strings.Contains(ip, ":") {
		return "ip6"
	}
	return "ip"
}

// A route of another namespace names the Service, and no ReferenceGrant allows it.
func TestReferenceNotGranted(t *testing.T) {
	t.Parallel()
	n, other := smallShop(t), harness.New(t)
	other.Apply(strings.ReplaceAll(read(t, "testdata/granted.yaml"), "SHOP", n.Name))
	other.WaitFor("wait gateway edge --for=condition=Programmed", "wait httproute web --for=jsonpath={.status.parents}")
	args := []string{"svc/web", "-o", "json"}
	got := parsed(t, n.Outside(args...), 2)
	if len(got.Findings) != 1 || got.Findings[0].Name != "reference-not-granted" || got.Findings[0].Status != "confirmed" || got.Verdict.Layer != "gateway" {
		t.Errorf("broken at %s, findings %+v, want reference-not-granted at gateway", got.Verdict.Layer, got.Findings)
	}
	runFixes(t, n, got)
	n.Eventually("the route is served", func() error {
		if result := n.Outside(args...); result.Code != 0 {
			return fmt.Errorf("exit code %d", result.Code)
		}
		return nil
	})
}
