package evidence

import (
	"cmp"
	"slices"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// Join ties the answers of which nobody knows who gave them to the endpoints that
// have seen these very requests. Records are those of each vantage, and are left
// as they are. What one sighting of an endpoint alone says is believed; where
// several endpoints have seen a request, a proxy has tried it again, and only one
// that gave the status which the client got may have answered. What cannot be told
// stays unknown.
func Join(records [][]wire.Record, sightings []Sighting) [][]wire.Record {
	seen := byMarker(sightings)
	joined := slices.Clone(records)
	for i := range joined {
		joined[i] = slices.Clone(joined[i])
		for n, record := range joined[i] {
			if record.Cell != nil {
				joined[i][n].Cell = join(i+1, *record.Cell, seen)
			}
		}
	}
	return joined
}

func byMarker(sightings []Sighting) map[Marker][]Sighting {
	seen := map[Marker][]Sighting{}
	for _, s := range sightings {
		if s.Endpoint > 0 {
			seen[s.Marker] = append(seen[s.Marker], s)
		}
	}
	return seen
}

// join moves the requests of one cell from outcome to outcome.
func join(vantage int, c wire.Cell, seen map[Marker][]Sighting) *wire.Cell {
	counts := map[wire.Outcome]int{}
	for _, t := range c.Tallies {
		counts[t.Outcome] += t.Count
	}
	became := make([]*wire.Outcome, len(c.Sequence))
	for i, tally := range c.Sequence {
		if tally < 0 || tally >= len(c.Tallies) {
			continue
		}
		was := c.Tallies[tally].Outcome
		is := attributed(was, seen[Marker{vantage, c.Route, i + 1}])
		counts[was]--
		counts[is]++
		became[i] = &is
	}
	c.Tallies = tallies(counts)
	c.Sequence = slices.Clone(c.Sequence)
	for i, is := range became {
		if is != nil {
			c.Sequence[i] = slices.IndexFunc(c.Tallies, func(t wire.Tally) bool { return t.Outcome == *is })
		}
	}
	return &c
}

// tallies lists the outcomes that occurred.
func tallies(counts map[wire.Outcome]int) []wire.Tally {
	var all []wire.Tally
	for o, count := range counts {
		if count > 0 {
			all = append(all, wire.Tally{Outcome: o, Count: count})
		}
	}
	slices.SortFunc(all, func(a, b wire.Tally) int {
		return cmp.Or(cmp.Compare(a.Endpoint, b.Endpoint), cmp.Compare(a.Rung, b.Rung), cmp.Compare(a.Status, b.Status),
			cmp.Compare(a.GRPC, b.GRPC), cmp.Compare(a.Error, b.Error))
	})
	return all
}

// attributed returns the outcome with the endpoint that gave it, if the sightings
// of the request tell.
func attributed(o wire.Outcome, seen []Sighting) wire.Outcome {
	if o.Endpoint != 0 || o.Status == 0 {
		return o
	}
	var by Sighting
	for _, s := range seen {
		switch {
		case s.Status != 0 && s.Status != o.Status:
		case s.Rung == wire.RungUpstream && o.Status >= 500:
			// Proxies make up such errors themselves, and name the server that they had
			// no answer of.
		case by.Endpoint == 0:
			by = s
		case by.Endpoint != s.Endpoint:
			return o
		}
	}
	if by.Endpoint != 0 {
		o.Endpoint, o.Rung = by.Endpoint, by.Rung
	}
	return o
}

// Contradicted returns the routes, by vantage from 1 and number, on which answers
// were said to be one endpoint's that another one has seen, and the first has not.
// Whatever the answers say of who gave them is not to be believed there.
func Contradicted(records [][]wire.Record, sightings []Sighting) map[[2]int]bool {
	seen := byMarker(sightings)
	routes := map[[2]int]bool{}
	for i, all := range records {
		for _, record := range all {
			c := record.Cell
			if c == nil {
				continue
			}
			for n, tally := range c.Sequence {
				if tally < 0 || tally >= len(c.Tallies) {
					continue
				}
				o := c.Tallies[tally].Outcome
				by := seen[Marker{i + 1, c.Route, n + 1}]
				claimed := slices.ContainsFunc(by, func(s Sighting) bool { return s.Endpoint == o.Endpoint })
				if len(by) > 0 && o.Endpoint != 0 && o.Rung != wire.RungDirect && !claimed {
					routes[[2]int{i + 1, c.Route}] = true
				}
			}
		}
	}
	return routes
}

// Arrival is a path as requests arrived with it.
type Arrival struct {
	Path  string
	Rung  wire.Rung
	Count int
}

// Arrivals returns with which paths the requests of each route were seen to
// arrive, by vantage from 1 and number.
func Arrivals(sightings []Sighting) map[[2]int][]Arrival {
	all := map[[2]int][]Arrival{}
	known := map[Sighting]bool{}
	for _, s := range sightings {
		once := Sighting{Marker: s.Marker, Rung: s.Rung, Path: s.Path}
		if s.Path == "" || known[once] {
			continue
		}
		known[once] = true
		key := [2]int{s.Vantage, s.Route}
		at := slices.IndexFunc(all[key], func(a Arrival) bool { return a.Path == s.Path && a.Rung == s.Rung })
		if at < 0 {
			at, all[key] = len(all[key]), append(all[key], Arrival{Path: s.Path, Rung: s.Rung})
		}
		all[key][at].Count++
	}
	return all
}
