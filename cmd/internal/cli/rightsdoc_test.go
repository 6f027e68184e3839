package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/launch"
)

// TestRightsDoc keeps docs/rbac.md the rights that the program asks for.
func TestRightsDoc(t *testing.T) {
	path := filepath.Join("..", "..", "..", "docs", "rbac.md")
	want := rightsDoc()
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(text) != want {
		t.Error("docs/rbac.md is out of date: run make docs")
	}
}

func rightsDoc() string {
	var needed, optional []launch.Need
	for _, need := range append(readNeeds("NAMESPACE"), launch.Needs("NAMESPACE")...) {
		if need.Optional {
			optional = append(optional, need)
		} else {
			needed = append(needed, need)
		}
	}
	var doc strings.Builder
	doc.WriteString("# Rights\n\nWhat a trace takes, in the Service's namespace and in that of the probes (`--probe-namespace`) where it is another:\n\n")
	doc.WriteString("```yaml\n" + launch.RoleFor(needed) + "```\n\n")
	doc.WriteString("Who lacks one of these is told which, and the role that grants it.\n\n")
	doc.WriteString("What makes a trace safer or its report clearer. Without these it runs all the same, and names what it did not read or check:\n\n")
	doc.WriteString("| right | without it |\n| --- | --- |\n")
	for _, need := range optional {
		doc.WriteString("| " + strings.TrimSuffix(need.String(), " in namespace NAMESPACE") + " | it cannot " + need.Why + " |\n")
	}
	doc.WriteString("| list deployments.apps, statefulsets.apps, daemonsets.apps | it cannot see that a selector names the labels of a workload (read only when no pod is selected) |\n")
	doc.WriteString("| create secrets | a plan too large for an environment variable (more than about a thousand endpoints) cannot be handed over |\n")
	return doc.String()
}
