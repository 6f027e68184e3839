package e2e

import (
	"fmt"
	"strings"
	"testing"
)

// One of three pods is not reached by the proxy, which waits for it and then asks
// another one, as ingress-nginx does: all answers are good, and some are late.
func TestHiddenRetries(t *testing.T) {
	t.Parallel()
	n := ownTraefik(t, "json")
	n.Must("patch", "ingress", "mixed", "--type=json", "-p", `[{"op":"replace","path":"/spec/rules/0/http/paths/0/backend/service","value":{"name":"alike","port":{"name":"http"}}}]`)
	n.Must("delete", "ingress", "plain-alike") // which asks no other
	n.Must("annotate", "ingress", "mixed", "nginx.ingress.kubernetes.io/proxy-connect-timeout=1")
	victim := n.Endpoints("alike")[0]
	address := n.Must("get", "pod", victim.Name, "-o", "jsonpath={.status.podIP}")
	n.Lab("exec", victim.Node, "--", "nft", "add", "table", "ip", n.Name)
	heal := n.Mend("exec", victim.Node, "--", "nft", "delete", "table", "ip", n.Name)
	n.Lab("exec", victim.Node, "--", "nft", "add chain ip "+n.Name+" lose { type filter hook forward priority 0; }")
	for _, proxy := range strings.Fields(n.Must("get", "pods", "-l", "app=traefik", "-o", "jsonpath={.items[*].status.podIP}")) {
		n.Lab("exec", victim.Node, "--", "nft", fmt.Sprintf("add rule ip %s lose ip saddr %s ip daddr %s tcp dport 8080 drop", n.Name, proxy, address))
	}

	// With one at a time from each place, the pod whose turn is next is always another one.
	r := asked(t, n, "alike", "--requests", "30", "--concurrency", "3")
	if r.Verdict.Status != "healthy" || len(r.Findings) != 1 || r.Findings[0].Name != "hidden-retries" || r.Findings[0].Status != "unverified" || !strings.Contains(fmt.Sprint(r.Findings[0].Evidence), "no answer is from "+victim.Name) {
		t.Errorf("verdict %+v, findings %+v, want hidden-retries, and that no answer is from %s", r.Verdict, r.Findings, victim.Name)
	}
	heal()
	if r := asked(t, n, "alike", "--requests", "30"); r.Verdict.Status != "healthy" || len(r.Findings) > 0 {
		t.Errorf("once all is mended: verdict %+v, findings %+v", r.Verdict, r.Findings)
	}
}
