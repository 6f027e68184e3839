package e2e

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/e2e/internal/harness"
)

// The cluster's DNS is gone: names do not resolve, and all that needs none works.
// The test takes the cluster for itself.
func TestDNSDead(t *testing.T) {
	harness.Setup(t).OwnCluster(t)
	n := smallShop(t)
	start := stopDNS(n)

	got := traced(t, n, 2, "svc/web", "--timeout", "1s")
	if got.Verdict.Status != "broken" || got.Verdict.Layer != "dns" || len(got.Findings) != 1 || got.Findings[0].Name != "dns-no-answer" || got.Findings[0].Status != "confirmed" {
		t.Errorf("verdict %s at %q with findings %v, want broken at dns and dns-no-answer", got.Verdict.Status, got.Verdict.Layer, got.Findings)
	}
	wantVerdicts(t, got, "pod", "healthy")
	wantVerdicts(t, got, "clusterip", "healthy")
	wantVerdicts(t, got, "dns", "broken")

	start()
	n.Eventually("names resolve again", func() error {
		if r := n.Nettrace("svc/web", "--requests", "3"); r.Code != 0 {
			return fmt.Errorf("exit code %d", r.Code)
		}
		return nil
	})
}

// The cluster's DNS has addresses of its own for a Service, and knows only one of the
// pods of a headless one. The test takes the cluster for itself.
func TestDNSWrong(t *testing.T) {
	harness.Setup(t).OwnCluster(t)
	n := smallShop(t)
	n.Must("expose", "deployment", "web", "--name=headless", "--cluster-ip=None", "--port=8080")
	n.WaitForEndpoints("headless", 2, 0)
	corefile := n.Must("-n", "kube-system", "get", "configmap", "coredns", "-o", "jsonpath={.data.Corefile}")
	patch := func(text string) []string {
		data, err := json.Marshal(map[string]any{"data": map[string]string{"Corefile": text}})
		if err != nil {
			t.Fatal(err)
		}
		return []string{"-n", "kube-system", "patch", "configmap", "coredns", "-p", string(data)}
	}
	n.AtEnd(patch(corefile)...)
	pod := n.Must("get", "pod", n.Endpoints("web")[0].Name, "-o", "jsonpath={.status.podIP}")
	hosts := fmt.Sprintf("hosts {\n192.0.2.99 web.%[1]s.svc.cluster.local\n%[2]s headless.%[1]s.svc.cluster.local\nfallthrough\n}\n", n.Name, pod)
	at := strings.Index(corefile, "kubernetes cluster.local")
	if at < 0 {
		t.Fatalf("the Corefile is not as it was thought to be: %s", corefile)
	}
	start := stopDNS(n)
	n.Must(patch(corefile[:at] + hosts + corefile[at:])...)
	start()

	for service, finding := range map[string]string{"web": "dns-wrong-address", "headless": "headless-dns-mismatch"} {
		got := traced(t, n, 2, "svc/"+service)
		if got.Verdict.Layer != "dns" || len(got.Findings) != 1 || got.Findings[0].Name != finding || got.Findings[0].Status != "confirmed" {
			t.Errorf("%s: broken at %q with findings %+v, want %s at dns", service, got.Verdict.Layer, got.Findings, finding)
		}
		wantVerdicts(t, got, "pod", "healthy")
	}

	start = stopDNS(n)
	n.Must(patch(corefile)...)
	start()
	n.Eventually("names resolve again", func() error {
		if r := n.Nettrace("svc/headless", "--requests", "3"); r.Code != 0 {
			return fmt.Errorf("exit code %d", r.Code)
		}
		return nil
	})
}

// stopDNS ends the cluster's DNS servers, and returns what starts them again.
func stopDNS(n *harness.Namespace) (start func()) {
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
	return func() { scale(replicas) }
}
