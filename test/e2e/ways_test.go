package e2e

import (
	"fmt"
	"slices"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/e2e/internal/harness"
	"github.com/kubectl-nettrace/kubectl-nettrace/test/e2e/internal/report"
)

// verdicts returns the different verdicts of the cells of a kind, contrast aside.
func verdicts(r *report.Report, kind string) []string {
	var all []string
	for _, c := range r.Cells {
		if c.Kind == kind && !c.Contrast && !slices.Contains(all, c.Verdict) {
			all = append(all, c.Verdict)
		}
	}
	return all
}

func wantVerdicts(t *testing.T, r *report.Report, kind string, want ...string) {
	t.Helper()
	if is := verdicts(r, kind); !slices.Equal(is, want) {
		t.Errorf("cells of kind %s are %v, want %v", kind, is, want)
	}
}

// The load balancer is dead: its addresses fail, and all that lies below works.
// The test takes the cluster for itself.
func TestLoadBalancerDead(t *testing.T) {
	harness.Setup(t).OwnCluster(t)
	n := harness.New(t)
	n.Apply(read(t, "../scenarios/load-balancer-outside/manifest.yaml"))
	n.WaitFor("rollout status deployment/web", "wait service web --for=jsonpath={.status.loadBalancer.ingress}")
	n.WaitForEndpoints("web", 2, 0)
	start := n.Mend("start", "balancer", "haproxy")
	n.Lab("stop", "balancer", "haproxy")

	r := parsed(t, n.Outside("svc/web", "-o", "json"), 2)
	if r.Verdict.Status != "broken" && r.Verdict.Status != "degraded" || r.Verdict.Layer != "loadbalancer" {
		t.Errorf("verdict %s at %q, want it to be the load balancer's", r.Verdict.Status, r.Verdict.Layer)
	}
	wantVerdicts(t, r, "pod", "healthy")
	wantVerdicts(t, r, "nodeport", "healthy")
	wantVerdicts(t, r, "loadbalancer", "broken")

	start()
	n.Eventually("the load balancer serves again", func() error {
		if r := n.Outside("svc/web", "--via", "loadbalancer"); r.Code != 0 {
			return fmt.Errorf("exit code %d", r.Code)
		}
		return nil
	})
}

// A NetworkPolicy lets in nobody but pods of one label: strangers are blocked,
// and a run that sends like such a pod gets through.
func TestLikeIsLetThroughByPolicy(t *testing.T) {
	t.Parallel()
	harness.Setup(t).OwnCluster(t)
	n := healthyShop(t)
	n.Apply(read(t, "testdata/like.yaml"))
	n.WaitFor("wait pod friend --for=condition=Ready",
		"wait networkpolicy friends --for=jsonpath={.metadata.annotations.lab\\.nettrace\\.test/enforced}=1")

	stranger := traced(t, n, 2, "svc/web", "--timeout", "1s", "--via", "clusterip")
	wantVerdicts(t, stranger, "clusterip", "broken")
	friend := traced(t, n, 0, "svc/web", "--like", "pod/friend", "--via", "clusterip")
	wantVerdicts(t, friend, "clusterip", "healthy")
	wantVerdicts(t, friend, "pod", "healthy")
}

// The network of a node is a vantage, from which the pods and the ClusterIP are
// asked, and names are not: a node asks other servers for them.
func TestVantageOfNode(t *testing.T) {
	t.Parallel()
	n := healthyShop(t)
	n.Must("label", "namespace", n.Name, "pod-security.kubernetes.io/enforce=privileged", "--overwrite")
	node := n.Endpoints("web")[0].Node
	r := traced(t, n, 0, "svc/web", "--from", "node@"+node)
	wantVerdicts(t, r, "pod", "healthy")
	wantVerdicts(t, r, "clusterip", "healthy")
	wantVerdicts(t, r, "nodeport", "healthy")
	wantVerdicts(t, r, "dns", "untested")
	for _, c := range r.Cells {
		if c.Vantage != "" && c.Vantage != "node@"+node {
			t.Errorf("%s was asked from another vantage", c.Name())
		}
	}
}

// Beside the target each vantage in the cluster asks for what every cluster has,
// to see whether it can reach anything.
func TestControlsAreReported(t *testing.T) {
	t.Parallel()
	r := traced(t, healthyShop(t), 0, "svc/web")
	for _, v := range r.Vantages {
		good := 0
		for _, c := range r.Controls {
			if c.Kind == "control" && c.Vantage == v.Name && c.Verdict == "healthy" {
				good++
			}
		}
		if good < 2 {
			t.Errorf("%d controls are healthy from %s, want the API server and its name", good, v.Name)
		}
	}
}

// An Ingress is a target, and the certificate that it serves is that of its Secret.
func TestIngressAsTarget(t *testing.T) {
	t.Parallel()
	n := harness.New(t)
	n.Apply(tlsSecret(t, n.Name, false))
	n.Apply(read(t, "../scenarios/ingress-tls/manifest.yaml"))
	n.WaitFor("rollout status deployment/web")
	n.WaitForEndpoints("web", 2, 0)
	r := parsed(t, n.Outside("ingress/web", "-o", "json"), 0)
	if r.Target.Name != "web" {
		t.Errorf("the target is %q", r.Target.Name)
	}
	served := 0
	for _, c := range r.Cells {
		if c.Kind != "ingress" || c.Protocol != "https" {
			continue
		}
		for _, certificate := range c.Certificates {
			if slices.Contains(certificate.Names, n.Name+".example.com") && certificate.SHA256 != "" {
				served++
			}
		}
	}
	if served == 0 {
		t.Error("no cell has the certificate of the Secret")
	}
}
