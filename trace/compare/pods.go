package compare

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
)

// falseAlarms is how often it may be said of two ways that the same pods answer on
// alike that others do on one of them: once in so many runs.
const falseAlarms = 1000

// foreign returns the endpoints that answered on the way and cannot be behind the other
// one, since none of its Services has them. Which pod was asked directly says nothing.
func (p paired) foreign() (a, b []string) {
	if p.a.Kind == route.Pod || p.b.Kind == route.Pod {
		return nil, nil
	}
	return elsewhere(p.a, p.b), elsewhere(p.b, p.a)
}

func elsewhere(w, other way) []string {
	counts, _ := seen(w.cells).known()
	for name := range counts {
		if other.endpoints[name] {
			delete(counts, name)
		}
	}
	return slices.Sorted(maps.Keys(counts))
}

// pods says whether the same pods answered on both ways of a pair, as far as the pair
// alone shows it. Who names two Services wants other pods to answer: that is no
// difference.
func (p paired) pods() (Result, []Difference) {
	a, b := p.foreign()
	if !p.a.proxied() && !p.b.proxied() && len(a)+len(b) > 0 {
		return Differs, nil
	}
	var all []Difference
	for _, side := range []struct {
		name, other string
		pods        []string
		way         way
	}{{"A", "B", a, p.b}, {"B", "A", b, p.a}} {
		if len(side.pods) > 0 && side.way.asked() {
			all = append(all, Difference{PodAspect, fmt.Sprintf("%s answered through %s, and %s leads to service %s", list(side.pods), side.name, side.other, strings.Join(side.way.services, ", "))})
		}
	}
	if len(all) > 0 {
		return Differs, all
	}
	seenA, seenB := seen(p.a.cells), seen(p.b.cells)
	countsA, totalA := seenA.known()
	countsB, totalB := seenB.known()
	if totalA == 0 || totalB == 0 || seenA.Unknown+seenB.Unknown > 0 || p.a.Kind == route.Pod || p.b.Kind == route.Pod {
		return Unknown, nil
	}
	if slices.Equal(slices.Sorted(maps.Keys(countsA)), slices.Sorted(maps.Keys(countsB))) {
		return Same, nil
	}
	return Unknown, nil // that is for all ways together to say
}

// spreads adds up who answered on the ways that lead to the same Services. Single ways
// would not do: a proxy that gives each pod its turn gives always the same one to each
// of two that alternate.
func spreads(pairs []paired) []Spread {
	var all []Spread
	cells := map[string][2][]trace.Cell{}
	var keys []string
	services := map[string][]string{}
	for _, p := range pairs {
		key := strings.Join(p.a.services, " ")
		if key != strings.Join(p.b.services, " ") || p.indistinct() != "" || p.a.Kind == route.Pod || p.b.Kind == route.Pod {
			continue
		}
		if _, known := services[key]; !known {
			keys = append(keys, key)
		}
		services[key] = p.a.services
		both := cells[key]
		cells[key] = [2][]trace.Cell{append(both[0], p.a.cells...), append(both[1], p.b.cells...)}
	}
	for _, key := range keys {
		s := Spread{Services: services[key], A: seen(cells[key][0]), B: seen(cells[key][1])}
		s.judge(len(keys))
		all = append(all, s)
	}
	return all
}

// judge says whether pods answered on one side that are silent on the other, by more
// than chance explains. Tests is how many such judgements there are.
func (s *Spread) judge(tests int) {
	a, totalA := s.A.known()
	b, totalB := s.B.known()
	onlyA, onlyB := missing(a, b), missing(b, a)
	pods := len(b) + len(onlyA)
	switch bound := 1 / float64(falseAlarms*tests) / math.Exp2(float64(pods)); {
	case totalA == 0 || totalB == 0 || s.A.Unknown+s.B.Unknown > 0:
		s.Result = Unknown
	case len(onlyA)+len(onlyB) == 0:
		s.Result = Same
	case chance(sum(a, onlyA), totalA, totalB) < bound:
		s.Result, s.Text = Differs, fmt.Sprintf("%s gave %d of %d answers through A, and none of %d through B", list(onlyA), sum(a, onlyA), totalA, totalB)
	case chance(sum(b, onlyB), totalB, totalA) < bound:
		s.Result, s.Text = Differs, fmt.Sprintf("%s gave %d of %d answers through B, and none of %d through A", list(onlyB), sum(b, onlyB), totalB, totalA)
	default:
		s.Result = Unknown
	}
}

// missing returns the endpoints that have answers in one and none in the other.
func missing(counts, others map[string]int) []string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		if others[name] == 0 {
			all = append(all, name)
		}
	}
	return all
}

func sum(counts map[string]int, names []string) (total int) {
	for _, n := range names {
		total += counts[n]
	}
	return total
}

// chance is how likely it is that of all answers just these, of pods that are as likely
// on both sides, are all on one side: by the hypergeometric distribution.
func chance(these, side, other int) float64 {
	if these == 0 {
		return 1
	}
	p := 1.0
	for i := range these {
		p *= float64(side-i) / float64(side+other-i)
	}
	return p
}

// list joins at most four names, and says how many more there are.
func list(names []string) string {
	if len(names) > 4 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:3], ", "), len(names)-3)
	}
	return strings.Join(names, ", ")
}
