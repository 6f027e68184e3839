package launch

import (
	"context"
	"fmt"
	"sync"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// scaled is a workload that an autoscaler sizes, and the pods that it counts.
type scaled struct {
	scaler   string
	workload autoscalingv2.CrossVersionObjectReference
	pods     labels.Selector
}

// listScaled finds what autoscalers size. An autoscaler counts whatever pods its
// workload's selector matches, not only those that belong to it. That a workload
// itself took the probe for its own needs no look: the probe belongs to its Job,
// and nobody adopts what belongs to somebody.
func (p *preflight) listScaled(ctx context.Context) {
	if !p.labelled() {
		return
	}
	list, err := p.client.AutoscalingV2().HorizontalPodAutoscalers(p.options.Namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		p.unsure(whetherScaled, scalersNeed(p.options.Namespace), err)
		return
	}
	var all sync.WaitGroup
	for _, scaler := range list.Items {
		all.Go(func() { p.readScaled(ctx, scaler.Name, scaler.Spec.ScaleTargetRef) })
	}
	all.Wait()
}

const whetherScaled = "whether an autoscaler counts the probes"

func (p *preflight) readScaled(ctx context.Context, scaler string, workload autoscalingv2.CrossVersionObjectReference) {
	pods, err := p.selectorOf(ctx, workload)
	switch {
	case apierrors.IsNotFound(err):
		return // then the autoscaler does nothing
	case err != nil:
		p.unsure(whetherScaled, workloadNeed(p.options.Namespace, workload), err)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.scaled = append(p.scaled, scaled{scaler: scaler, workload: workload, pods: pods})
}

// selectorOf reads by which labels a workload's pods are counted.
func (p *preflight) selectorOf(ctx context.Context, workload autoscalingv2.CrossVersionObjectReference) (labels.Selector, error) {
	apps, core, ns, get := p.client.AppsV1(), p.client.CoreV1(), p.options.Namespace, metav1.GetOptions{}
	switch kindOf(workload).String() {
	case "Deployment.apps":
		w, err := apps.Deployments(ns).Get(ctx, workload.Name, get)
		if err != nil {
			return nil, err
		}
		return metav1.LabelSelectorAsSelector(w.Spec.Selector)
	case "StatefulSet.apps":
		w, err := apps.StatefulSets(ns).Get(ctx, workload.Name, get)
		if err != nil {
			return nil, err
		}
		return metav1.LabelSelectorAsSelector(w.Spec.Selector)
	case "ReplicaSet.apps":
		w, err := apps.ReplicaSets(ns).Get(ctx, workload.Name, get)
		if err != nil {
			return nil, err
		}
		return metav1.LabelSelectorAsSelector(w.Spec.Selector)
	case "ReplicationController":
		w, err := core.ReplicationControllers(ns).Get(ctx, workload.Name, get)
		if err != nil {
			return nil, err
		}
		return labels.SelectorFromSet(w.Spec.Selector), nil
	}
	return nil, fmt.Errorf("it is not known by which labels %s %s counts its pods", kindOf(workload), workload.Name)
}

func kindOf(workload autoscalingv2.CrossVersionObjectReference) schema.GroupKind {
	return schema.FromAPIVersionAndKind(workload.APIVersion, workload.Kind).GroupKind()
}

// autoscaled finds the autoscalers that would take the probe, which does next to
// nothing, for one of the pods whose load they go by.
func (p *preflight) autoscaled(pod *corev1.Pod) []*Failure {
	var failures []*Failure
	for _, s := range p.scaled {
		if s.pods.Matches(labels.Set(pod.Labels)) {
			failures = append(failures, &Failure{
				Reason: ReasonScaled,
				What:   fmt.Sprintf("the HorizontalPodAutoscaler %s would count the probe's pod to %s %s", s.scaler, s.workload.Kind, s.workload.Name),
				Said:   describe(s.pods),
				Fix:    notLike,
			})
		}
	}
	return failures
}
