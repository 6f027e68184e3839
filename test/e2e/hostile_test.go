package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/e2e/internal/harness"
	"github.com/kubectl-nettrace/kubectl-nettrace/test/e2e/internal/report"
)

// modes are the ways in which the hostile server misbehaves, and what a request
// to it is then said to have met. Of a flood the bound in bytes ends some, and on
// a slow machine the bound in time.
func modes() map[string][]string {
	return map[string][]string{
		"hang":            {"timeout"},
		"endless-body":    {"endless"},
		"endless-headers": {"protocol", "timeout"},
		"drip":            {"timeout", "endless"},
		"continue-flood":  {"protocol", "timeout"},
		"garbage":         {"protocol"},
		"reset":           {"reset"},
	}
}

// TestHostile traces Services of which a pod, or the only one, does its worst.
func TestHostile(t *testing.T) {
	t.Parallel()
	n := harness.New(t)
	n.Apply(fmt.Sprintf(read(t, "testdata/good.yaml"), labels()))
	for mode := range modes() {
		n.Apply(strings.ReplaceAll(read(t, "testdata/hostile.yaml"), "MODE", mode))
	}
	n.WaitFor("rollout status deployment/good")
	for mode := range modes() {
		n.WaitFor("rollout status deployment/" + mode)
	}
	before := n.Objects()
	t.Run("mode", func(t *testing.T) {
		for mode, classes := range modes() {
			t.Run(mode+" alone", func(t *testing.T) {
				t.Parallel()
				n.WaitForEndpoints(mode, 1, 0)
				if mode == "endless-body" {
					// A stream without end is no fault of the way that leads to it, when
					// the pod asked directly gives the same.
					traced(t, n, 0, "svc/"+mode, "--requests", "12", "--timeout", "1s")
					return
				}
				alone(t, trouble(t, n, mode), classes)
			})
			t.Run(mode+" among good ones", func(t *testing.T) {
				t.Parallel()
				n.WaitForEndpoints("mixed-"+mode, 3, 0)
				among(t, trouble(t, n, "mixed-"+mode), mode, classes)
			})
		}
	})
	n.NothingLeft(before)
}

// labels has the good pods serve in every mixed Service.
func labels() string {
	var all []string
	for mode := range modes() {
		all = append(all, "in-"+mode+`: "yes"`)
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

// trouble traces a Service that has to be found broken or degraded.
func trouble(t *testing.T, n *harness.Namespace, service string) *report.Report {
	t.Helper()
	return traced(t, n, 2, "svc/"+service, "--requests", "12", "--timeout", "1s")
}

// alone checks the report of a Service with one endpoint, which is hostile.
func alone(t *testing.T, r *report.Report, classes []string) {
	t.Helper()
	if r.Verdict.Status != "broken" || r.Verdict.Layer != "pod" {
		t.Errorf("verdict %s at %q, want broken at pod", r.Verdict.Status, r.Verdict.Layer)
	}
	for _, c := range r.Cells {
		if c.Kind != "dns" && (c.OK != 0 || c.Sent == 0 || len(c.Failures) == 0) {
			t.Errorf("%s: %d of %d fine, failures %v", c.Name(), c.OK, c.Sent, c.Failures)
		}
		failed(t, c, classes)
	}
}

// among checks the report of a Service with two good endpoints and a hostile one.
func among(t *testing.T, r *report.Report, mode string, classes []string) {
	t.Helper()
	if r.Verdict.Status == "healthy" || r.Verdict.Status == "untested" {
		t.Errorf("verdict %s", r.Verdict.Status)
	}
	for _, c := range r.Cells {
		failed(t, c, classes)
		bad := strings.HasPrefix(c.Endpoint, mode)
		// A large request has got through when anything of an answer comes back.
		if c.Kind == "pod" && c.Padding == 0 && bad == (c.OK > 0) {
			t.Errorf("%s: %d of %d fine", c.Name(), c.OK, c.Sent)
		}
	}
	dead := slices.ContainsFunc(r.Findings, func(f report.Finding) bool {
		return f.Name == "dead-endpoint" && f.Status == "confirmed" && strings.Contains(f.Summary, mode)
	})
	if !dead {
		t.Errorf("no finding dead-endpoint about the pod of %s: %+v", mode, r.Findings)
	}
}

func failed(t *testing.T, c report.Cell, classes []string) {
	t.Helper()
	for _, f := range c.Failures {
		if !slices.Contains(classes, f.What) {
			t.Errorf("%s failed with %q, want one of %q", c.Name(), f.What, classes)
		}
	}
}

// TestEscapeSequences prints what a server answers that means to take the
// terminal over, in every format.
func TestEscapeSequences(t *testing.T) {
	t.Parallel()
	n := harness.New(t)
	n.Apply(fmt.Sprintf(read(t, "testdata/good.yaml"), `in-escape: "yes", in-escape-text: "yes", in-garbage: "yes"`))
	for _, mode := range []string{"escape", "escape-text", "garbage"} {
		n.Apply(strings.ReplaceAll(read(t, "testdata/hostile.yaml"), "MODE", mode))
		n.WaitFor("rollout status deployment/" + mode)
		n.WaitForEndpoints("mixed-"+mode, 3, 0)
	}
	for _, format := range []string{"", "wide", "json", "yaml"} {
		for _, service := range []string{"mixed-escape", "mixed-escape-text", "mixed-garbage"} {
			r := n.Nettrace("svc/"+service, "--requests", "12", "--output", format)
			if r.Code != 2 || r.Stderr != "" {
				t.Errorf("%s as %q: exit code %d, want 2: %s", service, format, r.Code, r.Stderr)
			}
			presentable(t, r.Stdout)
		}
	}
}
