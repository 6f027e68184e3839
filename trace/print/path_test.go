package print_test

import (
	"strings"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/print"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

// TestArrivedPaths: what was seen of a path comes before what is configured, and
// both are told where they differ.
func TestArrivedPaths(t *testing.T) {
	arrived := func(path string) []trace.Arrived {
		all := []trace.Arrived{{Path: path, Evidence: wire.RungLog, Count: 20}}
		if path == "/api" {
			all[0].Change = "kept"
		}
		return all
	}
	otherwise := func(path string) []trace.Arrived {
		all := arrived(path)
		all[0].Otherwise = true
		return all
	}
	trail := func(path, change string, by wire.Rung, otherwise bool) []trace.Arrived {
		return []trace.Arrived{{Sent: "/api/nettrace/ID", Path: path, Change: change, Evidence: by, Count: 2, Otherwise: otherwise}}
	}
	for name, test := range map[string]struct {
		arrives    string
		arrived    []trace.Arrived
		table, all string
	}{
		"kept":                   {"/api", arrived("/api"), "path: sent /api, kept (log)", "/api x20 (log)"},
		"stripped":               {"/", arrived("/"), "path: sent /api, pod got / (log)", "/ x20 (log)"},
		"not as configured":      {"/", otherwise("/api"), "path: sent /api, kept (log) · configured to arrive as /", "/api x20 (log), configured: /"},
		"nothing is configured":  {"", arrived("/x"), "path: sent /api, pod got /x (log)", "/x x20 (log)"},
		"a trail, stripped":      {"/api", trail("/nettrace/ID", "stripped /api", wire.RungAnswer, false), "path: stripped /api (answer)", "/nettrace/ID x2 (answer)"},
		"a trail, by difference": {"/", trail("", "not stripped", wire.RungDifference, true), "path: not stripped (inferred) · configured to arrive as /", "not stripped x2 (difference), configured: /"},
		"both":                   {"/api", append(arrived("/api"), trail("/api/nettrace/ID", "kept", wire.RungLog, false)...), "path: sent /api, kept (log)", "/api x20 (log), /api/nettrace/ID x2 (log)"},
		"it was not seen":        {"/", nil, "configured to arrive as /", "  /  "},
		"escape sequences":       {"/", arrived("/\x1b[31m"), "pod got /[31m (log)", "/[31m x20"},
	} {
		t.Run(name, func(t *testing.T) {
			cell := trace.Cell{Kind: route.Ingress, Address: "203.0.113.9:80", Host: "shop", Path: "/api", Object: "ingress shop/in", Rule: "shop/api (Prefix)", Vantage: "local", Verdict: verdict.Healthy, Sent: 20, OK: 20, Arrives: test.arrives, Arrived: test.arrived}
			r := &trace.Report{Target: trace.Target{Name: "web", Namespace: "shop"}, Vantages: []trace.VantageReport{{Name: "local", Kind: "local"}}, Cells: []trace.Cell{cell}}
			table := strings.Join(strings.Fields(write(t, print.Table, r)), " ")
			if !strings.Contains(table, test.table) {
				t.Errorf("the table lacks %q:\n%s", test.table, table)
			}
			if wide := write(t, print.Wide, r); !strings.Contains(wide, test.all) {
				t.Errorf("-o wide lacks %q:\n%s", test.all, wide)
			}
		})
	}
}
