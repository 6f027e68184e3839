package finding

import (
	"fmt"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
)

// selectorMatchesNothing: no pod has the labels that the Service selects.
func selectorMatchesNothing(f Facts) []Finding {
	if !selectsNothing(f) || len(selectorMatchesWorkloadLabels(f)) > 0 {
		return nil
	}
	selector := f.Target.Service.Spec.Selector
	found := Finding{
		Name:     "selector-matches-nothing",
		Summary:  fmt.Sprintf("the selector %s of %s matches no pod", labelText(selector), f.service()),
		Evidence: []Evidence{object(fmt.Sprintf("none of the %d running or pending pods of namespace %s has these labels", len(f.Target.Others), f.Target.Service.Namespace))},
	}
	if len(f.Target.Others) == 0 {
		found.Evidence[0] = object(fmt.Sprintf("namespace %s has no running or pending pod at all", f.Target.Service.Namespace))
	}
	for _, w := range f.Target.Workloads {
		if f.Target.Selector().Matches(labels.Set(w.Template)) {
			found.Evidence = append(found.Evidence, object(fmt.Sprintf("the pods of %s %s would have them, but it has none now", w.Kind, w.Name)))
			found.Fix = append(found.Fix, Step{Text: "see why it has no pods (scaled to zero, or they cannot be created)", Command: f.namespaced("describe %s %s", w.Kind, w.Name)})
		}
	}
	for _, near := range closest(selector, f.Target) {
		found.Evidence = append(found.Evidence, object(near.text))
		if len(found.Fix) == 0 {
			found.Fix = []Step{{
				Text:    fmt.Sprintf("if %s is meant, select it (all traffic of the Service moves at once)", near.name),
				Command: f.patch("/spec/selector", selector, near.labels),
			}}
		}
	}
	switch {
	case len(found.Fix) > 0:
	case len(f.Target.Others) == 0:
		found.Fix = []Step{{Text: "start the application, or look for it in another namespace", Command: f.namespaced("get deployments,statefulsets,daemonsets --show-labels")}}
	default:
		found.Fix = []Step{{Text: "compare the selector with the labels of the pods that are meant", Command: f.namespaced("get pods --show-labels")}}
	}
	return f.confirmedByProxy(found)
}

// selectorMatchesWorkloadLabels: the Service selects what a Deployment,
// StatefulSet or DaemonSet is labelled with, but its pods are labelled otherwise.
func selectorMatchesWorkloadLabels(f Facts) []Finding {
	if !selectsNothing(f) {
		return nil
	}
	selector := f.Target.Service.Spec.Selector
	matches := labels.SelectorFromSet(selector)
	for _, w := range f.Target.Workloads {
		if !matches.Matches(labels.Set(w.Labels)) || matches.Matches(labels.Set(w.Template)) {
			continue
		}
		becomes := w.Selector
		if len(becomes) == 0 {
			becomes = w.Template
		}
		found := Finding{
			Name:    "selector-matches-workload-labels",
			Summary: fmt.Sprintf("the selector of %s matches the labels of %s %s, not those of its pods", f.service(), w.Kind, w.Name),
			Evidence: []Evidence{
				object(fmt.Sprintf("service %s selects %s; a Service selects pods, never workloads", f.Target.Service.Name, labelText(selector))),
				object(fmt.Sprintf("%s %s itself is labelled %s", w.Kind, w.Name, labelText(w.Labels))),
				object(fmt.Sprintf("its pod template is labelled %s", labelText(w.Template))),
			},
			Fix: []Step{{
				Text:    fmt.Sprintf("select the pods of %s %s (all traffic of the Service moves at once)", w.Kind, w.Name),
				Command: f.patch("/spec/selector", selector, becomes),
			}},
		}
		return f.confirmedByProxy(found)
	}
	return nil
}

// selectsNothing reports whether the Service selects pods and has none, nor an
// endpoint from elsewhere.
func selectsNothing(f Facts) bool {
	return f.Target.Selector() != nil && len(f.Target.Selected()) == 0 && len(f.Target.Endpoints) == 0
}

// confirmedByProxy completes a finding that means that nothing stands behind
// any port: traffic confirms it when every request to the Service failed, and
// refutes it when one was answered.
func (f Facts) confirmedByProxy(found Finding) []Finding {
	found.Severity, found.Status = Error, Unverified
	for port := range f.Target.Ports {
		tested, failed := f.proxied(port)
		if tested && !failed {
			return nil
		}
		if failed {
			found.Status = Confirmed
			found.Evidence = append(found.Evidence, f.outcome(f.cells(route.ClusterIP, port))...)
		}
	}
	return []Finding{found}
}
