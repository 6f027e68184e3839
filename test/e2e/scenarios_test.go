package e2e

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/e2e/internal/harness"
	"github.com/kubectl-nettrace/kubectl-nettrace/test/e2e/internal/report"
	"github.com/kubectl-nettrace/kubectl-nettrace/test/e2e/internal/scenario"
)

// TestScenarios builds every set-up of ../scenarios on the cluster and compares
// what the plugin says of it, in JSON and as a table, with what is true.
func TestScenarios(t *testing.T) {
	t.Parallel()
	all, err := scenario.All("../scenarios")
	if err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 {
		t.Fatal("there are no scenarios")
	}
	var results scenario.Results
	if file := os.Getenv("NETTRACE_SCENARIO_TABLE"); file != "" {
		t.Cleanup(func() {
			if err := os.WriteFile(file, []byte(results.String()), 0o600); err != nil {
				t.Error("writing what was found:", err)
			}
		})
	}
	for _, s := range all {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			play(t, s, &results)
		})
	}
}

func play(t *testing.T, s scenario.Scenario, results *scenario.Results) {
	n := harness.New(t)
	if s.TLS {
		n.Apply(tlsSecret(t, n.Name, s.Expired))
	}
	n.Apply(s.Manifest)
	n.WaitFor(s.Wait...)
	if s.Slice != nil {
		n.Apply(handMadeSlice(n, s.Service, *s.Slice))
	}
	for _, reason := range s.Events {
		n.WaitForEvent(reason)
	}
	n.WaitForEndpoints(s.Service, s.Endpoints.Ready, s.Endpoints.Others)

	before := n.Objects()
	got := judge(t, n, s, s.Expect)
	var found []string
	for _, f := range got.Findings {
		found = append(found, f.Name)
	}
	results.Add(s, found)
	n.CleanedUp(before)
	if s.Repaired == nil || t.Failed() {
		return
	}
	runFixes(t, n, got)
	n.WaitForEndpoints(s.Service, s.Repaired.Endpoints.Ready, s.Repaired.Endpoints.Others)
	judge(t, n, s, s.Repaired.Expect)
}

// judge traces the target twice, for programs and for people, and checks both.
func judge(t *testing.T, n *harness.Namespace, s scenario.Scenario, want scenario.Expect) *report.Report {
	t.Helper()
	// A number that is given is kept to, so that two runs can be compared: by default
	// more requests are sent where chance makes a share look odd.
	args := append([]string{"svc/" + s.Service, "--requests=20"}, s.Args...)
	truth := truth(n, s.Service)
	logged := n.CountLogged(s.Logged, names(truth))
	run := n.Nettrace
	if s.Outside {
		run = n.Outside
	}
	got := parsed(t, run(append(slices.Clone(args), "-o", "json")...), want.Exit)
	if err := scenario.Compare(want, truth, got); err != nil {
		t.Errorf("the report:\n%v", err)
	}
	if s.Logged != "" {
		checkLogged(t, got, logged, n.CountLogged(s.Logged, names(truth)))
	}
	if err := checkTable(run(args...), want, got); err != nil {
		t.Errorf("the table:\n%v", err)
	}
	return got
}

// checkLogged compares the report with what the servers themselves have logged:
// no pod gave fewer answers than it is said to have given, and all together
// exactly as many.
func checkLogged(t *testing.T, got *report.Report, before, after map[string]int) {
	t.Helper()
	served, answers := 0, got.Unknown()
	for name, count := range after {
		mine := count - before[name]
		if mine < got.AnsweredBy(name) {
			t.Errorf("pod %s has logged %d requests, the report says that it answered %d", name, mine, got.AnsweredBy(name))
		}
		served, answers = served+mine, answers+got.AnsweredBy(name)
	}
	if served != answers {
		t.Errorf("the pods have logged %d requests, the report counts %d answers", served, answers)
	}
}

func checkTable(shown harness.Result, want scenario.Expect, got *report.Report) error {
	var errs []error
	if shown.Code != want.Exit {
		errs = append(errs, fmt.Errorf("exit code %d, want %d", shown.Code, want.Exit))
	}
	if shown.Stderr != "" {
		errs = append(errs, fmt.Errorf("standard error, which is for what went wrong, has %q", shown.Stderr))
	}
	table, err := report.ParseTable(shown.Stdout)
	errs = append(errs, err, table.Agrees(got))
	flat := strings.Join(strings.Fields(shown.Stdout), " ")
	for _, text := range want.Says {
		if !strings.Contains(flat, text) {
			errs = append(errs, fmt.Errorf("it does not say %q", text))
		}
	}
	return errors.Join(errs...)
}

// runFixes runs the commands that the report proposes, as they are printed.
func runFixes(t *testing.T, n *harness.Namespace, r *report.Report) {
	t.Helper()
	ran := 0
	for _, f := range r.Findings {
		for _, step := range f.Fix {
			if step.Command == "" || strings.HasPrefix(step.Command, "kubectl nettrace ") {
				continue // it looks, and changes nothing
			}
			ran++
			if result := n.Shell(step.Command); result.Code != 0 {
				t.Fatalf("the fix of %s failed: %v", f.Name, result)
			}
		}
	}
	if ran == 0 {
		t.Fatal("the report proposes no command")
	}
}
