package compare

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
)

// paths returns what became of the paths that were asked for on both ways. Trails are
// further requests for the rules of the pair, and as good as its own.
func (p paired) paths(trailsA, trailsB []trace.Arrived) []Path {
	if !p.a.proxied() || !p.b.proxied() {
		return nil
	}
	own := Path{Sent: cmp.Or(p.a.Path, "/"), A: own(p.a.cells), B: own(p.b.cells)}
	if other := cmp.Or(p.b.Path, "/"); other != own.Sent {
		own.Sent += " and " + other
	}
	var all []Path
	if len(own.A)+len(own.B) > 0 {
		all = append(all, own)
	}
	for _, s := range sentBoth(trailsA, trailsB) {
		others := func(a trace.Arrived) bool { return a.Sent != s }
		all = append(all, Path{Sent: s, A: slices.DeleteFunc(slices.Clone(trailsA), others), B: slices.DeleteFunc(slices.Clone(trailsB), others)})
	}
	if len(all) == 0 {
		all = []Path{own}
	}
	for i := range all {
		all[i].Result = samePath(all[i].A, all[i].B)
	}
	return all
}

// sentBoth returns which trails were sent on both ways, or, where none was, on either.
func sentBoth(a, b []trace.Arrived) []string {
	var both, either []string
	for _, one := range slices.Concat(a, b) {
		same := func(other trace.Arrived) bool { return other.Sent == one.Sent }
		if slices.Contains(either, one.Sent) {
			continue
		}
		either = append(either, one.Sent)
		if slices.ContainsFunc(a, same) && slices.ContainsFunc(b, same) {
			both = append(both, one.Sent)
		}
	}
	if len(both) > 0 {
		return both
	}
	return either
}

// own returns with which paths the requests of the cells themselves arrived.
func own(cells []trace.Cell) []trace.Arrived {
	return arrived(cells, func(a trace.Arrived) bool { return a.Sent == "" })
}

// trails returns with which paths further requests for the rule of the way arrived,
// through all ways of its side.
func (w way) trails(side []way) []trace.Arrived {
	var cells []trace.Cell
	for _, other := range side {
		if other.Object == w.Object && other.Rule == w.Rule {
			cells = append(cells, other.cells...)
		}
	}
	return arrived(cells, func(a trace.Arrived) bool { return a.Sent != "" })
}

// arrived adds up the chosen arrivals of cells.
func arrived(cells []trace.Cell, chosen func(trace.Arrived) bool) []trace.Arrived {
	var all []trace.Arrived
	for _, c := range cells {
		for _, a := range c.Arrived {
			if !chosen(a) {
				continue
			}
			count := a.Count
			a.Count = 0
			i := slices.IndexFunc(all, func(known trace.Arrived) bool { known.Count = 0; return known == a })
			if i < 0 {
				i = len(all)
				all = append(all, a)
			}
			all[i].Count += count
		}
	}
	return all
}

// samePath says whether requests arrived with the same paths. Where it is only known of
// one that its prefix was not stripped, it may be the same as another of that kind.
func samePath(a, b []trace.Arrived) Result {
	partly := func(a trace.Arrived) bool { return a.Path == "" }
	pathsA, pathsB := distinctPaths(a), distinctPaths(b)
	switch {
	case len(a) == 0 || len(b) == 0:
		return Unknown
	case slices.ContainsFunc(a, partly) || slices.ContainsFunc(b, partly):
		if stripped(a) != stripped(b) {
			return Differs
		}
		return Unknown
	case slices.Equal(pathsA, pathsB):
		return Same
	}
	return Differs
}

func distinctPaths(arrived []trace.Arrived) []string {
	var all []string
	for _, a := range arrived {
		all = append(all, cmp.Or(a.Path, a.Change))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// stripped reports whether the prefix of a path was stripped each time.
func stripped(arrived []trace.Arrived) bool {
	return !slices.ContainsFunc(arrived, func(a trace.Arrived) bool { return !strings.HasPrefix(a.Change, "stripped ") })
}

// pathDifferences says in words where paths differ.
func pathDifferences(paths []Path) []Difference {
	var all []Difference
	for _, p := range paths {
		if p.Result == Differs {
			all = append(all, Difference{PathAspect, fmt.Sprintf("sent %s: through A %s, through B %s", p.Sent, Became(p.A), Became(p.B))})
		}
	}
	return all
}

// Became says what became of a path on one way, and how that is known.
func Became(arrived []trace.Arrived) string {
	var all []string
	for _, a := range arrived {
		if text := fmt.Sprintf("%s (%s)", cmp.Or(a.Change, "the pod got "+a.Path), a.How()); !slices.Contains(all, text) {
			all = append(all, text)
		}
	}
	if len(all) == 0 {
		return "not observed"
	}
	return strings.Join(all, ", ")
}
