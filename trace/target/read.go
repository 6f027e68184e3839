package target

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
)

type sliceList = []discoveryv1.EndpointSlice

func readSlices(ctx context.Context, client kubernetes.Interface, namespace, service string) (sliceList, error) {
	all, err := listAll(func(options metav1.ListOptions) (sliceList, string, error) {
		list, err := client.DiscoveryV1().EndpointSlices(namespace).List(ctx, options)
		if err != nil {
			return nil, "", err
		}
		return list.Items, list.Continue, nil
	}, labels.Set{discoveryv1.LabelServiceName: service}.String())
	if err != nil {
		return nil, fmt.Errorf("reading the endpointslices of service %s/%s: %w", namespace, service, err)
	}
	return all, nil
}

// readPods reads the pods behind the Service: by its selector, and all of the
// namespace when that misses a pod that a slice names, or every pod.
func (t *Target) readPods(ctx context.Context, client kubernetes.Interface, list sliceList) error {
	namespace := t.Service.Namespace
	referred := map[string]bool{}
	for _, slice := range list {
		for _, e := range slice.Endpoints {
			if e.TargetRef != nil && e.TargetRef.Kind == "Pod" {
				referred[string(e.TargetRef.UID)] = true
			}
		}
	}
	if selector := t.Selector(); selector != nil {
		selected, err := listPods(ctx, client, namespace, selector.String())
		if err != nil {
			return err
		}
		for _, pod := range selected {
			delete(referred, string(pod.UID))
		}
		t.Pods = selected
	}
	if len(t.Pods) > 0 && len(referred) == 0 || t.Selector() == nil && len(referred) == 0 {
		return nil
	}
	all, err := listPods(ctx, client, namespace, "")
	if err != nil {
		return err
	}
	known := map[types.UID]bool{}
	for i := range t.Pods {
		known[t.Pods[i].UID] = true
	}
	for _, pod := range all {
		switch {
		case known[pod.UID]:
		case referred[string(pod.UID)]:
			t.Pods = append(t.Pods, pod)
		default:
			t.Others = append(t.Others, pod)
		}
	}
	return nil
}

// listPods returns the pods that have not run to their end.
func listPods(ctx context.Context, client kubernetes.Interface, namespace, selector string) ([]corev1.Pod, error) {
	all, err := listAll(func(options metav1.ListOptions) ([]corev1.Pod, string, error) {
		list, err := client.CoreV1().Pods(namespace).List(ctx, options)
		if err != nil {
			return nil, "", err
		}
		return list.Items, list.Continue, nil
	}, selector)
	if err != nil {
		return nil, fmt.Errorf("reading the pods of namespace %s: %w", namespace, err)
	}
	var pods []corev1.Pod
	for _, pod := range all {
		if pod.Status.Phase != corev1.PodSucceeded && pod.Status.Phase != corev1.PodFailed {
			pods = append(pods, pod)
		}
	}
	return pods, nil
}
