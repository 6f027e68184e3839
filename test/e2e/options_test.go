package e2e

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/e2e/internal/harness"
	"github.com/kubectl-nettrace/kubectl-nettrace/test/e2e/internal/report"
)

// Each kind of way in can be asked by itself. Pods always are, as the measure.
// The plan names every address before anything is asked.
func TestViaAndPlan(t *testing.T) {
	t.Parallel()
	n := harness.New(t)
	n.Apply(read(t, "../scenarios/all-ways-in/manifest.yaml"))
	n.WaitFor("rollout status deployment/web", "wait service web --for=jsonpath={.status.loadBalancer.ingress}",
		"wait ingress web --for=jsonpath={.status.loadBalancer.ingress}", "wait gateway shop --for=condition=Programmed")
	n.WaitForEndpoints("web", 3, 0)
	before := n.Objects()
	plan := n.Outside("svc/web", "--explain-plan")
	if after := n.Objects(); plan.Code != 0 || plan.Stderr != "" || !slices.Equal(before, after) {
		t.Errorf("--explain-plan: %v; there are now %v", plan, after)
	}
	for _, kind := range []string{"pod", "clusterip", "dns", "nodeport", "loadbalancer", "ingress", "gateway"} {
		r := parsed(t, n.Outside("svc/web", "--via", kind, "--requests", "4", "-o", "json"), 0)
		for _, c := range r.Cells {
			if c.Kind != kind && c.Kind != "pod" {
				t.Errorf("--via %s: %s is asked, too", kind, c.Name())
			}
			if !strings.Contains(plan.Stdout, c.Kind+" "+c.Address+"\n") && !c.Contrast {
				t.Errorf("the plan does not name %s %s", c.Kind, c.Address)
			}
		}
		if kind != "dns" { // without another way, names alone say nothing of the pods
			wantVerdicts(t, r, kind, "healthy")
		}
	}
	refused(t, n.Outside("svc/web", "--via", "nodeports"), "--via must be of pod, clusterip, dns, nodeport, loadbalancer, ingress, gateway, not \"nodeports\"")
}

// Without probes the pods are asked through the API server: that tells a dead
// application from a living one, and claims nothing of the network.
func TestNoPods(t *testing.T) {
	t.Parallel()
	n := smallShop(t)
	n.Apply(strings.ReplaceAll(read(t, "testdata/hostile.yaml"), "MODE", "reset"))
	n.WaitFor("rollout status deployment/reset")
	n.WaitForEndpoints("reset", 1, 0)
	before := n.Objects()
	r := traced(t, n, 3, "svc/web", "--no-pods", "--requests", "6")
	wantVerdicts(t, r, "pod", "short-cut")
	wantVerdicts(t, r, "clusterip", "untested")
	wantVerdicts(t, r, "dns", "untested")
	for _, c := range r.Cells {
		if c.Kind == "pod" && (c.Sent == 0 || c.OK != c.Sent || !strings.Contains(c.Reason, "port-forward")) {
			t.Errorf("%s: %d of %d, %q", c.Name(), c.OK, c.Sent, c.Reason)
		}
	}
	dead := traced(t, n, 2, "svc/reset", "--no-pods", "--requests", "6")
	wantVerdicts(t, dead, "pod", "broken")
	if after := n.Objects(); !slices.Equal(before, after) {
		t.Errorf("there are now %v, and were %v", after, before)
	}
	if jobs := jobsEver(n); len(jobs) > 0 {
		t.Errorf("there have been the jobs %v", jobs)
	}
	refused(t, n.Nettrace("svc/web", "--no-pods", "--from", nodes(n)[0]), "--no-pods launches no probe")
}

// The trace ids of the report are those that the server received, and no two
// requests have the same.
func TestTraceparent(t *testing.T) {
	t.Parallel()
	n := harness.New(t)
	n.Apply(read(t, "testdata/tell.yaml"))
	n.WaitFor("rollout status deployment/web")
	n.WaitForEndpoints("web", 2, 0)
	r := traced(t, n, 0, "svc/web", "--requests", "6", "--traceparent")
	received := map[string]int{}
	for _, e := range n.Endpoints("web") {
		for _, sent := range regexp.MustCompile(`(?mi)^traceparent: 00-([0-9a-f]{32})-[0-9a-f]{16}-0[01]\s*$`).FindAllStringSubmatch(n.Must("logs", e.Name), -1) {
			received[sent[1]]++
		}
	}
	sent, known := 0, 0
	for _, c := range r.Cells {
		if c.Kind == "dns" {
			continue
		}
		sent += c.Sent
		for _, s := range c.Samples {
			if known++; received[s.TraceID] != 1 {
				t.Errorf("%s: the trace id %q was received %d times", c.Name(), s.TraceID, received[s.TraceID])
			}
		}
	}
	if known == 0 || len(received) != sent {
		t.Errorf("%d different trace ids were received with %d requests, and %d are in the report", len(received), sent, known)
	}
	if r := traced(t, n, 0, "svc/web", "--requests", "2"); slices.ContainsFunc(r.Cells, func(c report.Cell) bool {
		return slices.ContainsFunc(c.Samples, func(s report.Sample) bool { return s.TraceID != "" })
	}) {
		t.Error("there are trace ids although nobody asked for them")
	}
}

// From -v=6 on each request to the API server is logged, and their number said.
func TestVerbose(t *testing.T) {
	t.Parallel()
	n := smallShop(t)
	r := n.Nettrace("svc/web", "--requests", "2", "-v=6")
	counted := regexp.MustCompile(`(?m)^the run: .* s, (\d+) API requests so far$`).FindStringSubmatch(r.Stderr)
	if r.Code != 0 || counted == nil {
		t.Fatalf("the number of requests is not said: %v", r)
	}
	logged := strings.Count(r.Stderr, `"Response" verb=`)
	if number, _ := strconv.Atoi(counted[1]); number != logged || number == 0 {
		t.Errorf("%d requests are counted and %d logged", number, logged)
	}
	if quiet := n.Nettrace("svc/web", "--requests", "2", "-v=5"); strings.Contains(quiet.Stderr, "API requests") || strings.Contains(quiet.Stderr, "verb=") {
		t.Errorf("with -v=5: %s", quiet.Stderr)
	}
}
