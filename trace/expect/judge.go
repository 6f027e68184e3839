package expect

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/finding"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/spread"
)

// Judge compares a report with what is expected of it, clause by clause.
func Judge(clauses []Clause, r *trace.Report) []trace.Expected {
	var all []trace.Expected
	for _, c := range clauses {
		e := trace.Expected{Expectation: c.String()}
		switch c.Key {
		case Status:
			e.Ways = c.each(r, asked, c.status)
		case Path:
			e.Ways = byRule(c.each(r, proxied, c.path))
		case Spread:
			e.Ways = c.each(r, func(cell trace.Cell) bool { return cell.Spread != nil }, c.spread)
		case Weights:
			e.Ways = c.weights(r)
		}
		e.Result = together(e.Ways)
		all = append(all, e)
	}
	return all
}

// each judges the chosen ways for which the clause means something.
func (c Clause) each(r *trace.Report, meant func(trace.Cell) bool, judge func(trace.Cell) (trace.Result, string)) []trace.ExpectedWay {
	var all []trace.ExpectedWay
	for _, cell := range r.Cells {
		if !c.Ways.chosen(cell) || !meant(cell) {
			continue
		}
		result, why := judge(cell)
		name := way(cell)
		if c.Key == Path {
			name = ruleOf(cell)
		}
		all = append(all, trace.ExpectedWay{Kind: cell.Kind, Way: name, Vantage: cell.Vantage, Result: result, Why: why})
	}
	return all
}

// byRule joins the ways of one rule, which all lead through the same proxy: where a
// request was seen to arrive on one of them, that is what the rule does.
func byRule(ways []trace.ExpectedWay) []trace.ExpectedWay {
	var all []trace.ExpectedWay
	for _, w := range ways {
		i := slices.IndexFunc(all, func(o trace.ExpectedWay) bool { return o.Way == w.Way && o.Vantage == w.Vantage })
		switch {
		case i < 0:
			all = append(all, w)
		case all[i].Result == trace.NotObserved || w.Result == trace.Missed:
			all[i] = w
		}
	}
	return all
}

// together is the result for all ways: missed where one was, and met only where each
// was.
func together(ways []trace.ExpectedWay) trace.Result {
	has := func(result trace.Result) bool {
		return slices.ContainsFunc(ways, func(w trace.ExpectedWay) bool { return w.Result == result })
	}
	switch {
	case has(trace.Missed):
		return trace.Missed
	case len(ways) == 0 || has(trace.NotObserved):
		return trace.NotObserved
	}
	return trace.Met
}

// way names a cell as a person would: by what is asked for, or else where.
func way(c trace.Cell) string {
	switch {
	case proxied(c):
		return fmt.Sprintf("%s %s%s at %s", c.Kind, c.Host, c.Path, c.Address)
	case c.Endpoint != "":
		return fmt.Sprintf("%s %s at %s", c.Kind, c.Endpoint, c.Address)
	}
	return fmt.Sprintf("%s %s", c.Kind, c.Address)
}

// ruleOf names the rule that a cell leads through.
func ruleOf(c trace.Cell) string {
	if c.Rule == "" {
		return c.Object
	}
	return c.Object + ", rule " + c.Rule
}

func proxied(c trace.Cell) bool {
	return (c.Kind == route.Ingress || c.Kind == route.Gateway) && asked(c)
}

func (c Clause) status(cell trace.Cell) (trace.Result, string) {
	var others []string
	answered := 0
	for _, s := range cell.Statuses {
		answered += s.Count
		if !c.hasStatus(s.Status) {
			others = append(others, fmt.Sprintf("HTTP %d x%d", s.Status, s.Count))
		}
	}
	if failed := cell.Sent - answered; failed > 0 {
		others = append(others, fmt.Sprintf("no answer x%d", failed))
	}
	if len(others) > 0 {
		return trace.Missed, strings.Join(others, ", ")
	}
	return trace.Met, fmt.Sprintf("%d answers", answered)
}

func (c Clause) path(cell trace.Cell) (trace.Result, string) {
	if len(cell.Arrived) == 0 {
		return trace.NotObserved, "with which path requests arrived was not seen"
	}
	for _, a := range cell.Arrived {
		seen := fmt.Sprintf("%s (%s)", cmp.Or(a.Change, "arrived as "+a.Path), evidence(a))
		switch change := becomes(cell, a); {
		case change == c.Value, a.Path == c.Value, c.Value == "stripped" && strings.HasPrefix(change, "stripped "):
		case change == "not stripped" && c.Value != "stripped":
			return trace.NotObserved, seen + ", and no more is known"
		default:
			return trace.Missed, seen
		}
	}
	return trace.Met, evidence(cell.Arrived[0])
}

// evidence is how it is known with which path requests arrived.
func evidence(a trace.Arrived) string {
	if a.Evidence == wire.RungDifference {
		return "inferred"
	}
	return string(a.Evidence)
}

// becomes says what became of a path. Where nothing more was asked than the way's own,
// it may have stayed as it was.
func becomes(cell trace.Cell, a trace.Arrived) string {
	prefix, beneath := strings.CutSuffix(cell.Path, a.Path)
	switch {
	case a.Change != "" || a.Path == "" || !beneath:
		return a.Change
	case prefix == "":
		return "kept"
	}
	return "stripped " + prefix
}

func (c Clause) spread(cell trace.Cell) (trace.Result, string) {
	s := cell.Spread
	switch {
	case s.Unknown != "":
		return trace.NotObserved, s.Unknown
	case s.Word != finding.Even && s.Word != finding.RoundRobin:
		return trace.Missed, s.String()
	case s.Visible < 0:
		return trace.NotObserved, fmt.Sprintf("%d answers cannot show it: --requests %d or more", cell.Sent, s.Needed)
	}
	return trace.Met, s.String()
}

// doubt is how improbable it must be that shares within the tolerance look like those
// that were counted.
const doubt = 0.001

// weights judges each rule with several backends once, by what these got on all ways
// to it.
func (c Clause) weights(r *trace.Report) []trace.ExpectedWay {
	var all []trace.ExpectedWay
	for _, cell := range r.Cells {
		if !c.Ways.chosen(cell) || cell.Spread == nil || !proxied(cell) {
			continue
		}
		s := cell.Spread
		if s.Unknown == "" && s.Word != finding.Weighted && s.Word != finding.NotWeighted {
			continue
		}
		way := trace.ExpectedWay{Kind: cell.Kind, Way: ruleOf(cell), Result: trace.NotObserved, Why: s.Unknown}
		if s.Unknown == "" {
			way.Result, way.Why = c.divided(s.Together)
		}
		switch i := slices.IndexFunc(all, func(e trace.ExpectedWay) bool { return e.Way == way.Way }); {
		case i < 0:
			all = append(all, way)
		case s.Unknown != "":
			all[i] = way
		}
	}
	return all
}

// divided judges the counts of a rule's backends.
func (c Clause) divided(shares []finding.Share) (trace.Result, string) {
	total := 0
	var counts []string
	for _, s := range shares {
		total += s.Count
		counts = append(counts, fmt.Sprintf("%s x%d", s.Name, s.Count))
	}
	text := strings.Join(counts, ", ")
	if len(shares) != len(c.shares) {
		return trace.Missed, fmt.Sprintf("the rule has %d backends: %s", len(shares), text)
	}
	result := trace.Met
	for i, s := range shares {
		got, tolerance := float64(s.Count)/float64(total), c.tolerance/100
		if math.Abs(got-c.shares[i]) <= tolerance+1e-9 {
			continue
		}
		// The nearest share that would be within the tolerance.
		nearest := min(1, c.shares[i]+tolerance)
		if got < c.shares[i] {
			nearest = max(0, c.shares[i]-tolerance)
		}
		if (spread.Part{Count: s.Count, Total: total, Share: nearest}).ByChance() < doubt {
			return trace.Missed, text
		}
		result = trace.NotObserved
	}
	if result == trace.NotObserved {
		text += fmt.Sprintf(": of %d answers that may be chance; --requests asks for more", total)
	}
	return result, text
}
