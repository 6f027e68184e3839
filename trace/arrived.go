package trace

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

// arrived returns with which paths the requests of a cell through a proxy arrived: its
// own ones, as far as logs have them, and the trails that were sent on the same way
// from the same place.
func (t *Trace) arrived(o outcome, c verdict.Cell) []Arrived {
	r := t.Routes[c.Route]
	if c.Vantage < 0 || r.Kind != route.Ingress && r.Kind != route.Gateway {
		return nil
	}
	this := Asked{Trace: slices.Index(t.run.Traces, t), Route: c.Route}
	number := slices.Index(t.run.Plans[c.Vantage].Asked, this) + 1
	var all []Arrived
	for _, a := range o.arrivals[[2]int{c.Vantage + 1, number}] {
		made := Arrived{Path: a.Path, Evidence: a.Rung, Count: a.Count, Otherwise: r.Arrives != "" && !samePath(a.Path, r.Arrives)}
		if samePath(a.Path, cmp.Or(r.Path, "/")) {
			made.Change = "kept"
		}
		all = append(all, made)
	}
	for _, f := range t.trails {
		if f.way == c.Route && f.through.plan == c.Vantage {
			all = append(all, f.arrived(t.run.Options.Run, o, t.beside(f))...)
		}
	}
	return all
}

// arrived returns with which path a trail arrived: as endpoints say, or their logs,
// or else by what they answer. Other is the trail of the same rule for a path that
// none knows.
func (f trail) arrived(run string, o outcome, other trail) []Arrived {
	marker := regexp.MustCompile(regexp.QuoteMeta(run) + `(?:-[0-9]+){3}`)
	counts := map[Arrived]int{}
	add := func(path string, by wire.Rung, count int) {
		counts[Arrived{Path: path, Evidence: by}] += count
	}
	for _, a := range o.arrivals[[2]int{f.through.plan + 1, f.through.number}] {
		add(marker.ReplaceAllString(a.Path, wire.MarkerSlot), a.Rung, a.Count)
	}
	for _, a := range f.named(o.records) {
		add(a.Path, wire.RungAnswer, a.Count)
	}
	var all []Arrived
	for a, count := range counts {
		a.Count, a.Sent, a.Change = count, shown(f.Sent), change(f.Trail, a.Path)
		a.Otherwise = f.Arrives != "" && !samePath(a.Path, f.Arrives)
		a.Path = shown(a.Path)
		all = append(all, a)
	}
	if len(all) == 0 {
		all = f.differs(o.records, other)
	}
	slices.SortFunc(all, func(a, b Arrived) int {
		return strings.Compare(a.Path+string(a.Evidence), b.Path+string(b.Evidence))
	})
	return all
}

// shown writes a path for people.
func shown(path string) string { return strings.Replace(path, wire.MarkerSlot, "ID", 1) }

// named returns the paths that answers through the proxy name, if endpoints write
// the same when they are asked directly, and name there the path that they got: a
// page of the proxy's own says nothing of what arrived behind it.
func (f trail) named(records [][]wire.Record) []wire.Arrival {
	through := f.through.cellOf(records)
	if through == nil {
		return nil
	}
	frames := map[string]bool{}
	for _, l := range f.direct {
		c := l.cellOf(records)
		if c == nil {
			continue
		}
		for _, a := range c.Arrivals {
			if !samePath(a.Path, l.path) {
				return nil // it names something else
			}
			frames[a.Frame] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(through.Arrivals), func(a wire.Arrival) bool { return !frames[a.Frame] })
}

// differs returns with which path the trail arrived as far as that shows in the
// answer alone: endpoints answer otherwise to the whole path than to what is left of
// it without the prefix, and through the proxy comes an answer of one of both kinds.
// If that is what they answer to a path that none knows, then it only shows which of
// the two it was not. The latter path must come through the proxy as one that none
// knows: where everything arrives as one path, nothing was stripped or kept. And a page
// for an error counts only if it is known to be an endpoint's: a proxy that leads
// nowhere may have the very same one.
func (f trail) differs(records [][]wire.Record, other trail) []Arrived {
	whole, bare, unknown := f.pages(records, f.Sent), f.pages(records, f.Bare), other.unknown(records)
	through, there := pagesOf(f.through.cellOf(records)), pagesOf(other.through.cellOf(records))
	isWhole, isBare := meet(through, whole), meet(through, bare)
	if !f.Known || len(whole) == 0 || len(bare) == 0 || meet(whole, bare) || isWhole == isBare || !meet(there, unknown) {
		return nil
	}
	seen := Arrived{Sent: shown(f.Sent), Evidence: wire.RungDifference, Count: trailRequests}
	switch {
	case isBare && meet(bare, unknown), isWhole && refusedByAnyone(f.through.cellOf(records)):
		return nil
	case isBare:
		seen.Path, seen.Change = f.Bare, change(f.Trail, f.Bare)
	case meet(whole, unknown):
		seen.Change, seen.Otherwise = "not stripped", f.Arrives != "" && samePath(f.Arrives, f.Bare)
		return []Arrived{seen}
	default:
		seen.Path, seen.Change = f.Sent, change(f.Trail, f.Sent)
	}
	seen.Otherwise = f.Arrives != "" && !samePath(seen.Path, f.Arrives)
	seen.Path = shown(seen.Path)
	return []Arrived{seen}
}

// refusedByAnyone reports whether a cell has an error of which it is not known who gave
// it.
func refusedByAnyone(c *wire.Cell) bool {
	return slices.ContainsFunc(c.Tallies, func(t wire.Tally) bool { return t.Status >= 400 && t.Endpoint == 0 })
}

// beside returns the trail for a path that nobody knows, of the same rule.
func (t *Trace) beside(f trail) trail {
	for _, other := range t.trails {
		if other.way == f.way && !other.Known {
			return other
		}
	}
	return trail{}
}

// unknown returns what endpoints answer to a path that nobody knows.
func (f trail) unknown(records [][]wire.Record) map[wire.Page]bool {
	return f.pages(records, f.Bare)
}

// change says what became of the path of a trail.
func change(t route.Trail, arrived string) string {
	switch {
	case samePath(arrived, t.Sent):
		return "kept"
	case samePath(arrived, t.Bare):
		return "stripped " + t.Prefix
	}
	path, _, _ := strings.Cut(t.Bare, "?")
	if by, _, _ := strings.Cut(arrived, "?"); strings.HasSuffix(by, path) {
		return fmt.Sprintf("%s replaced by %s", t.Prefix, strings.TrimSuffix(by, path))
	}
	return "rewritten to " + shown(arrived)
}

// samePath reports whether what arrived is the other path, as far as it was seen:
// many logs and pages leave the query out.
func samePath(arrived, other string) bool {
	if !strings.Contains(arrived, "?") {
		other, _, _ = strings.Cut(other, "?")
	}
	return arrived == other
}
