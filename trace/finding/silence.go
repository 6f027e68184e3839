package finding

import (
	"math"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/spread"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

// chance is how improbable it must be that an endpoint that gets its share of
// the requests was passed over in all of them, or that one that gets another share
// than the others does so by chance.
const chance = spread.Chance

// silent reports whether traffic shows that the Service hands nothing to the
// endpoints that are named, out of so many pods: it is known of every answer
// who gave it, none of them did, and there were so many answers that this is no
// chance.
func (f Facts) silent(port int, names map[string]bool, pods int) bool {
	if pods == 0 || f.Target.Service.Spec.SessionAffinity == corev1.ServiceAffinityClientIP {
		return false // one client is always led to the same endpoint
	}
	answers := 0
	for _, c := range f.throughService(port) {
		if c.Unknown > 0 {
			return false
		}
		for _, a := range c.Answers {
			if names[f.Target.Endpoint(a.Endpoint).Name] {
				return false
			}
			answers += a.Count
		}
	}
	return math.Pow(1-1/float64(pods), float64(answers)) < chance
}

// answered reports whether one of the named endpoints answered through the
// Service.
func (f Facts) answered(port int, names map[string]bool) bool {
	for _, c := range f.throughService(port) {
		for _, a := range c.Answers {
			if names[f.Target.Endpoint(a.Endpoint).Name] {
				return true
			}
		}
	}
	return false
}

// throughService returns the tested cells of the addresses behind which
// kube-proxy chooses the endpoint.
func (f Facts) throughService(port int) []verdict.Cell {
	return append(f.cells(route.ClusterIP, port), f.cells(route.NodePort, port)...)
}
