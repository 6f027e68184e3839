package cli

import (
	"os"
	"path/filepath"
	"slices"
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
	const optionally = "What makes a trace safer or its report clearer. Without these it runs all the same, and names what it did not read or check:"
	read := readNeeds("NAMESPACE")
	var doc strings.Builder
	doc.WriteString("# Rights\n\nWhat a trace takes, in the Service's namespace and in that of the probes (`--probe-namespace`) where it is another:\n\n")
	writeRole(&doc, append(read, launch.Needs("NAMESPACE")...))
	doc.WriteString("Who lacks one of these is told which, and the role that grants it.\n\n" + optionally + "\n\n")
	writeOptional(&doc, append(read, launch.Needs("NAMESPACE")...))
	doc.WriteString("| list deployments.apps, statefulsets.apps, daemonsets.apps | it cannot see that a selector names the labels of a workload (read only when no pod is selected) |\n")
	doc.WriteString("| list pods and get pods/log in the namespace of an Ingress controller or Gateway | it cannot tell from their access logs to which pod they handed a request, and how often they tried |\n")
	doc.WriteString("| create secrets | a plan too large for an environment variable (more than about a thousand endpoints) cannot be handed over |\n")

	doc.WriteString("\n## With `--like pod/NAME`\n\nThe probes then bear labels of others, and nothing of that is left to chance. In addition it takes, in the namespace of that pod:\n\n")
	writeRole(&doc, launch.LikeNeeds("NAMESPACE"))
	doc.WriteString("Beyond these:\n\n")
	writeOptional(&doc, launch.LikeNeeds("NAMESPACE"))

	doc.WriteString("\n## With `--no-pods`\n\nNothing is launched, and all that it takes is:\n\n")
	writeRole(&doc, append(read, launch.ForwardNeed("NAMESPACE")))
	return strings.TrimSpace(doc.String()) + "\n"
}

// writeRole writes the role of the rights that cannot be done without.
func writeRole(doc *strings.Builder, needs []launch.Need) {
	needed := slices.DeleteFunc(slices.Clone(needs), func(n launch.Need) bool { return n.Optional })
	doc.WriteString("```yaml\n" + launch.RoleFor(needed) + "```\n\n")
}

// writeOptional lists the rights that can be done without.
func writeOptional(doc *strings.Builder, needs []launch.Need) {
	doc.WriteString("| right | without it |\n| --- | --- |\n")
	for _, need := range needs {
		if need.Optional {
			doc.WriteString("| " + strings.TrimSuffix(need.String(), " in namespace NAMESPACE") + " | it cannot " + need.Why + " |\n")
		}
	}
}
