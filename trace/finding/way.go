package finding

import (
	"slices"
	"strings"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

// suspicion is a condition that speaks against some ways in, and what requests on
// them showed.
type suspicion struct {
	object, rule string
	condition    route.Condition
	cells        []verdict.Cell
}

// suspected returns the suspicions that traffic does not refute.
func (f Facts) suspected(wanted func(route.Condition) bool) []suspicion {
	return slices.DeleteFunc(f.suspicions(wanted), suspicion.refuted)
}

// refuted reports whether requests did not fail on any of the ways.
func (s suspicion) refuted() bool { return len(s.cells) > 0 && !s.confirmed() }

// confirmed reports whether requests failed on some of the ways.
func (s suspicion) confirmed() bool {
	return slices.ContainsFunc(s.cells, func(c verdict.Cell) bool { return c.Verdict.Failing() })
}

// suspicions gathers the conditions that are wanted, by the object that they are
// about.
func (f Facts) suspicions(wanted func(route.Condition) bool) []suspicion {
	var all []suspicion
	for i, r := range f.Routes {
		for _, c := range r.Conditions {
			if !wanted(c) || r.Contrast {
				continue
			}
			at := slices.IndexFunc(all, func(s suspicion) bool { return s.object == r.Object && s.condition.Text == c.Text })
			if at < 0 {
				at, all = len(all), append(all, suspicion{object: r.Object, rule: r.Rule, condition: c})
			}
			all[at].cells = append(all[at].cells, f.asked(i)...)
		}
	}
	return all
}

// asked returns the cells of the route that were tested.
func (f Facts) asked(route int) []verdict.Cell {
	return slices.DeleteFunc(slices.Clone(f.Cells), func(c verdict.Cell) bool { return c.Route != route || c.Verdict == verdict.Untested })
}

// raise makes a finding of the suspicion, as an error where traffic confirms it,
// and a warning else.
func (f Facts) raise(s suspicion, found Finding) Finding {
	found.Severity, found.Status, found.Layer = Warning, Unverified, route.Ingress
	if !strings.HasPrefix(s.object, "ingress ") {
		found.Layer = route.Gateway
	}
	said := s.condition.Text
	if !strings.HasPrefix(said, s.object) {
		said = s.object + ": " + said
	}
	found.Evidence = append([]Evidence{object(said)}, found.Evidence...)
	if s.confirmed() {
		found.Severity, found.Status = Error, Confirmed
		found.Evidence = append(found.Evidence, f.outcome(s.cells[:min(2, len(s.cells))])...)
	}
	return found
}

// of reports whether a condition has the type.
func of(kind string) func(route.Condition) bool {
	return func(c route.Condition) bool { return c.Type == kind }
}
