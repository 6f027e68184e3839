package target

import (
	"context"
	"fmt"
	"maps"
	"sync"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// gatewayReads is what a Reader has read of the Gateway API: routes and grants
// by namespace, the rest by name.
type gatewayReads struct {
	http     onceEach[[]gatewayv1.HTTPRoute]
	grpc     onceEach[[]gatewayv1.GRPCRoute]
	gateways onceEach[gatewayFacts]
	classes  onceEach[*gatewayv1.GatewayClass]
	grants   onceEach[[]gatewayv1.ReferenceGrant]
	labels   onceEach[map[string]string]
	services onceEach[[]corev1.Service]
}

// onceEach is a number of things, each of which is read at most once.
type onceEach[T any] struct {
	mu  sync.Mutex
	all map[string]*once[T]
}

func (o *onceEach[T]) get(ctx context.Context, key string, read func(context.Context, string) (T, error)) (T, error) {
	o.mu.Lock()
	if o.all == nil {
		o.all = map[string]*once[T]{}
	}
	if o.all[key] == nil {
		o.all[key] = &once[T]{}
	}
	one := o.all[key]
	o.mu.Unlock()
	return one.get(ctx, func(ctx context.Context) (T, error) { return read(ctx, key) })
}

// readGateways reads the routes of the Gateway API that lead to the Service, and
// what stands in front of and beside it there. A refusal costs ways in, or what
// is known of them, and no more.
func (r *Reader) readGateways(ctx context.Context, t *Target) {
	if r.gateways == nil {
		return
	}
	for _, g := range r.gatewayRoutes(ctx, t) {
		for _, ref := range g.parents() {
			g.Parents = append(g.Parents, r.gatewayParent(ctx, t, g, ref))
		}
		g.Labels = r.namespaceLabels(ctx, g)
		g.Ungranted = r.ungranted(ctx, t, g)
		g.Proxy = r.gatewayProxy(ctx, t, g)
		t.GatewayRoutes = append(t.GatewayRoutes, g)
	}
	r.readNeighbours(ctx, t)
}

// gatewayRoutes returns the routes that have the Service among their backends.
func (r *Reader) gatewayRoutes(ctx context.Context, t *Target) []GatewayRoute {
	var found []GatewayRoute
	add := func(g GatewayRoute) {
		for _, refs := range g.rules() {
			if g.leadsTo(refs, t.Service.Namespace, t.Service.Name) {
				found = append(found, g)
				return
			}
		}
	}
	https, unread := routesOf(ctx, &r.gatewayAPI.http, "httproutes", t.Service.Namespace, r.listHTTPRoutes)
	t.lack(unread...)
	for i := range https {
		add(GatewayRoute{HTTP: &https[i]})
	}
	grpcs, unread := routesOf(ctx, &r.gatewayAPI.grpc, "grpcroutes", t.Service.Namespace, r.listGRPCRoutes)
	t.lack(unread...)
	for i := range grpcs {
		add(GatewayRoute{GRPC: &grpcs[i]})
	}
	return found
}

// routesOf returns the routes of one kind: those of all namespaces, because a
// route may name Services of other namespaces than its own, or, where these are
// not to be read, those beside the Service. Where the API does not exist nothing
// is lost.
func routesOf[T any](ctx context.Context, known *onceEach[[]T], resource, namespace string, list func(context.Context, string) ([]T, error)) ([]T, []Unread) {
	all, err := known.get(ctx, metav1.NamespaceAll, list)
	if err == nil || absent(err) {
		return all, nil
	}
	if apierrors.IsForbidden(err) {
		near, nearErr := known.get(ctx, namespace, list)
		if nearErr == nil {
			return near, []Unread{{
				Resource: resource + " of other namespaces", Reason: err.Error(),
				Loses: "ways in through routes that name the Service from another namespace",
			}}
		}
		err = nearErr
	}
	return nil, []Unread{{Resource: resource, Reason: err.Error(), Loses: "the ways in through such routes of the Gateway API"}}
}

// absent reports whether the API server does not have the resource at all.
func absent(err error) bool { return apierrors.IsNotFound(err) || meta.IsNoMatchError(err) }

func (r *Reader) listHTTPRoutes(ctx context.Context, namespace string) ([]gatewayv1.HTTPRoute, error) {
	return listAll(func(options metav1.ListOptions) ([]gatewayv1.HTTPRoute, string, error) {
		list, err := r.gateways.GatewayV1().HTTPRoutes(namespace).List(ctx, options)
		if err != nil {
			return nil, "", err
		}
		return list.Items, list.Continue, nil
	}, "")
}

func (r *Reader) listGRPCRoutes(ctx context.Context, namespace string) ([]gatewayv1.GRPCRoute, error) {
	return listAll(func(options metav1.ListOptions) ([]gatewayv1.GRPCRoute, string, error) {
		list, err := r.gateways.GatewayV1().GRPCRoutes(namespace).List(ctx, options)
		if err != nil {
			return nil, "", err
		}
		return list.Items, list.Continue, nil
	}, "")
}

// namespaceLabels returns the labels of the route's namespace where a listener
// asks for them, and nil where none does or they cannot be read.
func (r *Reader) namespaceLabels(ctx context.Context, g GatewayRoute) map[string]string {
	for _, p := range g.Parents {
		if p.Gateway == nil {
			continue
		}
		for _, l := range p.Gateway.Spec.Listeners {
			if l.AllowedRoutes == nil || l.AllowedRoutes.Namespaces == nil || l.AllowedRoutes.Namespaces.Selector == nil {
				continue
			}
			return r.Labels(ctx, g.Meta().Namespace)
		}
	}
	return nil
}

func (r *Reader) readLabels(ctx context.Context, name string) (map[string]string, error) {
	namespace, err := r.client.CoreV1().Namespaces().Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return nil, fmt.Errorf("reading namespace %s: %w", name, err)
	}
	labels := map[string]string{}
	maps.Copy(labels, namespace.Labels)
	return labels, nil
}

// lack remembers what could not be read, each thing once.
func (t *Target) lack(unread ...Unread) {
	for _, u := range unread {
		if !t.Lacks(u.Resource) {
			t.Unread = append(t.Unread, u)
		}
	}
}
