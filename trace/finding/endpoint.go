package finding

import (
	"fmt"
	"slices"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

// suspect is an endpoint that failed every direct request, and those requests.
type suspect struct {
	target.Endpoint
	index int
	cells []verdict.Cell
}

// deadEndpoint: endpoints that are ready by their object, and so get their
// share of the traffic, fail every request that is sent to them directly, from
// every vantage. One that answers from anywhere is not dead.
func deadEndpoint(f Facts) []Finding {
	var all []Finding
	for i, port := range f.Target.Ports {
		if len(targetPortRefusedAt(f, i)) > 0 || len(protocolMismatchAt(f, i)) > 0 {
			continue // that explains it
		}
		dead, alive := f.dead(i)
		held := f.heldAt(i)
		dead = slices.DeleteFunc(dead, func(s suspect) bool { return s.Missing || s.behindMesh() || held[s.index].cells != nil })
		if len(dead) == 0 {
			continue
		}
		var names []string
		var cells []verdict.Cell
		for _, s := range dead {
			names, cells = append(names, s.Name), append(cells, s.cells...)
		}
		found := Finding{
			Name: "dead-endpoint", Severity: Error, Status: Confirmed,
			Summary: fmt.Sprintf("%d of %d ready endpoints of %s failed every direct request to port %s: %s",
				len(dead), len(dead)+alive, f.service(), portText(port), some(names)),
			Evidence: append(f.outcome(cells[:min(4, len(cells))]), f.share(i, len(dead), alive)...),
		}
		if doubt := f.doubt(dead, alive); doubt != "" {
			found.Status = Unverified
			found.Evidence = append(found.Evidence, traffic(doubt))
		}
		if allSilent(dead, alive) {
			found.Fix = []Step{f.seekPolicy()}
			dead = dead[:1]
		}
		for _, s := range dead[:min(3, len(dead))] {
			found.Fix = append(found.Fix, f.inspect(s))
		}
		all = append(all, found)
	}
	return all
}

// dead returns the endpoints that failed in all their cells, and how many did
// not. Those that left meanwhile are neither.
func (f Facts) dead(port int) (dead []suspect, alive int) {
	asked := map[int][]verdict.Cell{}
	for _, c := range f.cells(route.Pod, port) {
		endpoint := f.Routes[c.Route].Endpoint
		asked[endpoint] = append(asked[endpoint], c)
	}
	for i, e := range f.Target.Endpoints {
		switch cells := asked[i]; {
		case len(cells) == 0 || f.left(e):
		case slices.ContainsFunc(cells, func(c verdict.Cell) bool { return c.Verdict != verdict.Broken }):
			alive++
		default:
			dead = append(dead, suspect{e, i, cells})
		}
	}
	return dead, alive
}

// doubt says why the endpoints may be alive all the same, or nothing. A refusal
// comes from the endpoint's own network stack, but silence has more than one
// cause: a policy or a broken pod network drops packets, too. It is the
// endpoint's own only where others answer, and where it was asked from its own
// node. And where a mesh's proxy stands in the pod, it may be the one that hangs
// up, on every client that is not of the mesh.
func (f Facts) doubt(dead []suspect, alive int) string {
	if allSilent(dead, alive) {
		return "no packet came back from any endpoint: a policy or the pod network can cause this as well"
	}
	for _, s := range dead {
		nearby := slices.ContainsFunc(s.cells, func(c verdict.Cell) bool { return s.Node != "" && f.Vantages[c.Vantage] == s.Node })
		switch {
		case s.answeredAtAll() || nearby:
		case s.Node == "":
			return fmt.Sprintf("nothing says on which node %s is: the way there can cause this as well", s.Name)
		default:
			return fmt.Sprintf("%s was not asked from its own node: the way to node %s can cause this as well (--from %s tells)", s.Name, s.Node, s.Node)
		}
	}
	return ""
}

// allSilent reports whether no packet came back from any endpoint.
func allSilent(dead []suspect, alive int) bool {
	return alive == 0 && !slices.ContainsFunc(dead, suspect.answeredAtAll)
}

// answeredAtAll reports whether anything came back, be it a refusal.
func (s suspect) answeredAtAll() bool {
	return s.failed(func(f verdict.Failure) bool {
		return f.Error != wire.ErrorTimeout && f.Error != wire.ErrorUnreachable
	})
}

// hungUp reports whether connections were made and then broken off.
func (s suspect) hungUp() bool {
	return s.failed(func(f verdict.Failure) bool {
		return f.Error == wire.ErrorReset || f.Error == wire.ErrorTLS || f.Error == wire.ErrorProtocol
	})
}

func (s suspect) failed(how func(verdict.Failure) bool) bool {
	return slices.ContainsFunc(s.cells, func(c verdict.Cell) bool { return slices.ContainsFunc(c.Failures, how) })
}

// seekPolicy is where to look for a policy that keeps the probes out.
func (f Facts) seekPolicy() Step {
	if f.Target.Lacks("networkpolicies") {
		return Step{Text: "see whether a policy keeps the probes out", Command: f.namespaced("get networkpolicies")}
	}
	return Step{
		Text:    "see whether a policy of another kind keeps the probes out (of Cilium, Calico, the cluster's administrator): by the NetworkPolicies they may come in",
		Command: "kubectl api-resources -o wide | grep -i polic",
	}
}

// share says how the Service's own address fares while endpoints are dead: it
// hands them their share of the requests.
func (f Facts) share(port, dead, alive int) []Evidence {
	sent, ok := 0, 0
	for _, c := range f.cells(route.ClusterIP, port) {
		sent, ok = sent+c.Sent, ok+c.OK
	}
	if sent == 0 || alive == 0 || ok == sent {
		return nil
	}
	return []Evidence{traffic(fmt.Sprintf("%d of %d requests to the ClusterIP failed, with %d of %d endpoints dead", sent-ok, sent, dead, dead+alive))}
}

// inspect is where to look for why the endpoint is dead.
func (f Facts) inspect(s suspect) Step {
	if s.Pod == nil {
		return Step{Text: "see who keeps the address " + s.Name + " in the EndpointSlice", Command: f.namespaced("get endpointslices -l kubernetes.io/service-name=%s -o yaml", f.Target.Service.Name)}
	}
	text := "see what " + s.Name + " says; a readiness probe would take it out of the Service"
	for _, c := range target.Containers(s.Pod) {
		if c.ReadinessProbe != nil {
			text = "see what " + s.Name + " says; its readiness probe passes all the same, or it would be out of the Service"
		}
	}
	return Step{Text: text, Command: f.namespaced("logs %s --all-containers --tail=50", s.Name)}
}
