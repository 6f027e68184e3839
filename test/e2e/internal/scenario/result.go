package scenario

import (
	"fmt"
	"slices"
	"strings"
	"sync"
)

// Results are what was found in each scenario.
type Results struct {
	mu   sync.Mutex
	rows []result
}

// result is what must be found in a scenario, and what was.
type result struct {
	name        string
	want, found []string
}

// Add notes the names of what was found in a scenario.
func (r *Results) Add(s Scenario, found []string) {
	row := result{name: s.Name, found: slices.Clone(found)}
	for _, f := range s.Findings {
		row.want = append(row.want, f.Name)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rows = append(r.rows, row)
}

// String is a table of the scenarios in Markdown; its last line says how many of the
// findings that must be there were found, and how many of the scenarios had others.
func (r *Results) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	slices.SortFunc(r.rows, func(a, b result) int { return strings.Compare(a.name, b.name) })
	var text strings.Builder
	text.WriteString("| scenario | must be found | found | |\n| --- | --- | --- | --- |\n")
	want, recalled, alarms := 0, 0, 0
	for _, row := range r.rows {
		missed, others := without(row.want, row.found), without(row.found, row.want)
		want, recalled = want+len(row.want), recalled+len(row.want)-len(missed)
		verdict := "✔"
		if len(missed) > 0 {
			verdict = "missed"
		}
		if len(others) > 0 {
			verdict, alarms = "false alarm", alarms+1
		}
		fmt.Fprintf(&text, "| %s | %s | %s | %s |\n", row.name, strings.Join(row.want, ", "), strings.Join(row.found, ", "), verdict)
	}
	fmt.Fprintf(&text, "\n%d scenarios: %d of %d findings found, false alarms in %d\n", len(r.rows), recalled, want, alarms)
	return text.String()
}

// without returns the names that are not among the others, each as often as it is
// missing there.
func without(names, others []string) []string {
	left := slices.Clone(others)
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		i := slices.Index(left, name)
		if i >= 0 {
			left = slices.Delete(left, i, i+1)
		}
		return i >= 0
	})
}
