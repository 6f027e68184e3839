package cli

import (
	"strings"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/finding"
)

// TestFindingsDoc keeps docs/findings.md the catalogue that the program has.
func TestFindingsDoc(t *testing.T) { generated(t, "docs/findings.md", "findings", findingsTable()) }

// findingsTable returns the catalogue as Markdown.
func findingsTable() string {
	var table strings.Builder
	table.WriteString("| name | configuration shows | traffic shows | fix |\n| --- | --- | --- | --- |\n")
	family := ""
	for _, p := range finding.Catalogue() {
		if p.Family != family {
			family = p.Family
			table.WriteString("| **" + family + "** | | | |\n")
		}
		cells := []string{"`" + p.Name + "`", p.Configuration, p.Traffic, p.Fix}
		for i, cell := range cells {
			if cell == "" {
				cells[i] = "–"
			}
		}
		table.WriteString("| " + strings.Join(cells, " | ") + " |\n")
	}
	return table.String()
}

// TestCatalogue: no finding has two pages, and each says what shows it and what to
// do.
func TestCatalogue(t *testing.T) {
	known := map[string]bool{}
	for _, p := range finding.Catalogue() {
		if known[p.Name] || p.Configuration == "" && p.Traffic == "" || p.Fix == "" || len(p.Look) == 0 {
			t.Errorf("the page of %s is there already, or lacks something: %+v", p.Name, p)
		}
		known[p.Name] = true
	}
}
