package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/e2e/internal/harness"
)

// The cluster's DNS is gone: names do not resolve, and all else works. The test
// takes the cluster for itself.
func TestDNSDead(t *testing.T) {
	harness.Setup(t).OwnCluster(t)
	n := healthyShop(t)
	replicas := strings.TrimSpace(n.Must("--namespace", "kube-system", "get", "deployment", "coredns", "-o", "jsonpath={.spec.replicas}"))
	scale := func(to string) {
		n.Must("--namespace", "kube-system", "scale", "deployment", "coredns", "--replicas="+to)
	}
	n.AtEnd("--namespace", "kube-system", "scale", "deployment", "coredns", "--replicas="+replicas)
	scale("0")
	n.Must("--namespace", "kube-system", "wait", "pod", "-l", "k8s-app=kube-dns", "--for=delete", "--timeout=60s")

	r := traced(t, n, 2, "svc/web", "--timeout", "2s")
	if r.Verdict.Status != "broken" || r.Verdict.Layer != "dns" {
		t.Errorf("verdict %s at %q, want broken at dns", r.Verdict.Status, r.Verdict.Layer)
	}
	wantVerdicts(t, r, "pod", "healthy")
	wantVerdicts(t, r, "clusterip", "healthy")
	wantVerdicts(t, r, "nodeport", "healthy")
	wantVerdicts(t, r, "dns", "broken")
	if len(r.Findings) != 1 || r.Findings[0].Name != "dns-no-answer" || r.Findings[0].Status != "confirmed" {
		t.Errorf("findings %+v, want dns-no-answer alone", r.Findings)
	}

	scale(replicas)
	n.Must("--namespace", "kube-system", "rollout", "status", "deployment/coredns", "--timeout=60s")
	n.Eventually("names resolve again", func() error {
		if r := n.Nettrace("svc/web", "--via", "dns"); r.Code != 0 && r.Code != 3 {
			return fmt.Errorf("exit code %d", r.Code)
		}
		return nil
	})
}

// An Ingress whose default backend is the target serves every request that no
// rule takes. The test takes the cluster for itself: other tests count on a 404.
func TestDefaultBackend(t *testing.T) {
	harness.Setup(t).OwnCluster(t)
	n := harness.New(t)
	n.Apply(strings.ReplaceAll(read(t, "testdata/targets.yaml"), "kind: GRPCRoute", "kind: HTTPRoute"))
	n.Must("delete", "ingress", "front")
	n.Apply(`{"apiVersion":"networking.k8s.io/v1","kind":"Ingress","metadata":{"name":"rest"},"spec":{"ingressClassName":"traefik","defaultBackend":{"service":{"name":"web","port":{"number":80}}}}}`)
	n.WaitFor("rollout status deployment/web", "wait ingress rest --for=jsonpath={.status.loadBalancer.ingress}")
	n.WaitForEndpoints("web", 1, 0)
	r := parsed(t, n.Outside("ingress/rest", "--via", "ingress", "-o", "json"), 0)
	wantVerdicts(t, r, "ingress", "healthy")
	n.Must("delete", "ingress", "rest")
}
