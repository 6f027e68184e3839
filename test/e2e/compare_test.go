package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/e2e/internal/harness"
	"github.com/kubectl-nettrace/kubectl-nettrace/test/e2e/internal/report"
)

// TestCompare holds an Ingress that strips a prefix against HTTPRoutes: one that does so,
// too, one that does not, and one that cannot be told from it.
func TestCompare(t *testing.T) {
	t.Parallel()
	n := harness.New(t)
	n.Apply(read(t, "testdata/compare.yaml"))
	n.WaitFor("rollout status deployment/web", "wait gateway shop --for=condition=Programmed")
	n.WaitForEndpoints("web", 2, 0)
	before := n.Objects()
	n.Eventually("the proxy has read all rules", func() error {
		if r := n.Outside("ingress/old", "httproute/keeps", "httproute/strips", "--via", "ingress,gateway"); r.Code != 0 {
			return fmt.Errorf("exit code %d", r.Code)
		}
		return nil
	})

	differs := comparison(t, n, 2, "ingress/old", "httproute/keeps")
	wantPairs(t, differs, "same", "differs", "differs")
	if len(differs.Alone) != 1 || differs.Alone[0].Side != "B" || differs.Alone[0].Path != "/fresh" || !differs.Alone[0].Differs {
		t.Errorf("on one side alone is %+v, want /fresh on B", differs.Alone)
	}
	for _, a := range differs.Alone {
		if a.Other == nil || len(a.Other.Statuses) != 1 || a.Other.Statuses[0].What != "HTTP 404" {
			t.Errorf("the Ingress, which has no rule for it, answers %+v, want 404", a.Other)
		}
	}
	for _, d := range differs.Pairs[0].Headers.Differences {
		if d.Name != "X-Forwarded-Prefix" || len(d.A) != 0 || !slices.Equal(d.B, []string{"/api"}) {
			t.Errorf("header %+v differs, want that the second way alone has X-Forwarded-Prefix", d)
		}
	}
	alike := comparison(t, n, 0, "ingress/old", "httproute/strips")
	wantPairs(t, alike, "same", "same", "same")
	if len(alike.Alone) > 0 || alike.Verdict.Status != "alike" {
		t.Errorf("on one side alone is %+v, and the verdict %+v", alike.Alone, alike.Verdict)
	}
	wantTable(t, n.Outside("compare", "ingress/old", "httproute/keeps"))
	n.CleanedUp(before)

	n.Apply(read(t, "testdata/compare-same.yaml"))
	if same := comparison(t, n, 3, "ingress/old", "httproute/same"); same.Verdict.Status != "inconclusive" || !strings.Contains(same.Verdict.Summary, "at the same address") {
		t.Errorf("what cannot be told apart is %+v", same.Verdict)
	}
}

// comparison runs the plugin as a client outside does, and returns its comparison.
func comparison(t *testing.T, n *harness.Namespace, code int, a, b string) *report.Comparison {
	t.Helper()
	result := n.Outside("compare", a, b, "-o", "json")
	if result.Code != code {
		t.Fatalf("exit code %d, want %d", result.Code, code)
	}
	c, err := report.ParseComparison(result.Stdout)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// wantPairs checks what is said of all pairs together, and that no request or answer is
// lost.
func wantPairs(t *testing.T, c *report.Comparison, status, path, headers string) {
	t.Helper()
	if len(c.Pairs) == 0 {
		t.Fatal("there are no pairs")
	}
	var paths []string
	for _, p := range c.Pairs {
		if p.A.Path != p.B.Path || p.Headers.Result != headers {
			t.Errorf("%+v and %+v: the headers are %s, want %s", p.A, p.B, p.Headers.Result, headers)
		}
		for _, v := range p.Views {
			if v.Status != status || v.Vantage != "local" {
				t.Errorf("%s from %s: the status is %s, want %s", p.A.Path, v.Vantage, v.Status, status)
			}
			for _, s := range []report.Seen{v.A, v.B} {
				counted, answered := 0, s.Unknown
				for _, status := range s.Statuses {
					counted += status.Count
				}
				for _, a := range s.Answers {
					answered += a.Count
				}
				if s.Sent == 0 || counted != s.Sent || answered != s.Sent || s.Unknown > 0 {
					t.Errorf("%s: of %d requests %d have a status and %d an answer, %d of them from nobody knows whom", p.A.Path, s.Sent, counted, answered, s.Unknown)
				}
			}
		}
		for _, known := range p.Paths {
			paths = append(paths, known.Result)
			for _, a := range slices.Concat(known.A, known.B) {
				if a.Evidence != "answer" {
					t.Errorf("%s is known by %s, and the answer names it", known.Sent, a.Evidence)
				}
			}
		}
	}
	slices.Sort(paths)
	if paths = slices.Compact(paths); !slices.Equal(paths, []string{path}) {
		t.Errorf("the paths are %q, want %s", paths, path)
	}
}

// wantTable checks what people see.
func wantTable(t *testing.T, shown harness.Result) {
	t.Helper()
	if shown.Code != 2 {
		t.Errorf("exit code %d, want 2", shown.Code)
	}
	text := strings.Join(strings.Fields(shown.Stdout), " ")
	for _, want := range []string{"✘ DIFFERENT another path arrives for", "1 request only through B", "A stripped /api (answer); B kept (answer)", "X-Forwarded-Prefix: A none; B /api", "✘ only B"} {
		if !strings.Contains(text, want) {
			t.Errorf("the table lacks %q", want)
		}
	}
	for line := range strings.Lines(shown.Stdout) {
		if !strings.Contains(line, "http://") && utf8.RuneCountInString(strings.TrimRight(line, "\n")) > 80 {
			t.Errorf("%q is wider than 80 columns", line)
		}
	}
}
