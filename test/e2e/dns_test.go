package e2e

import (
	"fmt"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/e2e/internal/harness"
)

// The cluster's DNS is gone: names do not resolve, and all that needs none works.
// The test takes the cluster for itself.
func TestDNSDead(t *testing.T) {
	harness.Setup(t).OwnCluster(t)
	n := smallShop(t)
	replicas := n.Must("-n", "kube-system", "get", "deployment", "coredns", "-o", "jsonpath={.spec.replicas}")
	scale := func(to string) {
		n.Must("-n", "kube-system", "scale", "deployment", "coredns", "--replicas="+to)
		n.WaitFor("-n kube-system rollout status deployment/coredns")
	}
	n.AtEnd("-n", "kube-system", "scale", "deployment", "coredns", "--replicas="+replicas)
	scale("0")
	n.Eventually("no DNS server is left", func() error {
		if left := n.Must("-n", "kube-system", "get", "pods", "-l", "k8s-app=kube-dns", "-o", "name"); left != "" {
			return fmt.Errorf("there is still %s", left)
		}
		return nil
	})

	got := traced(t, n, 2, "svc/web", "--timeout", "1s")
	if got.Verdict.Status != "broken" || got.Verdict.Layer != "dns" || len(got.Findings) != 1 || got.Findings[0].Name != "dns-no-answer" || got.Findings[0].Status != "confirmed" {
		t.Errorf("verdict %s at %q with findings %v, want broken at dns and dns-no-answer", got.Verdict.Status, got.Verdict.Layer, got.Findings)
	}
	wantVerdicts(t, got, "pod", "healthy")
	wantVerdicts(t, got, "clusterip", "healthy")
	wantVerdicts(t, got, "dns", "broken")

	scale(replicas)
	n.Eventually("names resolve again", func() error {
		if r := n.Nettrace("svc/web", "--requests", "3"); r.Code != 0 {
			return fmt.Errorf("exit code %d", r.Code)
		}
		return nil
	})
}
