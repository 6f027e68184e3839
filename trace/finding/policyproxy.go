package finding

import (
	"fmt"
	"slices"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/policy"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

// policyBlocksProxy: NetworkPolicies let nothing through to the endpoints from the
// pods of an Ingress controller, or of a Gateway, and the ways through it fail as they
// do when a proxy reaches nobody, while the pods answer probes.
func policyBlocksProxy(f Facts) []Finding {
	var all []Finding
	for _, in := range f.Target.Ingresses {
		all = append(all, f.keptOutProxy("ingress "+in.Namespace+"/"+in.Name, route.Ingress, "the Ingress controller", in.Proxy)...)
	}
	for _, g := range f.Target.GatewayRoutes {
		all = append(all, f.keptOutProxy(g.Name(), route.Gateway, "the Gateway", g.Proxy)...)
	}
	return all
}

// keptOutProxy returns the finding for the ways of one object through a proxy.
func (f Facts) keptOutProxy(name string, layer route.Kind, title string, proxy *target.Proxy) []Finding {
	ways := f.where(func(r route.Route) bool { return r.Object == name && !r.Contrast })
	if proxy == nil || !unserved(ways) {
		return nil
	}
	port := f.Routes[ways[0].Route].Port
	direct := slices.DeleteFunc(f.cells(route.Pod, port), func(c verdict.Cell) bool { return c.OK == 0 })
	h, out := f.outOfReach(proxy, port)
	if !out || len(direct) == 0 {
		return nil
	}
	return []Finding{{
		Name: "policy-blocks", Severity: Error, Status: Confirmed, Layer: layer,
		Summary: fmt.Sprintf("%s %s nothing %s %s from the pods of %s (service %s): no endpoint of %s is in their reach",
			policyNames(h.refusal), lets(h.refusal), wayIn(h.refusal), portsText(h.ports), title, proxy.Service, f.service()),
		Evidence: slices.Concat(h.objects(), []Evidence{object(proxy.Why)}, f.outcome(ways[:min(2, len(ways))]), f.outcome(direct[:1])),
		Fix: []Step{{
			Text:    "let these pods through; this is for every pod of namespace " + proxy.Namespace,
			Command: f.admission(h, proxy.Namespace),
		}},
	}}
}

// unserved reports whether nobody behind a proxy answered: it waited in vain, or
// said itself that it did.
func unserved(ways []verdict.Cell) bool {
	return allFailed(ways, string(wire.ErrorTimeout), "HTTP 502", "HTTP 503", "HTTP 504") &&
		!slices.ContainsFunc(ways, func(c verdict.Cell) bool { return len(c.Answers) > 0 })
}

// outOfReach reports whether policies keep every pod of the proxy out of every
// endpoint at a port.
func (f Facts) outOfReach(proxy *target.Proxy, port int) (h held, out bool) {
	policies := slices.Concat(f.Target.Policies, proxy.Policies)
	for i, r := range f.Routes {
		if r.Kind != route.Pod || r.Port != port || r.Contrast || len(f.asked(i)) == 0 {
			continue
		}
		e := f.Target.Endpoint(r.Endpoint)
		at, err := socket(r.Address, f.Target.Ports[port])
		if err != nil || e.Pod == nil || e.Pod.Spec.HostNetwork {
			return held{}, false
		}
		for _, pod := range proxy.Pods {
			client := policy.Pod{Namespace: pod.Namespace, Labels: pod.Labels, NamespaceLabels: proxy.NamespaceLabels}
			refusal := policy.Refused(policies, client, policyPod(e), at)
			if refusal == nil || pod.Spec.HostNetwork {
				return held{}, false
			}
			h.refusal, h.ports, out = *refusal, append(h.ports, missing(h.ports, []policy.Port{at})...), true
		}
	}
	return h, out
}
