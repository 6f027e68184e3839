package finding

import (
	"fmt"
	"slices"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

// deadEndpoint: endpoints that are ready by their object, and so get their
// share of the traffic, fail every request that is sent to them directly, from
// every vantage. One that answers from anywhere is not dead.
func deadEndpoint(f Facts) []Finding {
	var all []Finding
	for i, port := range f.Target.Ports {
		if len(targetPortRefusedAt(f, i)) > 0 {
			continue // that explains it
		}
		cells := f.cells(route.Pod, i)
		dead := f.deadIn(cells)
		if len(dead) == 0 {
			continue
		}
		alive := f.endpointsOf(cells) - len(dead)
		found := Finding{
			Name: "dead-endpoint", Severity: Error, Status: Confirmed,
			Summary: fmt.Sprintf("%d of %d ready endpoints of %s fail every direct request to port %s: %s",
				len(dead), len(dead)+alive, f.service(), portText(port), some(dead)),
		}
		seen := slices.DeleteFunc(slices.Clone(cells), func(c verdict.Cell) bool { return !slices.Contains(dead, f.endpointName(c)) })
		found.Evidence = f.outcome(seen)[:min(4, len(seen))]
		found.Evidence = append(found.Evidence, f.share(i, len(dead), alive)...)
		if doubt := f.doubt(seen, alive); doubt != "" {
			found.Status = Unverified
			found.Evidence = append(found.Evidence, traffic(doubt))
		}
		for _, name := range dead[:min(3, len(dead))] {
			found.Fix = append(found.Fix, f.inspect(name))
		}
		all = append(all, found)
	}
	return all
}

// deadIn returns the names of the endpoints that failed in all their cells.
func (f Facts) deadIn(cells []verdict.Cell) []string {
	var dead []string
	failed := map[string]bool{}
	for _, c := range cells {
		name := f.endpointName(c)
		if _, known := failed[name]; !known {
			failed[name] = true
			dead = append(dead, name)
		}
		failed[name] = failed[name] && c.Verdict == verdict.Broken
	}
	return slices.DeleteFunc(dead, func(name string) bool { return !failed[name] })
}

// doubt says why the endpoints of the cells may be alive all the same, or
// nothing. A refusal comes from the endpoint's own network stack, but silence has
// more than one cause: a policy or a broken pod network drops packets, too. It
// is the endpoint's own only where others answer, and where it was asked from
// its own node.
func (f Facts) doubt(dead []verdict.Cell, alive int) string {
	if alive == 0 && !answeredAtAll(dead) {
		return "no packet came back from any endpoint: a NetworkPolicy or the pod network can cause this as well"
	}
	for _, c := range dead {
		name := f.endpointName(c)
		own := slices.DeleteFunc(slices.Clone(dead), func(o verdict.Cell) bool { return f.endpointName(o) != name })
		node := f.Target.Endpoints[f.Routes[c.Route].Endpoint].Node
		nearby := slices.ContainsFunc(own, func(o verdict.Cell) bool { return f.Vantages[o.Vantage] == node })
		if !nearby && !answeredAtAll(own) {
			return fmt.Sprintf("%s was not asked from its own node: the way to node %s can cause this as well (--from %s tells)", name, node, node)
		}
	}
	return ""
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
	return []Evidence{traffic(fmt.Sprintf("%d of %d requests to the ClusterIP failed; %d of %d endpoints are dead", sent-ok, sent, dead, dead+alive))}
}

func (f Facts) inspect(name string) Step {
	for _, e := range f.Target.Endpoints {
		if e.Name == name && e.Pod != nil {
			return Step{Text: "see what " + name + " says; a readiness probe would take it out of the Service", Command: f.namespaced("logs %s --all-containers --tail=50", name)}
		}
	}
	return Step{Text: "see who keeps the address " + name + " in the EndpointSlice", Command: f.namespaced("get endpointslices -l kubernetes.io/service-name=%s -o yaml", f.Target.Service.Name)}
}

func (f Facts) endpointName(c verdict.Cell) string {
	return f.Target.Endpoints[f.Routes[c.Route].Endpoint].Name
}

func (f Facts) endpointsOf(cells []verdict.Cell) int {
	names := map[string]bool{}
	for _, c := range cells {
		names[f.endpointName(c)] = true
	}
	return len(names)
}

// answeredAtAll reports whether anything came back, be it a refusal.
func answeredAtAll(cells []verdict.Cell) bool {
	for _, c := range cells {
		for _, failure := range c.Failures {
			if failure.What != "timeout" && failure.What != "unreachable" {
				return true
			}
		}
	}
	return false
}
