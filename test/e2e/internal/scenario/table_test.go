package scenario

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/scenarios.md")

const intro = `# Scenarios

What follows is played on a real cluster by ` + "`make test`" + `, each with the manifest and the expectation of its directory in
test/scenarios. Faults that no manifest makes are in tests of their own in test/e2e; those that lead to a finding are at the end.

`

const faults = `
## Faults that no manifest makes

Each of these tests demands its finding.

`

// TestTable keeps docs/scenarios.md what the scenarios are.
func TestTable(t *testing.T) {
	all, err := All("../../../scenarios")
	if err != nil {
		t.Fatal(err)
	}
	const file = "../../../../docs/scenarios.md"
	want := intro + Table(all) + faults + FaultTable(Faults())
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil { //nolint:gosec // it is documentation
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(file); err != nil || string(got) != want {
		t.Errorf("docs/scenarios.md is not what the scenarios are: make docs (%v)", err)
	}
}

// TestCatalogue demands that each finding of the catalogue is produced: by a scenario, or
// by the test of a fault.
func TestCatalogue(t *testing.T) {
	all, err := All("../../../scenarios")
	if err != nil {
		t.Fatal(err)
	}
	produced := map[string]bool{}
	for _, s := range all {
		for _, f := range s.Findings {
			produced[f.Name] = true
		}
	}
	tests := tests(t)
	for _, f := range Faults() {
		produced[f.Finding] = true
		if !strings.Contains(tests, "func "+f.Test+"(t *testing.T)") {
			t.Errorf("there is no %s, which %s needs", f.Test, f.Finding)
		}
	}
	catalogue, err := os.ReadFile("../../../../docs/findings.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile("(?m)^\\| `([a-z-]+)` \\|").FindAllSubmatch(catalogue, -1)
	if len(rows) < 40 {
		t.Fatalf("the catalogue has %d findings", len(rows))
	}
	for _, row := range rows {
		if !produced[string(row[1])] {
			t.Errorf("%s is in the catalogue, and nothing produces it", row[1])
		}
	}
}

// tests returns the source of the tests that need a cluster.
func tests(t *testing.T) string {
	t.Helper()
	files, err := filepath.Glob("../../*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	all := ""
	for _, file := range files {
		text, err := os.ReadFile(file) //nolint:gosec // it is one of our own
		if err != nil {
			t.Fatal(err)
		}
		all += string(text)
	}
	return all
}
