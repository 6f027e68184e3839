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

// The verdicts, from the best to the worst.
const (
	Untested Verdict = "untested"
	Healthy  Verdict = "healthy"
	Degraded Verdict = "degraded"
	Broken   Verdict = "broken"
)

// Cell is one route from one vantage, judged.
type Cell struct {
	// Route is the index into the run's routes.
	Route int
	// Vantage is the index into the run's vantages, or -1 when the route was
	// asked from none.
	Vantage int
	Verdict Verdict
	// Reason says why the cell is untested.
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
	// Endpoint is the index into target.Endpoints.
	Endpoint int
	Rung     wire.Rung
	Count    int
}

// Failure counts the requests that failed in the same way.
type Failure struct {
	// What is an error class, or a status such as "HTTP 503".
	What  string
	Error wire.ErrorClass
	// Status is zero for an error.
	Status int
	// Endpoint is the index of the endpoint that is known to have answered so,
	// or -1.
	Endpoint int
	Count    int
}

// Judge returns a cell for every observation, and one for every route that cannot
// be tested at all.
func Judge(routes []route.Route, seen []evidence.Observation) []Cell {
	baselines := Baselines(routes, seen)
	var cells []Cell
	for _, observation := range seen {
		r := routes[observation.Route]
		cells = append(cells, judge(r, baselines[r.Port], observation))
	}
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
	unsent := 0
	for _, tally := range observation.Tallies {
		if tally.Error == wire.ErrorLocal {
			// The probe could not send: nothing was learned about the target.
			unsent += tally.Count
			continue
		}
		c.Sent += tally.Count
		c.attribute(tally)
		if baseline.Good(r.Protocol, tally.Outcome) {
			c.OK += tally.Count
		} else {
			c.Failures = append(c.Failures, failure(tally))
		}
	}
	slices.SortStableFunc(c.Failures, func(a, b Failure) int { return cmp.Compare(b.Count, a.Count) })
	slices.SortFunc(c.Answers, func(a, b Answer) int { return cmp.Compare(a.Endpoint, b.Endpoint) })
	if unsent > 0 {
		c.Reason = fmt.Sprintf("the probe itself could not send %d requests", unsent)
	}
	switch {
	case c.Sent == 0:
		c.Verdict, c.Reason = Untested, cmp.Or(c.Reason, "the run ended before it was asked")
	case c.OK == c.Sent:
		c.Verdict = Healthy
	case c.OK > 0:
		c.Verdict = Degraded
	default:
		c.Verdict = Broken
	}
	return c
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
		f.What = fmt.Sprintf("HTTP %d", tally.Status)
	}
	return f
}
