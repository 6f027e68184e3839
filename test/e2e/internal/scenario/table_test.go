package scenario

import (
	"flag"
	"os"
	"testing"
)

var update = flag.Bool("update", false, "write docs/scenarios.md")

const intro = `# Scenarios

What follows is played on a real cluster by ` + "`make test`" + `, each with the manifest and the expectation of its directory in
test/scenarios. Faults that no manifest makes (a kube-proxy that died, packets that get lost, a node that is cut off, a dead
load balancer, rollouts) are in tests of their own beside them, in test/e2e.

`

// TestTable keeps docs/scenarios.md what the scenarios are.
func TestTable(t *testing.T) {
	all, err := All("../../../scenarios")
	if err != nil {
		t.Fatal(err)
	}
	const file = "../../../../docs/scenarios.md"
	want := intro + Table(all)
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil { //nolint:gosec // it is documentation
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(file); err != nil || string(got) != want {
		t.Errorf("docs/scenarios.md is not what the scenarios are: make docs (%v)", err)
	}
}
