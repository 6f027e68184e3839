package finding

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

// externalTrafficLocal: nodes without a ready endpoint drop what comes from
// outside, as configured.
func externalTrafficLocal(f Facts) []Finding {
	s := f.Target.Service
	if s.Spec.ExternalTrafficPolicy != corev1.ServiceExternalTrafficPolicyLocal {
		return nil
	}
	return f.localPolicy(Finding{
		Name:    "external-traffic-local",
		Summary: "from outside, %s is served by the nodes that host a ready endpoint only; the others drop its traffic: %s",
		Fix: []Step{{
			Text:    "where all nodes shall serve it (clients' addresses are then hidden from the pods), or else spread the pods over the nodes that clients use",
			Command: f.patch("/spec/externalTrafficPolicy", s.Spec.ExternalTrafficPolicy, corev1.ServiceExternalTrafficPolicyCluster),
		}},
	}, "spec.externalTrafficPolicy is Local", route.NodePort)
}

// internalTrafficLocal: from nodes without a ready endpoint the ClusterIP leads
// nowhere, as configured.
func internalTrafficLocal(f Facts) []Finding {
	s := f.Target.Service
	if s.Spec.InternalTrafficPolicy == nil || *s.Spec.InternalTrafficPolicy != corev1.ServiceInternalTrafficPolicyLocal {
		return nil
	}
	return f.localPolicy(Finding{
		Name:    "internal-traffic-local",
		Summary: "from inside, %s is served on the nodes that host a ready endpoint only; on the others the ClusterIP leads nowhere: %s",
		Fix: []Step{{
			Text:    "where clients on all nodes shall be served, unless a DaemonSet puts a pod on each",
			Command: f.patch("/spec/internalTrafficPolicy", *s.Spec.InternalTrafficPolicy, corev1.ServiceInternalTrafficPolicyCluster),
		}},
	}, "spec.internalTrafficPolicy is Local", route.ClusterIP)
}

// localPolicy completes a finding about a policy that is Local: which nodes it
// leaves out. It is confirmed where requests that went to such a node, or from
// there, were dropped.
func (f Facts) localPolicy(found Finding, said string, kind route.Kind) []Finding {
	var without []string
	for _, n := range f.Target.Nodes {
		if target.NodeReady(&n) && !f.Target.Hosts(n.Name) {
			without = append(without, n.Name)
		}
	}
	if len(without) == 0 || len(without) == len(f.Target.Nodes) {
		return nil // it makes no difference, or there is no endpoint at all
	}
	found.Severity, found.Status = Info, Unverified
	found.Summary = fmt.Sprintf(found.Summary, f.service(), some(without))
	found.Evidence = []Evidence{object(said + " in " + f.service())}
	for _, c := range f.where(func(r route.Route) bool { return r.Kind == kind }) {
		node := f.Routes[c.Route].Node
		if kind == route.ClusterIP {
			node = f.From[c.Vantage].Node
		}
		if !f.Target.Hosts(node) && c.Verdict == verdict.Broken {
			found.Status = Confirmed
			found.Evidence = append(found.Evidence, f.outcome([]verdict.Cell{c})...)
		}
	}
	return []Finding{found}
}

// sessionAffinity: all requests of one client go to one endpoint, as configured.
// Where several answered one client it does not hold, and is not spoken of here.
func sessionAffinity(f Facts) []Finding {
	s := f.Target.Service
	ready := slices.DeleteFunc(slices.Clone(f.Target.Endpoints), func(e target.Endpoint) bool { return !e.Ready })
	if s.Spec.SessionAffinity != corev1.ServiceAffinityClientIP || len(ready) < 2 {
		return nil
	}
	found := Finding{
		Name: "session-affinity", Severity: Info, Status: Unverified,
		Summary:  fmt.Sprintf("%s leads all requests of one client address to one endpoint; another client's may be another", f.service()),
		Evidence: []Evidence{object("spec.sessionAffinity is ClientIP in " + f.service())},
	}
	for port := range f.Target.Ports {
		for _, c := range f.cells(route.ClusterIP, port) {
			switch answers := c.Answers; {
			case len(answers) > 1:
				return nil
			case len(answers) == 1 && c.Unknown == 0 && answers[0].Count >= minSticky:
				found.Status = Confirmed
				found.Evidence = append(found.Evidence, traffic(fmt.Sprintf("%s answered all %d requests from %s to %s",
					f.Target.Endpoint(answers[0].Endpoint).Name, answers[0].Count, f.Vantages[c.Vantage], f.Routes[c.Route].Address)))
			}
		}
	}
	return []Finding{found}
}

// minSticky is how many answers of one endpoint show that this is no chance: with
// two endpoints, ten are alike in fewer than one of 500 runs.
const minSticky = 10
