package launch

import (
	"context"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// listNeighbours reads the pods that may want to be away from such as the probe
// passes for. Those that will come look like those that are there.
func (p *preflight) listNeighbours(ctx context.Context) {
	if !p.labelled() {
		return
	}
	// Of any age will do, and the API server has that at hand.
	list, err := p.client.CoreV1().Pods(p.options.Namespace).List(ctx, metav1.ListOptions{ResourceVersion: "0"})
	if err != nil {
		p.leave("whether the probes keep pods from being scheduled", err)
		return
	}
	p.neighbours = list.Items
}

// avoided says whose new pods the scheduler keeps away from the probe, or spreads
// as if it were one of them. That passes with the probe.
func (p *preflight) avoided(pod *corev1.Pod) []string {
	var effects []string
	for _, neighbour := range p.neighbours {
		if !avoids(neighbour, pod) && !spreads(neighbour, pod) {
			continue
		}
		effect := fmt.Sprintf("for a minute at most, new pods like those of %s may have to go elsewhere or wait (anti-affinity or spread)",
			words(ownerOf(neighbour)))
		if !slices.Contains(effects, effect) {
			effects = append(effects, effect)
		}
	}
	slices.Sort(effects)
	return effects
}

func avoids(neighbour corev1.Pod, pod *corev1.Pod) bool {
	affinity := neighbour.Spec.Affinity
	if affinity == nil || affinity.PodAntiAffinity == nil {
		return false
	}
	return slices.ContainsFunc(affinity.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution, func(term corev1.PodAffinityTerm) bool {
		// A selector of namespaces may mean this one; what it says is a remark only.
		here := len(term.Namespaces) == 0 || slices.Contains(term.Namespaces, pod.Namespace) || term.NamespaceSelector != nil
		return here && selects(term.LabelSelector, pod)
	})
}

func spreads(neighbour corev1.Pod, pod *corev1.Pod) bool {
	return slices.ContainsFunc(neighbour.Spec.TopologySpreadConstraints, func(spread corev1.TopologySpreadConstraint) bool {
		return spread.WhenUnsatisfiable == corev1.DoNotSchedule && selects(spread.LabelSelector, pod)
	})
}

// selects reports whether a selector matches the pod; none matches nothing.
func selects(selector *metav1.LabelSelector, pod *corev1.Pod) bool {
	parsed, err := metav1.LabelSelectorAsSelector(selector)
	return err == nil && parsed.Matches(labels.Set(pod.Labels))
}

func ownerOf(pod corev1.Pod) string {
	if owner := metav1.GetControllerOf(&pod); owner != nil {
		return owner.Kind + " " + owner.Name
	}
	return "pod " + pod.Name
}
