package e2e

import (
	"slices"
	"strings"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/e2e/internal/harness"
	"github.com/kubectl-nettrace/kubectl-nettrace/test/e2e/internal/report"
)

// alikeShop makes a Service of which each pod alone gives one header, and none names
// itself.
func alikeShop(t *testing.T) *harness.Namespace {
	t.Helper()
	n := harness.New(t)
	n.Apply(read(t, "../scenarios/fingerprint/manifest.yaml"))
	n.WaitFor("rollout status statefulset/web", "wait ingress web --for=jsonpath={.status.loadBalancer.ingress}")
	n.WaitForEndpoints("web", 3, 0)
	return n
}

// evidence counts by what the answers on all ways but the direct one were tied to a
// pod; "" is unknown.
func evidence(r *report.Report, local bool) map[string]int {
	counts := map[string]int{}
	for _, c := range r.Cells {
		if c.Kind == "pod" || c.Kind == "dns" || (c.Vantage == "local") != local {
			continue
		}
		counts[""] += c.Unknown
		for _, a := range c.Answers {
			counts[a.Evidence] += a.Count
		}
	}
	return counts
}

// This machine cannot ask pods, so that it cannot prove what it is told of a
// fingerprint; where the user says that it is each pod's own, it is believed.
func TestIdentify(t *testing.T) {
	t.Parallel()
	n := alikeShop(t)
	by := parsed(t, n.Outside("svc/web", "-o", "json"), 0)
	if here, pods := evidence(by, true), evidence(by, false); here[""] == 0 || here["fingerprint"] > 0 || pods[""] > 0 || pods["fingerprint"] == 0 {
		t.Errorf("from this machine %v, want unknown; from pods %v, want fingerprints", here, pods)
	}
	by = parsed(t, n.Outside("svc/web", "--identify", "header:last-modified", "--requests", "8", "-o", "json"), 0)
	if here, pods := evidence(by, true), evidence(by, false); here[""] > 0 || here["fingerprint"] == 0 || pods[""] > 0 || pods["fingerprint"] == 0 {
		t.Errorf("with --identify from this machine %v, from pods %v, want fingerprints", here, pods)
	}
	by = traced(t, n, 0, "svc/web", "--identify", "body:(hel+o)")
	if !slices.Contains(by.Notes, "--identify body:(hel+o) does not tell the endpoints apart on port 80: it is not in their direct answers, changes, or is the same for several") {
		t.Errorf("notes %q", by.Notes)
	}
}

// The endpoints change while requests are sent: that is told, and no answer counts as
// one's that somebody new may have given.
func TestEndpointsChange(t *testing.T) {
	t.Parallel()
	n := alikeShop(t)
	run := n.Start("svc/web", "--requests", "60", "--rate", "40", "-o", "json")
	awaitProbes(n, 2)
	n.Must("scale", "statefulset/web", "--replicas=4")
	n.WaitForEndpoints("web", 4, 0)
	if !run.Running() {
		t.Fatal("the run was over before the endpoints had changed")
	}
	r := parsed(t, run.Wait(), 0)
	if counts := evidence(r, false); counts["fingerprint"] > 0 || counts[""] == 0 {
		t.Errorf("answers by %v, want them unknown", counts)
	}
	if !slices.ContainsFunc(r.Findings, func(f report.Finding) bool {
		return f.Name == "endpoints-changed" && f.Summary == "the endpoints of service web changed during the trace: web-3 is new"
	}) {
		t.Errorf("findings %+v", r.Findings)
	}
}

// Pods of another Service stand behind a longer path of the same host, and give a
// header of the same kind: none of their answers is taken for one of the target's.
func TestStrangersOnTheWay(t *testing.T) {
	t.Parallel()
	n := alikeShop(t)
	stranger := strings.NewReplacer("name: web", "name: other", "app: web", "app: other", "serviceName: web", "serviceName: other", "path: /site\n", "path: /site/page.txt\n")
	n.Apply(stranger.Replace(read(t, "../scenarios/fingerprint/manifest.yaml")))
	n.WaitFor("rollout status statefulset/other", "wait ingress other --for=jsonpath={.status.loadBalancer.ingress}")
	n.WaitForEndpoints("other", 3, 0)
	r := traced(t, n, 0, "svc/web")
	for _, c := range r.Cells {
		if c.Kind == "ingress" && (len(c.Answers) > 0 || c.Unknown != c.OK || c.OK == 0) {
			t.Errorf("%s: answers %v and %d unknown of %d", c.Name(), c.Answers, c.Unknown, c.OK)
		}
	}
	if counts := evidence(r, false); counts["fingerprint"] == 0 {
		t.Errorf("answers by %v, want fingerprints on the other ways", counts)
	}
}
