package target

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// Reference names an object from which a trace starts.
type Reference struct {
	Kind Object
	Name string
}

// Object is a kind of object from which a trace can start.
type Object string

// The kinds of object, by the names that messages use.
const (
	ServiceObject     Object = "service"
	IngressObject     Object = "ingress"
	HTTPRouteObject   Object = "httproute"
	GRPCRouteObject   Object = "grpcroute"
	DeploymentObject  Object = "deployment"
	StatefulSetObject Object = "statefulset"
	DaemonSetObject   Object = "daemonset"
	PodObject         Object = "pod"
)

// Objects returns the kinds of object with the names that kubectl knows them by.
func Objects() map[Object][]string {
	return map[Object][]string{
		ServiceObject:     {"svc", "service", "services"},
		IngressObject:     {"ing", "ingress", "ingresses"},
		HTTPRouteObject:   {"httproute", "httproutes"},
		GRPCRouteObject:   {"grpcroute", "grpcroutes"},
		DeploymentObject:  {"deploy", "deployment", "deployments"},
		StatefulSetObject: {"sts", "statefulset", "statefulsets"},
		DaemonSetObject:   {"ds", "daemonset", "daemonsets"},
		PodObject:         {"po", "pod", "pods"},
	}
}

// Find returns the Services behind or in front of the object, in the order in
// which it names them: those that an Ingress or a route of the Gateway API has
// as backends, and those that select the pods of a workload.
func (r *Reader) Find(ctx context.Context, namespace string, ref Reference) ([]Name, error) {
	var found []Name
	var err error
	switch ref.Kind {
	case ServiceObject:
		return []Name{{namespace, ref.Name}}, nil
	case IngressObject:
		found, err = r.behindIngress(ctx, namespace, ref.Name)
	case HTTPRouteObject, GRPCRouteObject:
		found, err = r.behindRoute(ctx, namespace, ref)
	default:
		found, err = r.inFrontOf(ctx, namespace, ref)
	}
	switch {
	case apierrors.IsNotFound(err):
		return nil, fmt.Errorf("%s %q not found in namespace %q; kubectl -n %s get %s lists those there are", ref.Kind, ref.Name, namespace, namespace, ref.Kind)
	case err != nil:
		return nil, fmt.Errorf("reading %s %s/%s: %w", ref.Kind, namespace, ref.Name, err)
	case len(found) == 0:
		return nil, fmt.Errorf("%s %s/%s: no Service %s", ref.Kind, namespace, ref.Name, lacking(ref.Kind))
	}
	return distinctNames(found), nil
}

func lacking(kind Object) string {
	switch kind {
	case IngressObject, HTTPRouteObject, GRPCRouteObject:
		return "is among its backends"
	case PodObject:
		return "of its namespace selects it"
	}
	return "of its namespace selects the labels of its pod template"
}

// Select returns the Services whose labels the selector matches, in the
// namespace, or with metav1.NamespaceAll in all; ordered by their names.
func (r *Reader) Select(ctx context.Context, namespace string, selector labels.Selector) ([]Name, error) {
	services, err := r.listServices(ctx, namespace, selector.String())
	if err != nil {
		return nil, fmt.Errorf("reading the services: %w", err)
	}
	var found []Name
	for _, s := range services {
		found = append(found, Name{s.Namespace, s.Name})
	}
	slices.SortFunc(found, func(a, b Name) int { return strings.Compare(a.String(), b.String()) })
	if len(found) > 0 {
		return found, nil
	}
	where := "in namespace " + namespace
	if namespace == metav1.NamespaceAll {
		where = "in any namespace"
	}
	if !selector.Empty() {
		where += " with labels that match " + selector.String()
	}
	return nil, errors.New("there is no Service " + where)
}

// listServices returns the Services of the namespace, or of all with
// metav1.NamespaceAll, whose labels the selector matches.
func (r *Reader) listServices(ctx context.Context, namespace, selector string) ([]corev1.Service, error) {
	return listAll(func(options metav1.ListOptions) ([]corev1.Service, string, error) {
		list, err := r.client.CoreV1().Services(namespace).List(ctx, options)
		if err != nil {
			return nil, "", err
		}
		return list.Items, list.Continue, nil
	}, selector)
}

func (r *Reader) behindIngress(ctx context.Context, namespace, name string) ([]Name, error) {
	ingress, err := r.client.NetworkingV1().Ingresses(namespace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	var found []Name
	add := func(b *networkingv1.IngressBackend) {
		if b != nil && b.Service != nil {
			found = append(found, Name{namespace, b.Service.Name})
		}
	}
	add(ingress.Spec.DefaultBackend)
	for _, rule := range ingress.Spec.Rules {
		if rule.HTTP == nil {
			continue
		}
		for i := range rule.HTTP.Paths {
			add(&rule.HTTP.Paths[i].Backend)
		}
	}
	return found, nil
}

func (r *Reader) behindRoute(ctx context.Context, namespace string, ref Reference) ([]Name, error) {
	if r.gateways == nil {
		return nil, errors.New("the cluster has no Gateway API")
	}
	var found []Name
	add := func(b gatewayv1.BackendRef) {
		if (b.Kind == nil || *b.Kind == "Service") && (b.Group == nil || *b.Group == "") {
			name := Name{namespace, string(b.Name)}
			if b.Namespace != nil {
				name.Namespace = string(*b.Namespace)
			}
			found = append(found, name)
		}
	}
	if ref.Kind == GRPCRouteObject {
		route, err := r.gateways.GatewayV1().GRPCRoutes(namespace).Get(ctx, ref.Name, metav1.GetOptions{})
		if err != nil {
			return nil, err
		}
		for _, rule := range route.Spec.Rules {
			for _, b := range rule.BackendRefs {
				add(b.BackendRef)
			}
		}
		return found, nil
	}
	route, err := r.gateways.GatewayV1().HTTPRoutes(namespace).Get(ctx, ref.Name, metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	for _, rule := range route.Spec.Rules {
		for _, b := range rule.BackendRefs {
			add(b.BackendRef)
		}
	}
	return found, nil
}

// inFrontOf returns the Services that select the pods of a workload.
func (r *Reader) inFrontOf(ctx context.Context, namespace string, ref Reference) ([]Name, error) {
	pods, err := r.podLabels(ctx, namespace, ref)
	if err != nil {
		return nil, err
	}
	services, err := r.listServices(ctx, namespace, "")
	if err != nil {
		return nil, err
	}
	var found []Name
	for _, s := range services {
		if len(s.Spec.Selector) > 0 && labels.SelectorFromSet(s.Spec.Selector).Matches(pods) {
			found = append(found, Name{namespace, s.Name})
		}
	}
	return found, nil
}

// podLabels returns the labels of the pod, or of those that a workload makes.
func (r *Reader) podLabels(ctx context.Context, namespace string, ref Reference) (labels.Set, error) {
	apps, get := r.client.AppsV1(), metav1.GetOptions{}
	switch ref.Kind {
	case DeploymentObject:
		d, err := apps.Deployments(namespace).Get(ctx, ref.Name, get)
		return labels.Set(d.Spec.Template.Labels), err
	case StatefulSetObject:
		s, err := apps.StatefulSets(namespace).Get(ctx, ref.Name, get)
		return labels.Set(s.Spec.Template.Labels), err
	case DaemonSetObject:
		d, err := apps.DaemonSets(namespace).Get(ctx, ref.Name, get)
		return labels.Set(d.Spec.Template.Labels), err
	}
	pod, err := r.client.CoreV1().Pods(namespace).Get(ctx, ref.Name, get)
	return labels.Set(pod.Labels), err
}

func distinctNames(names []Name) []Name {
	var all []Name
	for _, n := range names {
		if !slices.Contains(all, n) {
			all = append(all, n)
		}
	}
	return all
}
