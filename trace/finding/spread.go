package finding

import (
	"fmt"
	"math"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
)

// unevenSpread: of the endpoints that kube-proxy may use, each of which answered,
// some got another share of the requests than the others. Where one got none, or one
// got all, that is another finding.
func unevenSpread(f Facts) []Finding {
	if f.Target.Service.Spec.SessionAffinity == corev1.ServiceAffinityClientIP {
		return nil
	}
	var parts []part
	for _, c := range f.dividing(route.Route.ByKubeProxy) {
		if names := f.usable(c); f.known(c) && len(c.Answers) == len(names) && len(names) > 1 {
			parts = append(parts, f.evenly(c, names)...)
		}
	}
	return f.deviate(f.improbable(parts), Finding{
		Name: "uneven-spread", Severity: Warning,
		Fix: []Step{{Text: "see how kube-proxy, or what replaces it, is set to spread: not every scheduler of IPVS, and no balancer that counts connections, spreads evenly", Command: "kubectl -n kube-system get configmap kube-proxy -o yaml"}},
	}, func(p part) string {
		return fmt.Sprintf("%s got %d of %d requests to %s from %s, where %.0f were to be expected", p.name, p.Count, p.Total, f.Routes[p.cell.Route].Address, f.Vantages[p.cell.Vantage], p.Share*float64(p.Total))
	}, part.ByChance)
}

// stickyWithoutAffinity: one endpoint answers all requests from a place, although
// several may, and nothing that is known asks for that.
func stickyWithoutAffinity(f Facts) []Finding {
	if f.Target.Service.Spec.SessionAffinity == corev1.ServiceAffinityClientIP {
		return nil
	}
	var alone []part
	for _, c := range f.dividing(func(r route.Route) bool { return r.ByKubeProxy() || r.Kind == route.Ingress || r.Kind == route.Gateway }) {
		if f.known(c) {
			alone = append(alone, f.answeredBy(c)...)
		}
	}
	alike := func(p part) float64 { return math.Pow(p.Share, float64(p.Total-1)) }
	sticky := slices.DeleteFunc(slices.Clone(alone), func(p part) bool {
		return p.Count < p.Total || alike(p) >= chance/float64(len(alone)*max(1, f.Targets))
	})
	return f.deviate(sticky, Finding{
		Name: "sticky-without-affinity", Severity: Info,
		Fix: []Step{{Text: "if that is not meant, see what the proxy on the way is told: to hash the client's address, or to keep clients by a cookie"}},
	}, func(p part) string {
		return fmt.Sprintf("%s answered all %d requests to %s from %s, although %.0f endpoints may, and the Service asks for no affinity", p.name, p.Total, f.Routes[p.cell.Route].Address, f.Vantages[p.cell.Vantage], 1/p.Share)
	}, alike)
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
		for _, e := range append(f.divided(p.cell), traffic(rarely(byChance(p)))) {
			if !slices.Contains(found.Evidence, e) {
				found.Evidence = append(found.Evidence, e)
			}
		}
	}
	return []Finding{found}
}
