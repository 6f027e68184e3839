package trace

import (
	"maps"
	"strings"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/finding"
)

// followed returns what the trails of a target show, for those who look for causes.
func (t *Trace) followed(o outcome) []finding.Trail {
	var all []finding.Trail
	for _, f := range t.trails {
		if !f.Known {
			continue
		}
		other := t.beside(f)
		made := finding.Trail{
			Object: t.Routes[f.way].Object, Rule: t.Routes[f.way].Rule, Prefix: f.Prefix, Sent: shown(f.Sent), Bare: shown(f.Bare),
			Through: statusOf(f.through.cellOf(o.records)), Whole: f.status(o.records, f.Sent), Stripped: f.status(o.records, f.Bare),
		}
		for _, a := range f.arrived(t.run.Options.Run, o, other) {
			made.Kept = a.Change == "kept" || a.Change == "not stripped"
		}
		if path, _, _ := strings.Cut(f.Arrives, "?"); path == other.Arrives {
			made.Drops = path
		}
		through, there := pagesOf(f.through.cellOf(o.records)), pagesOf(other.through.cellOf(o.records))
		arriving, unknown := f.pages(o.records, f.Arrives), other.unknown(o.records)
		if !meet(arriving, unknown) {
			made.Alike, made.Unlike = meet(through, arriving) && meet(there, arriving), meet(there, unknown)
		}
		all = append(all, made)
	}
	return all
}

// status returns the one status that endpoints give for a path, or 0.
func (f trail) status(records [][]wire.Record, path string) int {
	one := 0
	for _, l := range f.direct {
		if l.path != path {
			continue
		}
		status := statusOf(l.cellOf(records))
		if status == 0 || one != 0 && one != status {
			return 0
		}
		one = status
	}
	return one
}

// statusOf returns the status of all answers of a cell, or 0 where they differ.
func statusOf(c *wire.Cell) int {
	if c == nil || len(c.Tallies) == 0 {
		return 0
	}
	for _, tally := range c.Tallies {
		if tally.Status != c.Tallies[0].Status || tally.Error != "" {
			return 0
		}
	}
	return c.Tallies[0].Status
}

// pages returns the different answers of endpoints for a path.
func (f trail) pages(records [][]wire.Record, path string) map[wire.Page]bool {
	all := map[wire.Page]bool{}
	for _, l := range f.direct {
		if l.path == path {
			maps.Copy(all, pagesOf(l.cellOf(records)))
		}
	}
	return all
}

func pagesOf(c *wire.Cell) map[wire.Page]bool {
	all := map[wire.Page]bool{}
	if c != nil {
		for _, p := range c.Pages {
			p.Count = 0
			all[p] = true
		}
	}
	return all
}

// meet reports whether two sets of answers have one in common.
func meet(a, b map[wire.Page]bool) bool {
	for p := range a {
		if b[p] {
			return true
		}
	}
	return false
}
