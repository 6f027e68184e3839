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
	wheels := f.wheels()
	var parts []part
	for _, name := range sortedKeys(wheels) {
		if w := wheels[name]; !w.unknown {
			parts = append(parts, w.parts...)
		}
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

// wheel is what backends got on all ways on which they may have taken their turns
// together.
type wheel struct {
	// parts are the backends, with a cell of one of the ways.
	parts []part
	// unknown is set where it is not known of one of the ways.
	unknown bool
}

// wheels returns those that divide requests for the target, by their names. A proxy
// that gives each backend its turns has one wheel for all ways to a rule, and all ways,
// of all places and targets of the run, are asked by turns as well: each of
// them alone may get every second turn, and always the same backend. So only all
// together show what the weights do, and all must be known.
func (f Facts) wheels() map[string]wheel {
	all := map[string]wheel{}
	for i, g := range append([]Facts{f}, f.Beside...) {
		for _, c := range g.dividing(func(r route.Route) bool { return len(r.Backends) > 1 }) {
			name := g.wheelOf(g.Routes[c.Route])
			w, own := all[name]
			if !own && i > 0 {
				continue
			}
			parts := g.byWeight(c)
			all[name] = wheel{together(w.parts, parts), w.unknown || !g.known(c) || len(parts) == 0}
		}
	}
	return all
}

// wheelOf names the wheel that may be turned on a way. Some proxies have one for
// each path that a rule matches, some one for all of them: so it is told by the object
// and the backends. Where several rules of an object have the same backends, or a
// proxy has several wheels, the sum of what they promise is judged, which is no less
// true.
func (f Facts) wheelOf(r route.Route) string {
	name := []string{r.Object}
	for _, b := range r.Backends {
		service := b.Service
		if !strings.Contains(service, "/") { // as seen from another namespace
			service = f.Target.Service.Namespace + "/" + service
		}
		name = append(name, fmt.Sprintf("%s:%d=%d", service, b.Port, b.Weight))
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
