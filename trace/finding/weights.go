package finding

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/spread"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

// weightsNotHonoured: the requests divide over the backends of a rule otherwise than
// its weights say.
func weightsNotHonoured(f Facts) []Finding {
	sums := f.weighted()
	var parts []part
	for _, name := range sortedKeys(sums) {
		parts = append(parts, sums[name]...)
	}
	deviating := f.improbable(parts)
	if len(deviating) == 0 {
		return nil
	}
	object := f.Routes[deviating[0].cell.Route].Object
	return f.deviate(deviating, Finding{
		Name: "weights-not-honoured", Severity: Warning,
		Fix: []Step{{Text: "see whether the Gateway's controller supports weights, and whether all backends have ready endpoints", Command: describing(object)}},
	}, func(p part) string {
		return fmt.Sprintf("service %s got %d of %d requests through %s, where its weight promises %.0f", p.name, p.Count, p.Total, f.Routes[p.cell.Route].Object, p.Share*float64(p.Total))
	}, part.ByChance)
}

// weighted returns what the backends of each rule got on all ways to it, as far as that
// is known, by the rule's name.
func (f Facts) weighted() map[string][]part {
	all := map[string][]part{}
	for _, c := range f.dividing(func(r route.Route) bool { return len(r.Backends) > 1 }) {
		if parts := f.byWeight(c); f.known(c) && len(parts) > 0 {
			name := f.ruleOf(f.Routes[c.Route])
			all[name] = together(all[name], parts)
		}
	}
	return all
}

// ruleOf names the rule that a way leads through, by its object and the backends.
// Where several rules of an object have the same backends, the sum of what they promise
// is judged, which is no less true.
func (f Facts) ruleOf(r route.Route) string {
	name := []string{r.Object}
	for _, b := range r.Backends {
		name = append(name, fmt.Sprintf("%s:%d=%d", b.Service, b.Port, b.Weight))
	}
	return strings.Join(name, " ")
}

// byWeight returns the Services of a rule with the shares that their weights promise,
// or nothing where an endpoint belongs to several.
func (f Facts) byWeight(c verdict.Cell) []part {
	backends := f.Routes[c.Route].Backends
	weights, counts := 0.0, make([]int, len(backends))
	for i, b := range backends {
		weights += float64(b.Weight)
		for _, a := range c.Answers {
			if slices.Contains(b.Endpoints, a.Endpoint) {
				counts[i] += a.Count
			}
		}
	}
	total := 0
	for _, n := range counts {
		total += n
	}
	if total != c.OK || weights == 0 {
		return nil
	}
	var all []part
	for i, b := range backends {
		all = append(all, part{b.Service, spread.Part{Count: counts[i], Total: total, Share: float64(b.Weight) / weights}, c})
	}
	return all
}

// together adds the counts of parts that are the same, in the same order.
func together(sum, more []part) []part {
	if len(sum) == 0 || len(more) == 0 {
		return append(sum, more...)
	}
	for i := range sum {
		sum[i].Count, sum[i].Total = sum[i].Count+more[i].Count, sum[i].Total+more[i].Total
	}
	return sum
}
