package evidence

import (
	"slices"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
)

// Observation is all that was seen of one route from one vantage. Its tallies
// and samples name endpoints by the index in the target, plus one.
type Observation struct {
	// Route and Vantage are indexes into the target's routes and the run's
	// vantages.
	Route, Vantage int
	wire.Cell
}

// Observe reads the records of the probe at the vantage that are about the
// target. Routes maps the numbers of the plan's routes to the target's routes;
// records of others are passed over. An answer of an endpoint that is none of
// the target's counts as unknown. Without a target no answer is anybody's.
func (d *Directory) Observe(vantage int, routes map[int]int, t *target.Target, records []wire.Record) []Observation {
	var seen []Observation
	indexes := map[int]int{}
	if t != nil {
		indexes = d.indexes(t)
	}
	for _, record := range records {
		if record.Cell == nil {
			continue
		}
		if r, mine := routes[record.Cell.Route]; mine {
			seen = append(seen, Observation{Route: r, Vantage: vantage, Cell: translate(*record.Cell, indexes)})
		}
	}
	return seen
}

// translate replaces the numbers of endpoints by the target's own.
func translate(c wire.Cell, indexes map[int]int) wire.Cell {
	own := func(o *wire.Outcome) {
		if o.Endpoint == 0 {
			return
		}
		if i, known := indexes[o.Endpoint]; known {
			o.Endpoint = i + 1
		} else {
			o.Endpoint, o.Rung = 0, wire.RungNone
		}
	}
	c.Tallies, c.Samples = slices.Clone(c.Tallies), slices.Clone(c.Samples)
	for i := range c.Tallies {
		own(&c.Tallies[i].Outcome)
	}
	c.Troubles = slices.Clone(c.Troubles)
	for i := range c.Troubles {
		own(&c.Troubles[i].Outcome)
	}
	for i := range c.Samples {
		own(&c.Samples[i].Outcome)
	}
	return c
}

// Lessons returns the places that the records tell of: how a probe found answers
// to name endpoints, and at the end whether that held.
func Lessons(records []wire.Record) (learned, held []wire.Locator) {
	for _, record := range records {
		if record.Learned != nil {
			learned = append(learned, record.Learned.Locators...)
		}
		if record.Locator != nil {
			held = append(held, *record.Locator)
		}
	}
	return learned, held
}

// End returns the last record of the probe.
func End(records []wire.Record) wire.End {
	for _, record := range slices.Backward(records) {
		if record.End != nil {
			return *record.End
		}
	}
	return wire.End{}
}

// Forget returns the records without what answers said of who gave them, on the
// routes that are chosen by their number.
func Forget(records []wire.Record, chosen func(route int) bool) []wire.Record {
	all := slices.Clone(records)
	for i, record := range all {
		if record.Cell == nil || !chosen(record.Cell.Route) {
			continue
		}
		c := *record.Cell
		forget := func(o *wire.Outcome) {
			if o.Rung == wire.RungAnswer || o.Rung == wire.RungFingerprint {
				o.Endpoint, o.Rung = 0, wire.RungNone
			}
		}
		c.Tallies, c.Samples = slices.Clone(c.Tallies), slices.Clone(c.Samples)
		for n := range c.Tallies {
			forget(&c.Tallies[n].Outcome)
		}
		c.Troubles = slices.Clone(c.Troubles)
		for n := range c.Troubles {
			forget(&c.Troubles[n].Outcome)
		}
		for n := range c.Samples {
			forget(&c.Samples[n].Outcome)
		}
		all[i].Cell = &c
	}
	return all
}
