package agent

import (
	"cmp"
	"maps"
	"slices"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// The bounds of what is kept of single requests in one cell.
const (
	maxSamplesOfKind = 3
	maxKinds         = 12
)

// cell counts the outcomes on one route. What it keeps grows with how many
// different outcomes there are, and not with the number of requests.
type cell struct {
	sent                      int
	tallies                   map[wire.Outcome]int
	connect, firstByte, total wire.Latency
	samples                   map[kind][]wire.Sample
	slowest                   *wire.Sample
}

// kind is what failures have in common of which a few samples are enough.
type kind struct {
	class int // of the status: 4 for 404
	grpc  string
	error wire.ErrorClass
}

func newCell() *cell {
	return &cell{tallies: map[wire.Outcome]int{}, samples: map[kind][]wire.Sample{}}
}

// add counts one request. An answer that did not end counts in all but the
// total duration, since that would say more about the probe's patience.
func (c *cell) add(o wire.Outcome, a *answer) {
	c.sent++
	c.tallies[o]++
	if a.arrived() {
		c.connect.Record(a.phases.Connect)
		if a.status != 0 {
			c.firstByte.Record(a.phases.FirstByte)
		}
		if a.err == nil {
			c.total.Record(a.phases.Total)
		}
		if c.slowest == nil || a.phases.Total > c.slowest.Phases.Total {
			c.slowest = sample(o, a)
		}
	}
	if o.Error == "" && o.Status < 300 && (o.GRPC == "" || o.GRPC == grpcOK) {
		return
	}
	k := kind{class: o.Status / 100, grpc: o.GRPC, error: o.Error}
	kept := c.samples[k]
	if len(kept) < maxSamplesOfKind && (kept != nil || len(c.samples) < maxKinds) {
		c.samples[k] = append(kept, *sample(o, a))
	}
}

func sample(o wire.Outcome, a *answer) *wire.Sample {
	return &wire.Sample{Marker: a.marker, TraceID: a.traceID, Sent: a.sent, Outcome: o, Detail: a.detail(), Phases: a.phases}
}

// record returns the cell as it is sent, every outcome as settle returns it.
func (c *cell) record(route int, gaveUp bool, settle func(wire.Outcome) wire.Outcome) *wire.Cell {
	tallies := map[wire.Outcome]int{}
	for o, count := range c.tallies {
		tallies[settle(o)] += count
	}
	record := &wire.Cell{Route: route, Sent: c.sent, GaveUp: gaveUp, Connect: c.connect, FirstByte: c.firstByte, Total: c.total}
	for _, o := range slices.SortedFunc(maps.Keys(tallies), compareOutcomes) {
		record.Tallies = append(record.Tallies, wire.Tally{Outcome: o, Count: tallies[o]})
	}
	for _, samples := range c.samples {
		record.Samples = append(record.Samples, samples...)
	}
	if c.slowest != nil && !slices.ContainsFunc(record.Samples, func(s wire.Sample) bool { return s.Marker == c.slowest.Marker }) {
		record.Samples = append(record.Samples, *c.slowest)
	}
	for i := range record.Samples {
		record.Samples[i].Outcome = settle(record.Samples[i].Outcome)
	}
	slices.SortFunc(record.Samples, func(a, b wire.Sample) int {
		return cmp.Or(a.Sent.Compare(b.Sent), cmp.Compare(a.Marker, b.Marker))
	})
	return record
}

func compareOutcomes(a, b wire.Outcome) int {
	return cmp.Or(cmp.Compare(a.Endpoint, b.Endpoint), cmp.Compare(a.Status, b.Status), cmp.Compare(a.GRPC, b.GRPC),
		cmp.Compare(a.Error, b.Error), cmp.Compare(a.Rung, b.Rung))
}
