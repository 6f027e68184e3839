package trace

import "github.com/kubectl-nettrace/kubectl-nettrace/trace/route"

// Route returns the route that a plan asks.
func (run *Run) Route(a Asked) route.Route {
	if a.Trace < 0 {
		return run.Controls[a.Route]
	}
	return run.Traces[a.Trace].Routes[a.Route]
}

// Askers returns the vantages that ask a route of the trace, or, when none does,
// the reason.
func (run *Run) Askers(t *Trace, index int) []string {
	var names []string
	for _, plan := range run.Plans {
		for _, a := range plan.Asked {
			if a.Trace >= 0 && run.Traces[a.Trace] == t && a.Route == index && !a.Trail {
				names = append(names, plan.Vantage.String())
			}
		}
	}
	for _, u := range t.unsent {
		if u.route == index && u.vantage < 0 {
			names = append(names, "nowhere: "+u.reason)
		}
	}
	return names
}

// Unasked returns the routes that are asked from nowhere, as cells with the
// reason.
func (t *Trace) Unasked() []Cell {
	var cells []Cell
	for _, r := range t.Routes {
		if r.Untested != "" {
			cells = append(cells, Cell{Kind: r.Kind, Address: r.Address, Reason: r.Untested})
		}
	}
	for _, u := range t.unsent {
		if r := t.Routes[u.route]; u.vantage < 0 && !r.Contrast {
			cells = append(cells, Cell{Kind: r.Kind, Address: r.Address, Reason: u.reason})
		}
	}
	return cells
}
