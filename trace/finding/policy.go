package finding

import (
	"fmt"
	"maps"
	"net"
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/policy"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/vantage"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

// held are endpoints that the same policies keep the probes out of, and what came
// of the requests that were sent to them all the same.
type held struct {
	refusal   policy.Refusal
	ports     []policy.Port
	endpoints []int
	cells     []verdict.Cell
}

// policyBlocks: NetworkPolicies let nothing through from the probes' pods to
// endpoints, and nothing comes back from these there. That the policies are the
// cause is confirmed where such an endpoint answers somebody else; where it answers
// a probe, nothing enforces them.
func policyBlocks(f Facts) []Finding {
	var all []Finding
	for _, h := range f.held() {
		found := Finding{
			Name: "policy-blocks", Severity: Error, Status: Confirmed,
			Summary:  f.keptOut(h),
			Evidence: append(h.objects(), f.outcome(h.cells[:min(3, len(h.cells))])...),
		}
		if others := f.reached(h.endpoints); len(others) > 0 {
			found.Evidence = append(found.Evidence, others...)
		} else {
			found.Status = Unverified
			found.Evidence = append(found.Evidence, f.answeredBySomebody()...)
			found.Evidence = append(found.Evidence, traffic("nobody was seen to get an answer of these pods: that they give any is not known"))
			found.Fix = append(found.Fix, Step{
				Text:    "see whether the pods answer through the API server, on a way that no policy is about",
				Command: fmt.Sprintf("kubectl nettrace -n %s svc/%s --no-pods", f.Target.Service.Namespace, f.Target.Service.Name),
			})
		}
		found.Fix = append(found.Fix, f.admit(h)...)
		all = append(all, found)
	}
	return all
}

// held returns the endpoints that policies keep the probes out of and that were
// silent to all of these, by the policies.
func (f Facts) held() []held {
	var all []held
	for port := range f.Target.Ports {
		at := f.heldAt(port)
		for _, i := range slices.Sorted(maps.Keys(at)) {
			h := at[i]
			same := slices.IndexFunc(all, func(o held) bool { return policyNames(o.refusal) == policyNames(h.refusal) })
			if same < 0 {
				all = append(all, h)
				continue
			}
			to := &all[same]
			to.cells = append(to.cells, h.cells...)
			to.endpoints = append(to.endpoints, missing(to.endpoints, h.endpoints)...)
			to.ports = append(to.ports, missing(to.ports, h.ports)...)
		}
	}
	return all
}

// missing returns what is among the others and not among all.
func missing[T comparable](all, others []T) []T {
	return slices.DeleteFunc(slices.Clone(others), func(o T) bool { return slices.Contains(all, o) })
}

// heldAt returns, by their index, the endpoints of one port that policies keep the
// probes out of and that all of these got nothing from but silence, or a refusal,
// which some network plugins give in the pod's place.
func (f Facts) heldAt(port int) map[int]held {
	policies := f.policies()
	if f.Probes.Namespace == "" || len(policies) == 0 {
		return nil
	}
	all, open := map[int]held{}, map[int]bool{}
	for _, c := range f.cells(route.Pod, port) {
		r := f.Routes[c.Route]
		e := f.Target.Endpoint(r.Endpoint)
		if f.From[c.Vantage].Kind != vantage.Pod {
			continue
		}
		at, err := socket(r.Address, f.Target.Ports[port])
		if err != nil || e.Pod == nil || e.Pod.Spec.HostNetwork || f.left(e) || !keptQuiet(c) {
			open[r.Endpoint] = true
			continue
		}
		refusal := policy.Refused(policies, f.Probes, policyPod(e), at)
		if refusal == nil {
			open[r.Endpoint] = true
			continue
		}
		all[r.Endpoint] = held{*refusal, []policy.Port{at}, []int{r.Endpoint}, append(all[r.Endpoint].cells, c)}
	}
	for _, c := range f.cells(route.ClusterIP, port) {
		// On the way through a ClusterIP a probe keeps its address.
		for _, a := range c.Answers {
			open[a.Endpoint] = open[a.Endpoint] || f.From[c.Vantage].Kind == vantage.Pod
		}
	}
	maps.DeleteFunc(all, func(endpoint int, _ held) bool { return open[endpoint] })
	return all
}

// keptQuiet reports whether a cell went as it does where a policy drops or rejects
// connections.
func keptQuiet(c verdict.Cell) bool {
	return allFailed([]verdict.Cell{c}, string(wire.ErrorTimeout), string(wire.ErrorUnreachable), string(wire.ErrorRefused))
}

func socket(address string, port target.Port) (policy.Port, error) {
	_, number, err := net.SplitHostPort(address)
	if err != nil {
		return policy.Port{}, err
	}
	n, err := strconv.ParseInt(number, 10, 32)
	protocol := port.Protocol
	if protocol == "" {
		protocol = corev1.ProtocolTCP
	}
	return policy.Port{Number: int32(n), Protocol: protocol}, err
}

// policies are those of the target's namespace and of the probes'.
func (f Facts) policies() []networkingv1.NetworkPolicy {
	if f.Probes.Namespace == f.Target.Service.Namespace {
		return f.Target.Policies
	}
	return slices.Concat(f.Target.Policies, f.ProbePolicies)
}

// policyPod is what policies know an endpoint by.
func policyPod(e target.Endpoint) policy.Pod {
	pod := policy.Pod{Namespace: e.Pod.Namespace, Labels: e.Pod.Labels}
	for _, c := range target.Containers(e.Pod) {
		pod.Ports = append(pod.Ports, c.Ports...)
	}
	return pod
}

// reached says who else was answered by one of the endpoints.
func (f Facts) reached(endpoints []int) []Evidence {
	var seen []Evidence
	for _, c := range f.Cells {
		r := f.Routes[c.Route]
		switch {
		case r.Kind == route.Pod && !r.Contrast && slices.Contains(endpoints, r.Endpoint) && c.OK > 0:
			seen = append(seen, f.outcome([]verdict.Cell{c})...)
		case r.Kind != route.Pod:
			for _, a := range c.Answers {
				if slices.Contains(endpoints, a.Endpoint) {
					seen = append(seen, traffic(fmt.Sprintf("%s answered %d requests from %s through %s %s",
						f.Target.Endpoint(a.Endpoint).Name, a.Count, f.Vantages[c.Vantage], r.Kind, r.Address)))
				}
			}
		}
	}
	return seen[:min(2, len(seen))]
}

// answeredBySomebody says how requests through proxies went of which it is not
// known who answered them.
func (f Facts) answeredBySomebody() []Evidence {
	cells := f.where(func(r route.Route) bool { return r.Kind == route.Ingress || r.Kind == route.Gateway })
	cells = slices.DeleteFunc(cells, func(c verdict.Cell) bool { return c.OK == 0 })
	return f.outcome(cells[:min(2, len(cells))])
}

func (f Facts) keptOut(h held) string {
	return fmt.Sprintf("%s %s nothing %s %s from pods such as the probes' (namespace %s): %d of %d endpoints of %s are out of their reach",
		policyNames(h.refusal), lets(h.refusal), wayIn(h.refusal), portsText(h.ports), f.Probes.Namespace, len(h.endpoints), len(f.Target.Endpoints), f.service())
}

func policyNames(r policy.Refusal) string {
	var all []string
	for _, p := range r.Policies {
		all = append(all, p.Name)
	}
	slices.Sort(all)
	if len(all) == 1 {
		return "NetworkPolicy " + all[0]
	}
	return "NetworkPolicies " + some(all)
}

func lets(r policy.Refusal) string {
	if len(r.Policies) == 1 {
		return "lets"
	}
	return "let"
}

func wayIn(r policy.Refusal) string {
	if r.Direction == policy.Egress {
		return "out to"
	}
	return "in to"
}

func portsText(ports []policy.Port) string {
	var all []string
	for _, p := range ports {
		all = append(all, fmt.Sprintf("%s port %d", p.Protocol, p.Number))
	}
	return some(all)
}

// objects says whom the policies are about and whom they let through.
func (h held) objects() []Evidence {
	var seen []Evidence
	for _, p := range h.refusal.Policies[:min(3, len(h.refusal.Policies))] {
		seen = append(seen, object(fmt.Sprintf("networkpolicy %s/%s is about %s; %s",
			p.Namespace, p.Name, selection(&p.Spec.PodSelector, "all pods of its namespace"), policy.Admits(p, h.refusal.Direction))))
	}
	return seen
}

// selection names what a selector means.
func selection(s *metav1.LabelSelector, everything string) string {
	if len(s.MatchLabels)+len(s.MatchExpressions) == 0 {
		return everything
	}
	return "pods with " + metav1.FormatLabelSelector(s)
}
