package finding

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

// noSelectorNoEndpoints: nobody gives the Service endpoints.
func noSelectorNoEndpoints(f Facts) []Finding {
	s := f.Target.Service
	if f.Target.Selector() != nil || s.Spec.Type == corev1.ServiceTypeExternalName || len(f.Target.Endpoints) > 0 {
		return nil
	}
	return f.confirmedByProxy(Finding{
		Name:     "no-selector-no-endpoints",
		Summary:  fmt.Sprintf("%s selects no pods, and no EndpointSlice names an endpoint of it", f.service()),
		Evidence: []Evidence{object(fmt.Sprintf("spec.selector of %s is empty, and no EndpointSlice with an address has the label %s", f.service(), "kubernetes.io/service-name="+s.Name))},
		Fix: []Step{{
			Text:    "give it a selector, or write an EndpointSlice with that label for backends that are no pods",
			Command: f.namespaced("explain endpointslice --recursive"),
		}},
	})
}

// staleEndpoint: an EndpointSlice names a pod that does not exist any more, and
// nothing answers at its address. It explains why the endpoint is dead.
func staleEndpoint(f Facts) []Finding {
	var all []Finding
	for i, port := range f.Target.Ports {
		dead, _ := f.dead(i)
		var names []string
		var cells []verdict.Cell
		for _, s := range dead {
			if s.Missing {
				names, cells = append(names, s.Name), append(cells, s.cells...)
			}
		}
		if len(names) == 0 {
			continue
		}
		all = append(all, Finding{
			Name: "stale-endpoint", Severity: Error, Status: Confirmed,
			Summary: fmt.Sprintf("port %s of %s still leads to pods that are gone: %s", portText(port), f.service(), some(names)),
			Evidence: append([]Evidence{object("an EndpointSlice names " + some(names) + ", and namespace " + f.Target.Service.Namespace + " has no such running pod")},
				f.outcomeShort(cells)...),
			Fix: []Step{{
				Text:    "see who wrote the slice (label endpointslice.kubernetes.io/managed-by): delete one written by hand; for one of the cluster's look at kube-controller-manager",
				Command: f.namespaced("get endpointslices -l kubernetes.io/service-name=%s -o yaml", f.Target.Service.Name),
			}},
		})
	}
	return all
}

// selectorTooBroad: the endpoints belong to several workloads. That may be meant
// (a canary beside the stable version), so that it is only told; and it is a
// warning where one workload's pods answer otherwise than the others'.
func selectorTooBroad(f Facts) []Finding {
	if f.Target.Selector() == nil {
		return nil
	}
	workloads := map[string][]int{}
	for i, e := range f.Target.Endpoints {
		if owner := workloadOf(e.Pod); owner != "" && e.Ready {
			workloads[owner] = append(workloads[owner], i)
		}
	}
	if len(workloads) < 2 {
		return nil
	}
	names := sortedKeys(workloads)
	found := Finding{
		Name: "selector-too-broad", Severity: Info, Status: Unverified,
		Summary: fmt.Sprintf("%s leads to the pods of %d workloads: %s", f.service(), len(names), some(names)),
		Fix:     []Step{{Text: "if that is not meant, add a label to the selector that only the pods of one have", Command: f.namespaced("get pods -l '%s' --show-labels", labelText(f.Target.Service.Spec.Selector))}},
	}
	for _, name := range names {
		found.Evidence = append(found.Evidence, object(fmt.Sprintf("%s selects pod %s of %s", f.service(), f.Target.Endpoint(workloads[name][0]).Name, name)))
	}
	if seen := f.oneWayTo(workloads); seen != "" {
		found.Status = Confirmed
		found.Evidence = append(found.Evidence, traffic(seen))
	}
	if seen := f.statusesOf(names, workloads); len(seen) > 0 {
		found.Severity = Warning
		found.Summary += ", and these do not answer alike"
		found.Evidence = append(found.Evidence, seen...)
	}
	return []Finding{found}
}

// oneWayTo says on which way pods of several workloads answered.
func (f Facts) oneWayTo(workloads map[string][]int) string {
	for _, c := range f.where(func(r route.Route) bool { return r.Kind != route.Pod && !r.Contrast }) {
		var names []string
		for name, endpoints := range workloads {
			if slices.ContainsFunc(c.Answers, func(a verdict.Answer) bool { return slices.Contains(endpoints, a.Endpoint) }) {
				names = append(names, name)
			}
		}
		if slices.Sort(names); len(names) > 1 {
			return fmt.Sprintf("%s from %s was answered by pods of %s", f.Routes[c.Route].Address, f.Vantages[c.Vantage], some(names))
		}
	}
	return ""
}

// statusesOf says how the pods of each workload answered directly, where that
// differs.
func (f Facts) statusesOf(names []string, workloads map[string][]int) []Evidence {
	var seen []Evidence
	texts := map[string]bool{}
	for _, name := range names {
		statuses := map[string]bool{}
		for _, c := range f.where(func(r route.Route) bool {
			return r.Kind == route.Pod && !r.Contrast && slices.Contains(workloads[name], r.Endpoint)
		}) {
			for _, tally := range c.Seen.Tallies {
				if tally.Error == "" {
					statuses[said(tally)] = true
				}
			}
		}
		if len(statuses) == 0 {
			continue // it does not answer at all, which is another matter
		}
		text := strings.Join(sortedKeys(statuses), ", ")
		texts[text] = true
		seen = append(seen, traffic(fmt.Sprintf("the pods of %s answer directly with %s", name, text)))
	}
	if len(texts) < 2 {
		return nil
	}
	return seen
}

// workloadOf returns what owns the pod, as "deployment NAME", or nothing. The
// ReplicaSets of a Deployment are named after it, with the hash of the template
// that their pods have as a label.
func workloadOf(pod *corev1.Pod) string {
	if pod == nil {
		return ""
	}
	for _, owner := range pod.OwnerReferences {
		if owner.Controller == nil || !*owner.Controller {
			continue
		}
		hash := pod.Labels["pod-template-hash"]
		if name, ok := strings.CutSuffix(owner.Name, "-"+hash); ok && hash != "" && owner.Kind == "ReplicaSet" {
			return "deployment " + name
		}
		return strings.ToLower(owner.Kind) + " " + owner.Name
	}
	return ""
}
