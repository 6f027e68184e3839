package scenario

import (
	"fmt"
	"strings"
)

// Table says in Markdown what the scenarios are, and which findings each must have: no
// more, and no fewer.
func Table(all []Scenario) string {
	healthy := 0
	names := map[string]bool{}
	rows := ""
	for _, s := range all {
		var findings []string
		for _, f := range s.Findings {
			findings = append(findings, fmt.Sprintf("`%s` (%s, %s)", f.Name, f.Severity, f.Status))
			names[f.Name] = true
		}
		if s.Exit == 0 && len(findings) == 0 {
			healthy++
		}
		repaired := ""
		if s.Repaired != nil {
			repaired = "yes"
		}
		rows += fmt.Sprintf("| %s | %s | %s | %s | %s |\n", s.Name, strings.ReplaceAll(strings.TrimSpace(s.Proves), "|", "\\|"), s.Verdict, strings.Join(findings, ", "), repaired)
	}
	return fmt.Sprintf(`%d set-ups, %d of them healthy and without any finding; %d different findings in the others. A row is passed only where the
report has these findings and no other, and just these cells. Where the printed fix was applied, the Service is healthy after it.

| scenario | what it proves | verdict | findings | healed by the printed fix |
| --- | --- | --- | --- | --- |
`, len(all), healthy, len(names)) + rows
}
