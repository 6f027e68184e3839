package e2e

import (
	"slices"
	"strings"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/e2e/internal/harness"
	"github.com/kubectl-nettrace/kubectl-nettrace/test/e2e/internal/report"
)

// twoPorts applies the scenario of a Service web with ports 80 (http) and 9376
// (http-names).
func twoPorts(t *testing.T) *harness.Namespace {
	t.Helper()
	n := harness.New(t)
	n.Apply(read(t, "../scenarios/healthy-two-ports/manifest.yaml"))
	n.WaitFor("rollout status deployment/web")
	n.WaitForEndpoints("web", 2, 0)
	return n
}

func TestPortChoosesPorts(t *testing.T) {
	t.Parallel()
	n := twoPorts(t)
	for choice, want := range map[string][]int{
		"80": {80}, "http": {80}, "9376": {9376}, "http-names": {9376}, "80,http-names": {80, 9376},
	} {
		r := traced(t, n, 0, "svc/web", "--port", choice)
		if got := ports(r); !slices.Equal(got, want) {
			t.Errorf("--port %s: cells of the ports %v, want %v", choice, got, want)
		}
	}
	unknown := n.Nettrace("svc/web", "--port", "81")
	if unknown.Code != 1 || unknown.Stdout != "" || !strings.Contains(unknown.Stderr, "80 (http), 9376 (http-names)") {
		t.Errorf("an unknown port is not answered with those that there are: %v", unknown)
	}
}

// ports returns the ports that the cells are of.
func ports(r *report.Report) []int {
	var all []int
	for _, c := range r.Cells {
		if c.Port != 0 { // names have none
			all = append(all, c.Port)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func TestRequestsSetsTheirNumber(t *testing.T) {
	t.Parallel()
	n := healthyShop(t)
	r := traced(t, n, 0, "svc/web", "--requests", "8")
	total := 0
	for _, c := range r.Cells {
		want := 8
		switch {
		case c.Padding > 0:
			want = 2
		case c.Kind == "pod":
			want = 4
		case c.Kind == "dns":
			want = 5
		}
		if c.Sent != want {
			t.Errorf("%s: %d requests sent, want %d", c.Name(), c.Sent, want)
		}
		total += c.Sent
	}
	if total += r.Controlled(); r.Load.Requests != total {
		t.Errorf("the report states a load of %d requests, its cells add up to %d", r.Load.Requests, total)
	}
}

func TestFromChoosesTheNode(t *testing.T) {
	t.Parallel()
	n := healthyShop(t)
	for _, node := range strings.Fields(n.Must("get", "nodes", "-o", "jsonpath={.items[*].metadata.name}")) {
		for _, from := range []string{node, "pod@" + node} {
			r := traced(t, n, 0, "svc/web", "--from", from)
			if len(r.Vantages) != 1 || r.Vantages[0].Node != node {
				t.Errorf("--from %s: vantages %v", from, r.Vantages)
			}
			for _, c := range r.Cells {
				if c.Vantage != "pod@"+node || c.Verdict != "healthy" {
					t.Errorf("--from %s: %s is %s", from, c.Name(), c.Verdict)
				}
			}
		}
		// A probe that ran elsewhere would make the vantage a lie.
		kept := traced(t, n, 0, "svc/web", "--from", node, "--keep")
		ran := n.Must("get", "pods", "-l", "nettrace.dev/run="+kept.Run, "-o", "jsonpath={.items[*].spec.nodeName}")
		if ran != node {
			t.Errorf("--from %s: the probes ran on %q", node, ran)
		}
	}
	for _, wrong := range []string{"there-is-no-such-node", "space@node-1", "pod@"} {
		if result := n.Nettrace("svc/web", "--from", wrong); result.Code != 1 || !strings.Contains(result.Stderr, "--from "+wrong) {
			t.Errorf("--from %s is not refused by name: %v", wrong, result)
		}
	}
}

func TestWaysToNameTheTarget(t *testing.T) {
	t.Parallel()
	n := healthyShop(t)
	for _, args := range [][]string{{"svc/web"}, {"service/web"}, {"services/web"}, {"svc", "web"}, {"services", "web"}} {
		if r := traced(t, n, 0, append(args, "--requests", "6")...); r.Target.Name != "web" || r.Target.Namespace != n.Name {
			t.Errorf("%v: the target is %s in %s", args, r.Target.Name, r.Target.Namespace)
		}
	}
	for _, wrong := range []struct{ args, says string }{
		{"deployment/weeb", "not found"},
		{"job/web", "write svc/NAME"},
		{"web", "svc/web"},
		{"svc/weeb", "did you mean web?"},
		{"svc/web svc/other", `service "other" not found`},
		{"svc/WEB", "cannot be the name of a Service"},
		{"svc/web --output=xml", "wide, json, yaml"},
		{"svc/web --requests=0", "--requests"},
		{"svc/web --no-such-flag", "--no-such-flag"},
	} {
		result := n.Nettrace(strings.Fields(wrong.args)...)
		if result.Code != 1 || result.Stdout != "" || !strings.HasPrefix(result.Stderr, "error: ") || !strings.Contains(result.Stderr, wrong.says) {
			t.Errorf("%s: want exit code 1 and %q on standard error alone: %v", wrong.args, wrong.says, result)
		}
	}
}

func TestHelpCallsThePluginByItsName(t *testing.T) {
	t.Parallel()
	n := harness.New(t)
	for _, args := range [][]string{{"--help"}, {}} {
		help := n.Plugin(args...)
		if help.Code != 0 || !strings.Contains(help.Stdout, "Usage:\n  kubectl nettrace TYPE/NAME... [flags]\n") {
			t.Errorf("%v: the usage does not begin with kubectl nettrace TYPE/NAME: %v", args, help)
		}
	}
}
