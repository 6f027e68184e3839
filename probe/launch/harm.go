package launch

import (
	"fmt"
	"maps"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// podOf returns the pod as the Job controller would create it: with its labels,
// and with an owner, since some policies refuse pods that have none.
func podOf(job *batchv1.Job) *corev1.Pod {
	const someUID = "00000000-0000-0000-0000-000000000000"
	yes := true
	pod := &corev1.Pod{ObjectMeta: *job.Spec.Template.ObjectMeta.DeepCopy(), Spec: *job.Spec.Template.Spec.DeepCopy()}
	pod.Namespace = job.Namespace
	pod.GenerateName = job.Name + "-"
	pod.OwnerReferences = []metav1.OwnerReference{{
		APIVersion: "batch/v1", Kind: "Job", Name: job.Name, UID: someUID, Controller: &yes,
	}}
	maps.Copy(pod.Labels, controllerLabels(job.Name, someUID))
	return pod
}

// injected finds what webhooks have put into the pod in spite of the opt-outs.
func (p *preflight) injected(pod *corev1.Pod) []*Failure {
	if p.options.AllowInjected {
		return nil
	}
	var names []string
	for _, c := range pod.Spec.InitContainers {
		names = append(names, c.Name)
	}
	for _, c := range pod.Spec.Containers {
		if c.Name != container {
			names = append(names, c.Name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	return []*Failure{{
		Reason: ReasonInjected,
		What:   "a webhook would put containers into the probe's pod, which may answer or change its requests",
		Said:   words(strings.Join(names, ", ")),
		Fix:    elsewhere + ", one that is not injected",
	}}
}

// selected finds the Services that would take the probe for a backend. The
// labels are those that webhooks would leave it with.
func (p *preflight) selected(pod *corev1.Pod) []*Failure {
	var failures []*Failure
	for _, service := range p.services {
		selector := service.Spec.Selector
		// A Service without a selector selects nothing. An ExternalName has no
		// endpoints whatever it selects.
		if len(selector) == 0 || service.Spec.Type == corev1.ServiceTypeExternalName {
			continue
		}
		if labels.SelectorFromSet(selector).Matches(labels.Set(pod.Labels)) {
			failures = append(failures, &Failure{
				Reason: ReasonSelected,
				What:   fmt.Sprintf("the Service %s selects the probe's pod and would list it among its endpoints", service.Name),
				Said:   describe(labels.SelectorFromSet(selector)),
				Fix:    p.away(),
			})
		}
	}
	return failures
}

// counted finds the disruption budgets that the probe would disturb. A budget
// that is a percentage, or a maximum, asks the owner of each pod for its scale;
// a Job has none, the budget cannot be computed, and no pod under it can be
// evicted until the probe is gone. A minimum as a number counts the ready pods
// only, and the probe is never one. A probe that passes for one of somebody's
// pods must be in nobody's count.
func (p *preflight) counted(pod *corev1.Pod) []*Failure {
	var failures []*Failure
	for _, budget := range p.budgets {
		if !needsScale(budget) && !p.labelled() {
			continue
		}
		selector, err := metav1.LabelSelectorAsSelector(budget.Spec.Selector)
		if err != nil || !selector.Matches(labels.Set(pod.Labels)) {
			continue
		}
		effect := "would block every eviction under it while that exists"
		if !needsScale(budget) {
			effect = "would take it for one of those that it protects"
		}
		failures = append(failures, &Failure{
			Reason: ReasonBudget,
			What:   fmt.Sprintf("the PodDisruptionBudget %s selects the probe's pod and %s", budget.Name, effect),
			Said:   describe(selector),
			Fix:    p.away(),
		})
	}
	return failures
}

// away is what helps where the probe's pod is selected by what must not.
func (p *preflight) away() string {
	if p.labelled() {
		return notLike
	}
	return elsewhere
}

func needsScale(budget policyv1.PodDisruptionBudget) bool {
	least := budget.Spec.MinAvailable
	return budget.Spec.MaxUnavailable != nil || least != nil && least.Type == intstr.String
}

func describe(selector labels.Selector) string {
	if selector.Empty() {
		return "its selector is {}, which means every pod of the namespace"
	}
	return words("its selector is " + selector.String())
}
