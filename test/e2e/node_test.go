package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/e2e/internal/harness"
	"github.com/kubectl-nettrace/kubectl-nettrace/test/e2e/internal/report"
	"github.com/kubectl-nettrace/kubectl-nettrace/test/e2e/internal/scenario"
)

// Packets to the ClusterIP, and to it alone, get lost on one node: the pods answer
// from there, the ClusterIP does not, and from the other node it does.
func TestClusterIPDroppedOnOneNode(t *testing.T) {
	t.Parallel()
	harness.Setup(t).OwnCluster(t)
	n := healthyShop(t)
	node := n.Endpoints("web")[0].Node
	ips := strings.Fields(n.Must("get", "service", "web", "-o", "jsonpath={.spec.clusterIPs[*]}"))

	table := n.Name
	n.Lab("exec", node, "--", "nft", "add", "table", "inet", table)
	heal := n.Mend("exec", node, "--", "nft", "delete", "table", "inet", table)
	// Before kube-proxy's own rules, which hook in at -100.
	n.Lab("exec", node, "--", "nft", "add chain inet "+table+" lose { type filter hook prerouting priority -300; }")
	for _, ip := range ips {
		family := "ip"
		if strings.Contains(ip, ":") {
			family = "ip6"
		}
		n.Lab("exec", node, "--", "nft", "add", "rule", "inet", table, "lose", family, "daddr", ip, "drop")
	}

	// A lost packet is waited for; two seconds are more than any answer takes.
	// The number is kept to, so that two runs can be compared.
	args := []string{"svc/web", "--timeout", "2s", "--requests", "20"}
	got := traced(t, n, 2, args...)
	want := brokenOn(node, "timeout")
	if err := compareNodes(want, n, got, node); err != nil {
		t.Errorf("with packets to the ClusterIP lost on %s:\n%v", node, err)
	}
	if err := checkTable(n.Nettrace(args...), want, got); err != nil {
		t.Errorf("the table:\n%v", err)
	}

	heal()
	if healed := traced(t, n, 0, args...); healed.Verdict.Status != "healthy" || len(healed.Findings) > 0 {
		t.Errorf("once the rule is gone: verdict %s with %v", healed.Verdict.Status, healed.Findings)
	}
}

// kube-proxy has died on one node, and then a Service is made: that node knows
// nothing of it. The test takes the cluster for itself.
func TestKubeProxyDeadOnOneNode(t *testing.T) {
	harness.Setup(t).OwnCluster(t)
	n := harness.New(t)
	node := strings.Fields(n.Must("get", "nodes", "-o", "jsonpath={.items[*].metadata.name}"))[1]
	start := n.Mend("start", node, "kube-proxy")
	n.Lab("stop", node, "kube-proxy")

	n.Apply(read(t, "../scenarios/healthy/manifest.yaml"))
	n.WaitFor("rollout status deployment/web")
	n.WaitForEndpoints("web", 3, 0)
	got := traced(t, n, 2, "svc/web", "--timeout", "2s")
	if got.Verdict.Layer != "clusterip" {
		t.Errorf("the fault is said to lie at layer %q, want clusterip", got.Verdict.Layer)
	}
	if err := verdictsByNode(got, node, []string{"clusterip"}); err != nil {
		t.Error(err)
	}
	for _, c := range got.Cells {
		if c.Kind == "nodeport" && c.Node == node && c.Verdict != "broken" {
			t.Errorf("%s: the port of the node without kube-proxy is %s", c.Name(), c.Verdict)
		}
	}
	if len(got.Findings) != 1 || got.Findings[0].Name != "clusterip-broken-on-node" || got.Findings[0].Status != "confirmed" || !strings.Contains(got.Findings[0].Summary, node) {
		t.Errorf("findings %+v, want clusterip-broken-on-node of %s alone", got.Findings, node)
	}

	start()
	n.Eventually("the Service is healthy again", func() error {
		result := n.Nettrace("svc/web", "--requests", "8")
		if result.Code != 0 {
			return fmt.Errorf("exit code %d", result.Code)
		}
		return nil
	})
}

// kube-proxy has died on one node, and then a pod is added: that node knows nothing
// of it, and serves all the same. As many requests as are sent by default make that odd,
// and those that are added then show it. The test takes the cluster for itself.
func TestSilentEndpoint(t *testing.T) {
	harness.Setup(t).OwnCluster(t)
	n := harness.New(t)
	nodes := strings.Fields(n.Must("get", "nodes", "-o", "jsonpath={.items[*].metadata.name}"))
	n.Apply(strings.Replace(read(t, "../scenarios/healthy/manifest.yaml"), "replicas: 3", "replicas: 2", 1))
	n.WaitFor("rollout status deployment/web")
	n.WaitForEndpoints("web", 2, 0)
	from := []string{"svc/web", "--from", nodes[0] + "," + nodes[1]}
	n.Eventually("both nodes serve it", func() error {
		if result := n.Nettrace(from...); result.Code != 0 {
			return fmt.Errorf("exit code %d", result.Code)
		}
		return nil
	})
	before := map[string]bool{}
	for _, e := range n.Endpoints("web") {
		before[e.Name] = true
	}
	start := n.Mend("start", nodes[1], "kube-proxy")
	n.Lab("stop", nodes[1], "kube-proxy")
	n.Must("scale", "deployment/web", "--replicas=3")
	n.WaitFor("rollout status deployment/web")
	n.WaitForEndpoints("web", 3, 0)
	added := ""
	for _, e := range n.Endpoints("web") {
		if !before[e.Name] {
			added = e.Name
		}
	}
	n.Eventually("the other node knows the pod", func() error {
		got := traced(t, n, 0, from...)
		if len(got.Findings) != 1 {
			return fmt.Errorf("findings %+v, want one", got.Findings)
		}
		found := got.Findings[0]
		if want := added + " got none of the requests to the ClusterIP from " + nodes[1]; found.Name != "silent-endpoint" || found.Status != "confirmed" || !strings.HasPrefix(found.Summary, want) {
			t.Fatalf("finding %+v, want silent-endpoint: %s", found, want)
		}
		for _, c := range got.Cells {
			if c.Kind == "clusterip" && c.Vantage == "pod@"+nodes[1] && c.Sent <= 20 {
				t.Errorf("%s from %s was asked %d times, want a second look", c.Name(), c.Vantage, c.Sent)
			}
		}
		return nil
	})

	start()
	n.Eventually("the node knows the pod", func() error {
		if got := traced(t, n, 0, from...); len(got.Findings) > 0 {
			return fmt.Errorf("findings %+v", got.Findings)
		}
		return nil
	})
}

// kube-proxy has died on one node, and then a pod is no longer ready: that node leads
// requests to it all the same. The test takes the cluster for itself.
func TestStaleRules(t *testing.T) {
	harness.Setup(t).OwnCluster(t)
	n := harness.New(t)
	nodes := strings.Fields(n.Must("get", "nodes", "-o", "jsonpath={.items[*].metadata.name}"))
	n.Apply(read(t, "testdata/gated.yaml"))
	open := func(status string) {
		n.Must("patch", "pod", "web-b", "--subresource=status", "-p", `{"status":{"conditions":[{"type":"test.example/open","status":"`+status+`"}]}}`)
	}
	open("True")
	n.WaitFor("wait pod web-a web-b --for=condition=Ready")
	n.WaitForEndpoints("web", 2, 0)
	from := []string{"svc/web", "--path", "/hostname", "--from", nodes[0] + "," + nodes[1]}
	n.Eventually("both nodes serve it", func() error {
		if result := n.Nettrace(from...); result.Code != 0 {
			return fmt.Errorf("exit code %d", result.Code)
		}
		return nil
	})
	start := n.Mend("start", nodes[1], "kube-proxy")
	n.Lab("stop", nodes[1], "kube-proxy")
	open("False")
	n.WaitForEndpoints("web", 1, 1)
	want := "web-b still gets requests for service web through " + nodes[1] + ", although it has not been ready since "
	n.Eventually("it has not been ready for a while", func() error {
		got := traced(t, n, 0, from...)
		i := slices.IndexFunc(got.Findings, func(f report.Finding) bool { return f.Name == "stale-rules" })
		if i < 0 {
			return fmt.Errorf("findings %+v", got.Findings)
		}
		if found := got.Findings[i]; found.Status != "confirmed" || !strings.HasPrefix(found.Summary, want) {
			t.Fatalf("finding %+v, want %s", found, want)
		}
		return nil
	})

	start()
	n.Eventually("the node knows", func() error {
		got := traced(t, n, 0, from...)
		if len(got.Findings) != 1 || got.Findings[0].Name != "endpoints-not-ready" {
			return fmt.Errorf("findings %+v", got.Findings)
		}
		return nil
	})
}

// brokenOn is what to expect when the ClusterIP fails from one node alone.
func brokenOn(node, failure string) scenario.Expect {
	return scenario.Expect{
		Exit: 2, Verdict: "degraded", Layer: "clusterip",
		Findings: []scenario.Finding{{
			Name: "clusterip-broken-on-node", Severity: "error", Status: "confirmed",
			Summary:  " of service web, port 80, fails from " + node + ",",
			Evidence: []string{"from " + node + ": " + failure, "every request answered", ":80 answers from "},
			Fix:      []string{"spec.nodeName=" + node},
		}},
		Cells: []scenario.Cells{
			{Kind: "pod", Verdict: "healthy", By: "itself", Sent: 10},
			{Kind: "clusterip", Vantage: "pod@" + node, Verdict: "broken", By: "nobody", Failures: []string{failure}},
			{Kind: "clusterip", Verdict: "healthy", By: "pods", Sent: 20},
			{Kind: "dns", Verdict: "healthy"},
			{Kind: "nodeport", Verdict: "healthy", By: "pods", Sent: 20},
		},
	}
}

// compareNodes compares the report, and how the ClusterIP fares from each node.
func compareNodes(want scenario.Expect, n *harness.Namespace, got *report.Report, node string) error {
	if err := scenario.Compare(want, truth(n, "web"), got); err != nil {
		return err
	}
	return verdictsByNode(got, node, []string{"clusterip"})
}

// verdictsByNode wants the kinds broken from the node, and healthy from others.
func verdictsByNode(got *report.Report, node string, kinds []string) error {
	for _, c := range got.Cells {
		want := "healthy"
		if c.Vantage == "pod@"+node {
			want = "broken"
		}
		if slices.Contains(kinds, c.Kind) && c.Verdict != want {
			return fmt.Errorf("%s is %s, want %s", c.Name(), c.Verdict, want)
		}
	}
	return nil
}
