package agent

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// The bounds of what is kept of single requests in one cell.
const (
	maxSamplesOfKind = 3
	maxKinds         = 12
	maxResolutions   = 12
	maxCertificates  = 3
	maxArrivals      = 12
	maxEchoes        = 200
	maxSequence      = 5000
)

// cell counts the outcomes on one route. What it keeps grows with how many
// different outcomes there are, and not with the number of requests.
type cell struct {
	sent    int
	tallies map[wire.Outcome]int
	// outcomes are the different ones in the order in which they came, and
	// sequence tells for each request which of them it had, counted from 1; 0 is
	// not known.
	outcomes []wire.Outcome
	sequence []uint32
	// more and added are those of [wire.Cell].
	more, added               int
	connect, firstByte, total wire.Latency
	samples                   map[kind][]wire.Sample
	troubles                  []wire.Trouble
	maxTroubles               int
	slowest                   *wire.Sample
	// resolutions are the different answers of the DNS, by all that is in them.
	resolutions  map[string]*wire.Resolution
	certificates []*shown
	largest      int
	// arrivals are the different paths that answers name as theirs.
	arrivals map[wire.Arrival]int
	pages    map[wire.Page]int
	// echoes are the different headers of requests that answers show, and echoing is
	// how many do so.
	echoes  map[wire.Echo]int
	echoing int
	// strangers is set once an answer had something at the place of the endpoints'
	// fingerprints that is none of theirs.
	strangers bool
}

// kind is what failures have in common of which a few samples are enough.
type kind struct {
	class int // of the status: 4 for 404
	grpc  string
	error wire.ErrorClass
}

func newCell(maxTroubles int) *cell {
	return &cell{maxTroubles: maxTroubles, tallies: map[wire.Outcome]int{}, samples: map[kind][]wire.Sample{}, resolutions: map[string]*wire.Resolution{}, arrivals: map[wire.Arrival]int{}, pages: map[wire.Page]int{}, echoes: map[wire.Echo]int{}}
}

// add counts the request with the sequence number. An answer that did not end
// counts in all but the total duration, since that would say more about the
// probe's patience.
func (c *cell) add(sequence int, o wire.Outcome, a *answer) {
	c.sent++
	c.tallies[o]++
	c.note(sequence, o)
	c.largest = max(c.largest, a.size)
	if a.certificate != nil {
		c.show(a.certificate)
	}
	if a.resolution != nil {
		c.resolve(*a.resolution)
	}
	if a.arrived() {
		// Not every protocol has every phase.
		if a.phases.Connect > 0 {
			c.connect.Record(a.phases.Connect)
		}
		if a.phases.FirstByte > 0 {
			c.firstByte.Record(a.phases.FirstByte)
		}
		if a.err == nil {
			c.total.Record(a.phases.Total)
		}
		if c.slowest == nil || a.phases.Total > c.slowest.Phases.Total {
			c.slowest = sample(o, a)
		}
	}
	if wire.Failed(o) && len(c.troubles) < c.maxTroubles {
		c.troubles = append(c.troubles, wire.Trouble{Sent: a.sent, Outcome: o})
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

// arrive counts the path that an answer names, if it does, and the answer itself.
func (c *cell) arrive(a wire.Arrival, p wire.Page, status int) {
	a.Status, p.Status = status, status
	if _, known := c.arrivals[a]; a.Path != "" && (known || len(c.arrivals) < maxArrivals) {
		c.arrivals[a]++
	}
	if _, known := c.pages[p]; p.Digest != "" && (known || len(c.pages) < maxArrivals) {
		c.pages[p]++
	}
}

// echo counts the headers of its request that an answer shows, if it does.
func (c *cell) echo(headers []wire.Echo) {
	if len(headers) == 0 {
		return
	}
	c.echoing++
	for _, h := range headers {
		if _, known := c.echoes[h]; known || len(c.echoes) < maxEchoes {
			c.echoes[h]++
		}
	}
}

// note keeps which outcome a request had.
func (c *cell) note(sequence int, o wire.Outcome) {
	if c.tallies[o] == 1 {
		c.outcomes = append(c.outcomes, o)
	}
	if sequence < 1 || sequence > maxSequence {
		return
	}
	for len(c.sequence) < sequence {
		c.sequence = append(c.sequence, 0)
	}
	c.sequence[sequence-1] = uint32(slices.Index(c.outcomes, o) + 1)
}

// show keeps a certificate that is not known yet.
func (c *cell) show(s *shown) {
	known := slices.ContainsFunc(c.certificates, func(k *shown) bool { return k.fingerprint == s.fingerprint })
	if !known && len(c.certificates) < maxCertificates {
		c.certificates = append(c.certificates, s)
	}
}

// resolve counts an answer of the DNS.
func (c *cell) resolve(r wire.Resolution) {
	key := fmt.Sprint(r)
	if c.resolutions[key] == nil && len(c.resolutions) < maxResolutions {
		c.resolutions[key] = &r
	}
	if known := c.resolutions[key]; known != nil {
		known.Count++
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
	record := &wire.Cell{Route: route, Sent: c.sent, More: c.more, Added: c.added, GaveUp: gaveUp, Connect: c.connect, FirstByte: c.firstByte, Total: c.total, LargestBody: c.largest, Echoing: c.echoing}
	for _, s := range c.certificates {
		record.Certificates = append(record.Certificates, s.record())
	}
	for a, count := range c.arrivals {
		a.Count = count
		record.Arrivals = append(record.Arrivals, a)
	}
	for p, count := range c.pages {
		p.Count = count
		record.Pages = append(record.Pages, p)
	}
	for h, count := range c.echoes {
		h.Count = count
		record.Echoes = append(record.Echoes, h)
	}
	slices.SortFunc(record.Echoes, func(a, b wire.Echo) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Value, b.Value))
	})
	slices.SortFunc(record.Pages, func(a, b wire.Page) int {
		return cmp.Or(cmp.Compare(a.Status, b.Status), cmp.Compare(a.Digest, b.Digest))
	})
	slices.SortFunc(record.Arrivals, func(a, b wire.Arrival) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Frame, b.Frame), cmp.Compare(a.Status, b.Status))
	})
	for _, key := range slices.Sorted(maps.Keys(c.resolutions)) {
		record.Resolutions = append(record.Resolutions, *c.resolutions[key])
	}
	places := map[wire.Outcome]int{}
	for i, o := range slices.SortedFunc(maps.Keys(tallies), compareOutcomes) {
		record.Tallies = append(record.Tallies, wire.Tally{Outcome: o, Count: tallies[o]})
		places[o] = i
	}
	for _, n := range c.sequence {
		place := -1
		if n > 0 {
			place = places[settle(c.outcomes[n-1])]
		}
		record.Sequence = append(record.Sequence, place)
	}
	for _, samples := range c.samples {
		record.Samples = append(record.Samples, samples...)
	}
	record.Troubles = c.troubled(settle)
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

// troubled returns the failed requests in the order in which they were sent.
func (c *cell) troubled(settle func(wire.Outcome) wire.Outcome) []wire.Trouble {
	var all []wire.Trouble
	for _, t := range c.troubles {
		all = append(all, wire.Trouble{Sent: t.Sent, Outcome: settle(t.Outcome)})
	}
	slices.SortStableFunc(all, func(a, b wire.Trouble) int { return a.Sent.Compare(b.Sent) })
	return all
}

func compareOutcomes(a, b wire.Outcome) int {
	return cmp.Or(cmp.Compare(a.Endpoint, b.Endpoint), cmp.Compare(a.Status, b.Status), cmp.Compare(a.GRPC, b.GRPC),
		cmp.Compare(a.Error, b.Error), cmp.Compare(a.Rung, b.Rung))
}
