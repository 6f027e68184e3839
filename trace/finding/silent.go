package finding

import (
	"fmt"
	"math"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

// share is what an endpoint gets of the requests from a vantage to the ClusterIP of
// a port.
type share struct {
	endpoint target.Endpoint
	vantage  int
	cells    []verdict.Cell
	// none is set when it got nothing, and several others got something; byChance is
	// how probable that is if each endpoint that kube-proxy may use gets a request as
	// probably as any other.
	none     bool
	byChance float64
}

// silentEndpoint: a pod that is ready, and that answers directly, gets none of the
// requests from a node to the ClusterIP, while several others do. Each pod on each
// way, of each target of the run, could have been passed over by chance, so that the
// bound is shared by all of them (Bonferroni). Where one endpoint alone gets all, that is another matter,
// and where the endpoints changed meanwhile it would not have been as likely as the others.
func silentEndpoint(f Facts) []Finding {
	if f.Target.Service.Spec.SessionAffinity == corev1.ServiceAffinityClientIP || f.Changes.Written {
		return nil
	}
	var suspects []share
	compared := 0
	for i := range f.Target.Ports {
		for v := range f.From {
			for _, s := range f.shares(i, v) {
				compared++
				if s.none {
					suspects = append(suspects, s)
				}
			}
		}
	}
	var all []Finding
	for _, s := range suspects {
		if s.byChance >= chance/float64(compared*max(1, f.Targets)) {
			continue
		}
		node := f.From[s.vantage].Node
		all = append(all, Finding{
			Name: "silent-endpoint", Severity: Warning, Status: Confirmed, Layer: route.ClusterIP,
			Summary:  fmt.Sprintf("%s got none of the requests to the ClusterIP from %s, although it was ready and answered directly", s.endpoint.Name, f.Vantages[s.vantage]),
			Evidence: append([]Evidence{object(s.endpoint.Name + " was ready in the EndpointSlices when the trace began")}, f.spread(s)...),
			Fix: []Step{{
				Text:    "look whether kube-proxy, or what replaces it, runs on " + node + " and knows that endpoint, and whether it is set to spread evenly (not every scheduler of IPVS does)",
				Command: "kubectl -n kube-system get pods -o wide --field-selector spec.nodeName=" + node,
			}},
		})
	}
	return all
}

// shares returns the endpoints that a vantage's requests to the ClusterIP of a port
// may go to and that answer directly there, with what they get. Nothing is returned
// where it is not known who gave each answer, or one that should get nothing gave
// some.
func (f Facts) shares(port, from int) []share {
	var cells []verdict.Cell
	answers := map[string]int{}
	for _, c := range f.cells(route.ClusterIP, port) {
		if c.Vantage != from {
			continue
		}
		if c.Verdict != verdict.Healthy || c.Unknown > 0 {
			return nil
		}
		cells = append(cells, c)
		for _, a := range c.Answers {
			e := f.Target.Endpoint(a.Endpoint)
			if !e.Ready {
				return nil // the node's rules are not those that the shares are told from
			}
			answers[e.Name] += a.Count
		}
	}
	var all []share
	for index, e := range f.Target.Endpoints {
		if !e.Ready || !f.answersDirectly(port, from, index) {
			continue
		}
		s := share{endpoint: e, vantage: from, none: answers[e.Name] == 0 && len(answers) > 1, byChance: 1}
		for _, c := range cells {
			usable := f.Target.Usable(f.Target.Ports[port], f.Routes[c.Route].IPv6, f.From[from].Node)
			for _, u := range usable {
				if u.Name == e.Name {
					s.cells = append(s.cells, c)
					s.byChance *= math.Pow(1-1/float64(len(usable)), float64(c.OK))
				}
			}
		}
		if len(s.cells) > 0 {
			all = append(all, s)
		}
	}
	return all
}

// answersDirectly reports whether the endpoint answered all that the vantage sent
// to its own addresses.
func (f Facts) answersDirectly(port, from, endpoint int) bool {
	answered := false
	for _, c := range f.cells(route.Pod, port) {
		if c.Vantage != from || f.Routes[c.Route].Endpoint != endpoint {
			continue
		}
		if c.Verdict != verdict.Healthy {
			return false
		}
		answered = true
	}
	return answered
}

// spread says who answered instead, and how probable that is.
func (f Facts) spread(s share) []Evidence {
	var seen []Evidence
	for _, c := range s.cells {
		seen = append(seen, f.divided(c)...)
	}
	return append(seen, traffic(rarely(s.byChance)))
}
