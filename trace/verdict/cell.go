package verdict

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/evidence"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
)

// Verdict is the judgement of a cell, of a layer or of a whole run.
type Verdict string

// The verdicts. The first three say nothing for or against the target.
const (
	Untested Verdict = "untested"
	// ShortCut: all went well, but not on the way that the route stands for.
	ShortCut Verdict = "short-cut"
	// Stopped: a redirect or a demand for authentication came from a proxy, before
	// any pod.
	Stopped  Verdict = "stopped at proxy"
	Healthy  Verdict = "healthy"
	Degraded Verdict = "degraded"
	Broken   Verdict = "broken"
)

// Conclusive reports whether the verdict says something for or against the
// target.
func (v Verdict) Conclusive() bool { return v == Healthy || v.Failing() }

// Failing reports whether the verdict is one of failure.
func (v Verdict) Failing() bool { return v == Degraded || v == Broken }

// Cell is one route from one vantage, judged.
type Cell struct {
	// Route is the index into the run's routes.
	Route int
	// Vantage is the index into the run's vantages, or -1 when the route was
	// asked from none.
	Vantage int
	Verdict Verdict
	// Reason says why the cell has a verdict that says nothing of the target, and
	// what else must be known of it.
	Reason string
	// Sent counts the requests that say something about the target, and OK
	// those of them that got a good answer.
	Sent, OK int
	// Answers counts answers of any status by the endpoint that gave them.
	Answers []Answer
	// Unknown counts the answers of which it is not known who gave them.
	Unknown  int
	Failures []Failure
	Seen     evidence.Observation
}

// Answer counts the answers of one endpoint.
type Answer struct {
	// Endpoint is the index of the endpoint (see target.Endpoint).
	Endpoint int
	Rung     wire.Rung
	Count    int
}

// Failure counts the requests that failed in the same way.
type Failure struct {
	// What is an error class, a status such as "HTTP 503" or "gRPC UNAVAILABLE", or
	// what a lookup brought (see Compare).
	What  string
	Error wire.ErrorClass
	// Status is zero for an error.
	Status int
	// Endpoint is the index of the endpoint that is known to have answered so,
	// or -1.
	Endpoint int
	// Wrong is set when a lookup brought something, and not what it must.
	Wrong bool
	Count int
}

// Judge returns a cell for every observation, and one for every route that cannot
// be tested at all.
func Judge(routes []route.Route, seen []evidence.Observation) []Cell {
	baselines := Baselines(routes, seen)
	var cells []Cell
	for _, observation := range seen {
		r := routes[observation.Route]
		cells = append(cells, judge(r, baselines[r.Group], observation))
	}
	excuse(routes, cells)
	for i, r := range routes {
		if r.Untested != "" {
			cells = append(cells, Cell{Route: i, Vantage: -1, Verdict: Untested, Reason: r.Untested})
		}
	}
	slices.SortStableFunc(cells, func(a, b Cell) int {
		return cmp.Or(cmp.Compare(a.Route, b.Route), cmp.Compare(a.Vantage, b.Vantage))
	})
	return cells
}

func judge(r route.Route, baseline Baseline, observation evidence.Observation) Cell {
	c := Cell{Route: observation.Route, Vantage: observation.Vantage, Seen: observation}
	var tallies []wire.Tally
	unsent := 0
	for _, tally := range observation.Tallies {
		if tally.Error == wire.ErrorLocal {
			// The probe could not send: nothing was learned about the target.
			unsent += tally.Count
			continue
		}
		tallies = append(tallies, tally)
		c.Sent += tally.Count
	}
	if r.Protocol == wire.DNS && r.Lookup != nil {
		c.resolve(r, tallies, observation.Resolutions)
	} else {
		c.count(r, baseline, tallies)
	}
	slices.SortStableFunc(c.Failures, func(a, b Failure) int { return cmp.Compare(b.Count, a.Count) })
	if c.Verdict, c.Reason = c.decide(r, baseline, tallies); unsent > 0 {
		c.Reason = cmp.Or(c.Reason, fmt.Sprintf("the probe itself could not send %d requests", unsent))
	}
	if c.Sent == 0 {
		c.Reason = cmp.Or(c.Reason, "the run ended before it was asked")
	}
	return c
}

// count tells good answers from failures, and who gave them.
func (c *Cell) count(r route.Route, baseline Baseline, tallies []wire.Tally) {
	for _, tally := range tallies {
		c.attribute(tally)
		if baseline.Good(r, tally.Outcome) {
			c.OK += tally.Count
		} else {
			c.Failures = append(c.Failures, failure(tally))
		}
	}
	slices.SortFunc(c.Answers, func(a, b Answer) int { return cmp.Compare(a.Endpoint, b.Endpoint) })
}

// decide returns the verdict on what was counted, and a reason where it needs
// one.
func (c *Cell) decide(r route.Route, baseline Baseline, tallies []wire.Tally) (verdict Verdict, reason string) {
	switch {
	case c.Sent == 0:
		return Untested, ""
	case baseline.stopped(r, tallies):
		return Stopped, baseline.whatStops(r, tallies, c.Seen.Samples)
	case r.Kind != route.Control && baseline.silent(r, tallies):
		return Untested, unanswered(r)
	case c.OK == c.Sent && r.Kind != route.Control && baseline.plain(r, tallies):
		return Untested, fmt.Sprintf("the pods grant no WebSocket at %s (%s), so that nothing tells whether one would pass; --path names where they do", cmp.Or(r.Arrives, r.Path), status(tallies[0].Outcome))
	case c.OK == c.Sent && !slices.ContainsFunc(tallies, func(t wire.Tally) bool { return !ambiguous(r, t.Outcome) }):
		return Untested, fmt.Sprintf("the pods say %s as well: nothing tells whether this was theirs or the proxy's", status(tallies[0].Outcome))
	case c.OK == c.Sent:
		return Healthy, ""
	case c.OK > 0:
		return Degraded, ""
	}
	return Broken, ""
}

// silent reports whether all that came of datagrams is silence, from the pods
// themselves as well. Over UDP that is no failure: what is not understood is not
// answered.
func (b Baseline) silent(r route.Route, tallies []wire.Tally) bool {
	return r.Protocol == wire.UDP && !b.Replies &&
		!slices.ContainsFunc(tallies, func(t wire.Tally) bool { return t.Error != wire.ErrorTimeout })
}

// plain reports whether an upgrade to WebSocket was answered as any request may
// be, by the pods themselves as well: then none was opened.
func (b Baseline) plain(r route.Route, tallies []wire.Tally) bool {
	return upgrades(r) && r.Padding == 0 && !b.Statuses[101] && !slices.ContainsFunc(tallies, func(t wire.Tally) bool { return t.Status == 101 })
}

// upgrades reports whether the route's requests ask for an upgrade to WebSocket.
func upgrades(r route.Route) bool { return r.Protocol == wire.WS || r.Protocol == wire.WSS }

func unanswered(r route.Route) string {
	if r.Kind == route.Pod {
		return "no pod answers the datagram, and over UDP that may be right"
	}
	return "the pods do not answer the datagram either"
}

// ambiguous reports whether a good answer may be the proxy's own all the same:
// it is what proxies say when they have no rule for a request, and nothing tells
// that a pod gave it.
func ambiguous(r route.Route, o wire.Outcome) bool {
	return speaksItself(r.Kind) && o.Endpoint == 0 && (o.Status == 404 || o.GRPC == "UNIMPLEMENTED")
}

// attribute counts the tally's answers for who gave them. What got no answer
// was given by nobody.
func (c *Cell) attribute(tally wire.Tally) {
	switch {
	case tally.Endpoint > 0:
		for i := range c.Answers {
			if c.Answers[i].Endpoint == tally.Endpoint-1 && c.Answers[i].Rung == tally.Rung {
				c.Answers[i].Count += tally.Count
				return
			}
		}
		c.Answers = append(c.Answers, Answer{Endpoint: tally.Endpoint - 1, Rung: tally.Rung, Count: tally.Count})
	case tally.Status != 0 || tally.Error == "":
		c.Unknown += tally.Count
	}
}

func failure(tally wire.Tally) Failure {
	f := Failure{What: string(tally.Error), Error: tally.Error, Status: tally.Status, Endpoint: tally.Endpoint - 1, Count: tally.Count}
	if tally.Error == "" {
		f.What = status(tally.Outcome)
	}
	return f
}

// status names what an answer said.
func status(o wire.Outcome) string {
	if o.GRPC != "" {
		return "gRPC " + o.GRPC
	}
	return fmt.Sprintf("HTTP %d", o.Status)
}
