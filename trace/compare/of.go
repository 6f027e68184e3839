package compare

import (
	"slices"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
)

// Of compares what the reports of one run, of which there is at least one, hold of two
// subjects.
func Of(reports []*trace.Report, a, b Subject) *Comparison {
	first := reports[0]
	c := &Comparison{
		APIVersion: trace.APIVersion, Kind: Kind, Run: first.Run, Release: first.Release, Started: first.Started, Duration: first.Duration,
		A: a.side(reports), B: b.side(reports), Vantages: first.Vantages, Load: first.Load, Pairs: []Pair{},
	}
	waysA, waysB := a.ways(reports, b, false), b.ways(reports, a, false)
	pairs, aloneA, aloneB := match(waysA, waysB)
	for _, p := range pairs {
		c.Pairs = append(c.Pairs, p.compare(p.paths(p.a.trails(waysA), p.b.trails(waysB))))
	}
	c.Alone = slices.Concat(
		alone("A", b.Name, aloneA, waysB, b.ways(reports, a, true)),
		alone("B", a.Name, aloneB, waysA, a.ways(reports, b, true)))
	if cut(reports) {
		doubt(c.Alone)
	}
	c.Spreads = spreads(pairs)
	c.context(reports)
	c.judge()
	return c
}

// compare holds the ways of a pair against each other.
func (p paired) compare(paths []Path) Pair {
	made := Pair{A: p.a.Asked, B: p.b.Asked, Views: p.views(), Paths: paths, Indistinct: p.indistinct()}
	made.Headers = p.headers()
	var others []Difference
	made.Pods, others = p.pods()
	if made.Indistinct != "" {
		made.forget()
		return made
	}
	made.Differences = slices.Concat(statusDifferences(made.Views), pathDifferences(made.Paths), others)
	return made
}

// forget leaves nothing known of a pair whose ways cannot be told apart.
func (p *Pair) forget() {
	for i := range p.Views {
		p.Views[i].Status = Unknown
	}
	for i := range p.Paths {
		p.Paths[i].Result = Unknown
	}
	p.Headers.Result, p.Pods = Unknown, Unknown
}

// context adds what the reports say of the run as a whole.
func (c *Comparison) context(reports []*trace.Report) {
	for _, r := range reports {
		c.NamedBy = with(c.NamedBy, r.NamedBy...)
		c.Unread = with(c.Unread, r.Unread...)
		c.Notes = with(c.Notes, r.Notes...)
	}
}

// with adds what is not there yet.
func with[T comparable](all []T, more ...T) []T {
	for _, m := range more {
		if !slices.Contains(all, m) {
			all = append(all, m)
		}
	}
	return all
}
