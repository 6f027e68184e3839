package target

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"

	"golang.org/x/sync/errgroup"
)

// page is how many objects one list request asks for, as kubectl does.
const page = 500

// Choice is what the user asked to be done differently from the defaults.
type Choice struct {
	// Ports are the only ports to trace, by number or name; empty means all.
	Ports []string
	// Path is the request path for all ports; empty means the pods' own
	// readiness path, else "/".
	Path string
}

// Resolve reads the Service and everything around it. It returns a
// [*NotFoundError] when there is no such Service, and the API server's error as
// it is when a read that the trace cannot do without was refused.
func Resolve(ctx context.Context, client kubernetes.Interface, namespace, name string, choice Choice) (*Target, error) {
	t := &Target{}
	var slices discoveryv1.EndpointSliceList
	reads, reading := errgroup.WithContext(ctx)
	reads.Go(func() error { return t.readService(reading, client, namespace, name) })
	reads.Go(func() (err error) {
		slices, err = readSlices(reading, client, namespace, name)
		return err
	})
	var nodes *Unread
	reads.Go(func() error {
		nodes = t.readNodes(reading, client)
		return nil
	})
	if err := reads.Wait(); err != nil {
		return nil, err
	}
	if nodes != nil {
		t.Unread = append(t.Unread, *nodes)
	}
	if err := t.readPods(ctx, client, slices.Items); err != nil {
		return nil, err
	}
	t.Endpoints = endpoints(slices.Items, t.Pods)
	t.readHints(ctx, client)
	var err error
	t.Ports, err = ports(t, choice)
	return t, err
}

func (t *Target) readService(ctx context.Context, client kubernetes.Interface, namespace, name string) error {
	service, err := client.CoreV1().Services(namespace).Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return notFound(ctx, client, namespace, name)
	}
	if err != nil {
		return fmt.Errorf("reading service %s/%s: %w", namespace, name, err)
	}
	t.Service = service
	return nil
}

func readSlices(ctx context.Context, client kubernetes.Interface, namespace, service string) (discoveryv1.EndpointSliceList, error) {
	var all discoveryv1.EndpointSliceList
	options := metav1.ListOptions{Limit: page, LabelSelector: labels.Set{discoveryv1.LabelServiceName: service}.String()}
	for {
		list, err := client.DiscoveryV1().EndpointSlices(namespace).List(ctx, options)
		if err != nil {
			return all, fmt.Errorf("reading the endpointslices of service %s/%s: %w", namespace, service, err)
		}
		all.Items = append(all.Items, list.Items...)
		if options.Continue = list.Continue; options.Continue == "" {
			return all, nil
		}
	}
}

// readNodes reads the nodes; without them a trace loses some of its routes, and
// no more, so that a refusal is returned as such.
func (t *Target) readNodes(ctx context.Context, client kubernetes.Interface) *Unread {
	options := metav1.ListOptions{Limit: page}
	for {
		list, err := client.CoreV1().Nodes().List(ctx, options)
		if err != nil {
			t.Nodes = nil
			return &Unread{Resource: "nodes", Reason: err.Error(), Loses: "NodePorts, zones, and nodes without an endpoint as vantages"}
		}
		t.Nodes = append(t.Nodes, list.Items...)
		if options.Continue = list.Continue; options.Continue == "" {
			return nil
		}
	}
}

// readPods reads the pods behind the Service: by its selector, and all of the
// namespace when that misses a pod that a slice names, or every pod.
func (t *Target) readPods(ctx context.Context, client kubernetes.Interface, list []discoveryv1.EndpointSlice) error {
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
	var pods []corev1.Pod
	options := metav1.ListOptions{Limit: page, LabelSelector: selector}
	for {
		list, err := client.CoreV1().Pods(namespace).List(ctx, options)
		if err != nil {
			return nil, fmt.Errorf("reading the pods of namespace %s: %w", namespace, err)
		}
		for _, pod := range list.Items {
			if pod.Status.Phase != corev1.PodSucceeded && pod.Status.Phase != corev1.PodFailed {
				pods = append(pods, pod)
			}
		}
		if options.Continue = list.Continue; options.Continue == "" {
			return pods, nil
		}
	}
}
