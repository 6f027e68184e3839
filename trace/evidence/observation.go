package evidence

import (
	"slices"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// Observation is all that was seen of one route from one vantage.
type Observation struct {
	// Route and Vantage are indexes into the run's routes and vantages.
	Route, Vantage int
	wire.Cell
}

// Seen is what one probe brought back.
type Seen struct {
	Cells    []Observation
	Locators []wire.Locator
	End      wire.End
}

// Observe reads the records of the probe at the vantage. Routes maps the
// numbers of the plan's routes, less one, to the run's routes. Endpoints is how
// many the plan has, the neighbours among them; one that it does not have counts
// as unknown.
func Observe(vantage int, routes []int, endpoints int, records []wire.Record) Seen {
	var seen Seen
	for _, record := range records {
		switch {
		case record.Cell != nil && record.Cell.Route >= 1 && record.Cell.Route <= len(routes):
			cell := *record.Cell
			cell.Tallies = known(cell.Tallies, endpoints)
			seen.Cells = append(seen.Cells, Observation{Route: routes[cell.Route-1], Vantage: vantage, Cell: cell})
		case record.Locator != nil:
			seen.Locators = append(seen.Locators, *record.Locator)
		case record.End != nil:
			seen.End = *record.End
		}
	}
	return seen
}

// known returns the tallies without endpoints that do not exist.
func known(tallies []wire.Tally, endpoints int) []wire.Tally {
	kept := slices.Clone(tallies)
	for i, tally := range kept {
		if tally.Endpoint < 0 || tally.Endpoint > endpoints {
			kept[i].Endpoint, kept[i].Rung = 0, wire.RungNone
		}
	}
	return kept
}
