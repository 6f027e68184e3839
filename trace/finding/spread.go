package finding

import (
	"fmt"
	"math"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

// part is one of those among whom the answers of a cell divide: an endpoint, or the
// Service that a rule names.
type part struct {
	name string
	// count is how many answers it gave, of total, and share how probably it should
	// have given each.
	count, total int
	share        float64
	cell         verdict.Cell
}

// byChance returns how probable it is that the part gets as few or as many answers
// as it did, or something as improbable on the other side: twice the smaller tail of
// the binomial distribution, which is exact and errs on the safe side (Fisher's
// doubling).
func (p part) byChance() float64 {
	return min(1, 2*min(binomial(p.count, p.total, p.share), binomial(p.total-p.count, p.total, 1-p.share)))
}

// binomial returns the probability of at most k successes in n trials.
func binomial(k, n int, p float64) float64 {
	switch {
	case k >= n || p <= 0:
		return 1
	case p >= 1:
		return 0
	}
	lgamma := func(x int) float64 {
		v, _ := math.Lgamma(float64(x) + 1)
		return v
	}
	sum := 0.0
	for i := range k + 1 {
		sum += math.Exp(lgamma(n) - lgamma(i) - lgamma(n-i) + float64(i)*math.Log(p) + float64(n-i)*math.Log1p(-p))
	}
	return min(1, sum)
}

// improbable returns those parts of which each, and all together, happen by chance in
// fewer than one run of a thousand: the bound is shared by all comparisons of the
// run (Bonferroni).
func (f Facts) improbable(parts []part) []part {
	var all []part
	for _, p := range parts {
		if p.byChance() < chance/float64(len(parts)*max(1, f.Targets)) {
			all = append(all, p)
		}
	}
	return all
}

// unevenSpread: of the endpoints that kube-proxy may use, each of which answered,
// some got another share of the requests than the others. Where one got none, or one
// got all, that is another finding.
func unevenSpread(f Facts) []Finding {
	if f.Target.Service.Spec.SessionAffinity == corev1.ServiceAffinityClientIP {
		return nil
	}
	var parts []part
	for _, c := range f.undivided(func(r route.Route) bool { return r.Kind == route.ClusterIP || r.Kind == route.NodePort }) {
		if names := f.usable(c); len(c.Answers) == len(names) && len(names) > 1 {
			parts = append(parts, f.evenly(c, names)...)
		}
	}
	return f.deviate(f.improbable(parts), Finding{
		Name: "uneven-spread", Severity: Warning,
		Fix: []Step{{Text: "see how kube-proxy, or what replaces it, is set to spread: not every scheduler of IPVS, and no balancer that counts connections, spreads evenly", Command: "kubectl -n kube-system get configmap kube-proxy -o yaml"}},
	}, func(p part) string {
		return fmt.Sprintf("%s got %d of %d requests to %s from %s, where %.0f were to be expected", p.name, p.count, p.total, f.Routes[p.cell.Route].Address, f.Vantages[p.cell.Vantage], p.share*float64(p.total))
	}, part.byChance)
}

// stickyWithoutAffinity: one endpoint answers all requests from a place, although
// several may, and nothing that is known asks for that.
func stickyWithoutAffinity(f Facts) []Finding {
	if f.Target.Service.Spec.SessionAffinity == corev1.ServiceAffinityClientIP {
		return nil
	}
	var alone []part
	for _, c := range f.undivided(func(r route.Route) bool { return r.Kind != route.Pod && r.Kind != route.DNS && len(r.Backends) < 2 }) {
		if names := f.usable(c); len(names) > 1 && len(c.Answers) > 0 {
			first := f.Target.Endpoint(c.Answers[0].Endpoint).Name
			if slices.Contains(names, first) {
				alone = append(alone, part{name: first, count: c.Answers[0].Count, total: c.OK, share: 1 / float64(len(names)), cell: c})
			}
		}
	}
	byChance := func(p part) float64 { return math.Pow(p.share, float64(p.total-1)) }
	sticky := slices.DeleteFunc(slices.Clone(alone), func(p part) bool {
		return p.count < p.total || byChance(p) >= chance/float64(len(alone)*max(1, f.Targets))
	})
	return f.deviate(sticky, Finding{
		Name: "sticky-without-affinity", Severity: Info,
		Fix: []Step{{Text: "if that is not meant, see what the proxy on the way is told: to hash the client's address, or to keep clients by a cookie"}},
	}, func(p part) string {
		return fmt.Sprintf("%s answered all %d requests to %s from %s, although %.0f endpoints may, and the Service asks for no affinity", p.name, p.total, f.Routes[p.cell.Route].Address, f.Vantages[p.cell.Vantage], 1/p.share)
	}, byChance)
}

// weightsNotHonoured: the requests divide over the backends of a rule otherwise than
// its weights say.
func weightsNotHonoured(f Facts) []Finding {
	var parts []part
	for _, c := range f.undivided(func(r route.Route) bool { return len(r.Backends) > 1 }) {
		parts = append(parts, f.byWeight(c)...)
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
		return fmt.Sprintf("service %s got %d of %d requests through %s from %s, where its weight promises %.0f", p.name, p.count, p.total, f.Routes[p.cell.Route].Object, f.Vantages[p.cell.Vantage], p.share*float64(p.total))
	}, part.byChance)
}

// deviate makes one finding of all parts that got another share than they should, or
// none. The first is described, and the ways of the others are counted.
func (f Facts) deviate(parts []part, found Finding, describe func(part) string, byChance func(part) float64) []Finding {
	if len(parts) == 0 {
		return nil
	}
	found.Status, found.Layer, found.Summary = Confirmed, f.Routes[parts[0].cell.Route].Kind, describe(parts[0])
	ways := map[[2]int]bool{}
	for _, p := range parts {
		ways[[2]int{p.cell.Route, p.cell.Vantage}] = true
	}
	if more := len(ways) - 1; more > 0 {
		found.Summary += fmt.Sprintf(" (and likewise on %d more of the ways)", more)
	}
	for _, p := range parts[:min(4, len(parts))] {
		for _, e := range append(f.dividing(p.cell), traffic(rarely(byChance(p)))) {
			if !slices.Contains(found.Evidence, e) {
				found.Evidence = append(found.Evidence, e)
			}
		}
	}
	return []Finding{found}
}

// undivided returns the cells of the routes that are wanted, of which it is known who
// gave each answer, while the endpoints stayed the same.
func (f Facts) undivided(wanted func(route.Route) bool) []verdict.Cell {
	var all []verdict.Cell
	for _, c := range f.where(func(r route.Route) bool { return wanted(r) && !r.Contrast && r.Padding == 0 }) {
		answered := 0
		for _, a := range c.Answers {
			answered += a.Count
		}
		if c.Unknown == 0 && c.OK == c.Sent && answered == c.OK && !f.Changes.Written {
			all = append(all, c)
		}
	}
	return all
}

// usable returns the names of the endpoints that may answer a cell, or nothing where
// that is not known for certain.
func (f Facts) usable(c verdict.Cell) []string {
	r := f.Routes[c.Route]
	port, s := f.Target.Ports[r.Port], f.Target.Service.Spec
	from := f.From[c.Vantage].Node
	switch r.Kind {
	case route.ClusterIP:
		return namesOf(f.Target.Usable(port, r.IPv6, from))
	case route.NodePort:
		// The client's node may answer in the place of the one that is asked.
		there := namesOf(f.Target.Usable(port, r.IPv6, r.Node))
		if s.ExternalTrafficPolicy != corev1.ServiceExternalTrafficPolicyLocal && (from == "" || slices.Equal(there, namesOf(f.Target.Usable(port, r.IPv6, from)))) {
			return there
		}
	case route.Ingress, route.Gateway:
		if !f.Target.LocalOnly() {
			return namesOf(slices.DeleteFunc(slices.Clone(f.Target.Endpoints), func(e target.Endpoint) bool { return !e.Ready || len(e.Socketed(port)) == 0 }))
		}
	}
	return nil
}

func namesOf(endpoints []target.Endpoint) []string {
	var all []string
	for _, e := range endpoints {
		all = append(all, e.Name)
	}
	return all
}

// evenly returns the endpoints with the same share for each.
func (f Facts) evenly(c verdict.Cell, usable []string) []part {
	counts := map[string]int{}
	for _, a := range c.Answers {
		counts[f.Target.Endpoint(a.Endpoint).Name] += a.Count
	}
	var all []part
	for _, name := range usable {
		all = append(all, part{name: name, count: counts[name], total: c.OK, share: 1 / float64(len(usable)), cell: c})
	}
	return all
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
		all = append(all, part{name: b.Service, count: counts[i], total: total, share: float64(b.Weight) / weights, cell: c})
	}
	return all
}

// dividing says how the answers of a cell divide.
func (f Facts) dividing(c verdict.Cell) []Evidence {
	var parts []string
	for _, a := range c.Answers {
		parts = append(parts, fmt.Sprintf("%s x%d", f.Target.Endpoint(a.Endpoint).Name, a.Count))
	}
	return []Evidence{traffic(fmt.Sprintf("%s from %s: answered by %s", f.Routes[c.Route].Address, f.Vantages[c.Vantage], strings.Join(parts, ", ")))}
}

// rarely says how probable something is by chance.
func rarely(byChance float64) string {
	often := "fewer than one of a million runs"
	if byChance > 1e-6 {
		often = fmt.Sprintf("one of %.0f runs", 1/byChance)
	}
	return "if each request goes to any of them as likely as it should, that happens by chance in " + often
}

// describing returns the command that describes what a way leads through.
func describing(object string) string {
	kind, name, _ := strings.Cut(object, " ")
	namespace, name, _ := strings.Cut(name, "/")
	return fmt.Sprintf("kubectl -n %s describe %s %s", namespace, kind, name)
}
