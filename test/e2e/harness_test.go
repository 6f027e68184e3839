package e2e

import (
	"os"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/e2e/internal/harness"
	"github.com/kubectl-nettrace/kubectl-nettrace/test/e2e/internal/report"
)

// healthyShop applies the healthy scenario, of a Service web with three
// replicas, and waits until it serves.
func healthyShop(t *testing.T) *harness.Namespace {
	t.Helper()
	n := harness.New(t)
	n.Apply(read(t, "../scenarios/healthy/manifest.yaml"))
	n.WaitFor("rollout status deployment/web")
	n.WaitForEndpoints("web", 3, 0)
	return n
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal("reading a manifest:", err)
	}
	return string(text)
}

// traced runs the plugin with -o json and returns its report. It ends the test
// when the exit code is another than expected.
func traced(t *testing.T, n *harness.Namespace, code int, args ...string) *report.Report {
	t.Helper()
	return parsed(t, n.Nettrace(append(args, "-o", "json")...), code)
}

// parsed returns the report of a run, or ends the test when the exit code is
// another than expected.
func parsed(t *testing.T, result harness.Result, code int) *report.Report {
	t.Helper()
	if result.Code != code {
		t.Fatalf("exit code %d, want %d", result.Code, code)
	}
	r, err := report.Parse(result.Stdout)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestHealthyServiceIsHealthy(t *testing.T) {
	t.Parallel()
	n := healthyShop(t)
	before := n.Objects()
	r := traced(t, n, 0, "svc/web")
	if r.Verdict.Status != "healthy" || len(r.Findings) > 0 {
		t.Errorf("verdict %s with findings %v, want healthy and none", r.Verdict.Status, r.Findings)
	}
	n.CleanedUp(before)
}
