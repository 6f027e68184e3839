package target

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// GatewayRoute is an HTTPRoute or GRPCRoute that has the Service among its
// backends.
type GatewayRoute struct {
	// One of the two is set.
	HTTP *gatewayv1.HTTPRoute
	GRPC *gatewayv1.GRPCRoute
	// Parents are what it wants to attach to, in the order of its parentRefs.
	Parents []GatewayParent
	// Ungranted are the Services of other namespaces, as NAMESPACE/NAME, that it
	// names although no ReferenceGrant there allows it.
	Ungranted []string
	// Labels are those of its namespace, read where a listener selects
	// namespaces; nil when they are not known.
	Labels map[string]string
	// Proxy is the program that serves its Gateways, where there are policies that may
	// keep it out; nil when it is not known.
	Proxy *Proxy
}

// GatewayParent is a Gateway, or one of its listeners, that a route refers to.
type GatewayParent struct {
	Reference gatewayv1.ParentReference
	// Gateway is nil when it does not exist or cannot be read; then Why says so.
	Gateway *gatewayv1.Gateway
	Why     string
	// Missing is set where it does not exist.
	Missing bool
	// Controller is that of the Gateway's class; empty when it is not known.
	Controller string
	// Entries are the addresses by which the Gateway is reached, as far as they
	// are known.
	Entries []Entry
	// Secrets are those of the listeners' certificates that could be read, by
	// NAMESPACE/NAME: the fingerprint (SHA-256 of the DER encoding, in
	// hexadecimal) of the first certificate. A Secret that is not there, or holds
	// none, has an empty one.
	Secrets map[string]string
}

// Meta returns the metadata of the route.
func (g GatewayRoute) Meta() *metav1.ObjectMeta {
	if g.GRPC != nil {
		return &g.GRPC.ObjectMeta
	}
	return &g.HTTP.ObjectMeta
}

// Kind returns the kind of the route as kubectl writes it.
func (g GatewayRoute) Kind() string {
	if g.GRPC != nil {
		return "grpcroute"
	}
	return "httproute"
}

// Name returns "KIND NAMESPACE/NAME".
func (g GatewayRoute) Name() string { return g.Kind() + " " + g.Meta().Namespace + "/" + g.Meta().Name }

// Hostnames returns those that the route is for.
func (g GatewayRoute) Hostnames() []gatewayv1.Hostname {
	if g.GRPC != nil {
		return g.GRPC.Spec.Hostnames
	}
	return g.HTTP.Spec.Hostnames
}

// Status returns what controllers say of the route, one for each parent.
func (g GatewayRoute) Status() []gatewayv1.RouteParentStatus {
	if g.GRPC != nil {
		return g.GRPC.Status.Parents
	}
	return g.HTTP.Status.Parents
}

// parents returns the route's references to its parents.
func (g GatewayRoute) parents() []gatewayv1.ParentReference {
	if g.GRPC != nil {
		return g.GRPC.Spec.ParentRefs
	}
	return g.HTTP.Spec.ParentRefs
}

// rules returns the backends of each of the route's rules.
func (g GatewayRoute) rules() [][]gatewayv1.BackendRef {
	var all [][]gatewayv1.BackendRef
	if g.GRPC != nil {
		for _, rule := range g.GRPC.Spec.Rules {
			var refs []gatewayv1.BackendRef
			for _, ref := range rule.BackendRefs {
				refs = append(refs, ref.BackendRef)
			}
			all = append(all, refs)
		}
		return all
	}
	for _, rule := range g.HTTP.Spec.Rules {
		var refs []gatewayv1.BackendRef
		for _, ref := range rule.BackendRefs {
			refs = append(refs, ref.BackendRef)
		}
		all = append(all, refs)
	}
	return all
}

// ServiceOf returns the namespace and name of the Service that the backend is,
// and false when it is something else. What is left out is as the API fills it
// in: the core group, the kind Service, the namespace of the route.
func (g GatewayRoute) ServiceOf(ref gatewayv1.BackendObjectReference) (namespace, name string, ok bool) {
	if ref.Group != nil && *ref.Group != "" || ref.Kind != nil && *ref.Kind != "Service" {
		return "", "", false
	}
	namespace = g.Meta().Namespace
	if ref.Namespace != nil {
		namespace = string(*ref.Namespace)
	}
	return namespace, string(ref.Name), true
}

// leadsTo reports whether one of the backends is the Service.
func (g GatewayRoute) leadsTo(refs []gatewayv1.BackendRef, namespace, name string) bool {
	for _, ref := range refs {
		if ns, n, ok := g.ServiceOf(ref.BackendObjectReference); ok && ns == namespace && n == name {
			return true
		}
	}
	return false
}

// Names returns the kind, namespace and name of the parent. What is left out is
// as the API fills it in: the Gateway's kind, the namespace of the route.
func (g GatewayRoute) Names(ref gatewayv1.ParentReference) (kind, namespace, name string) {
	kind, namespace = "Gateway", g.Meta().Namespace
	if ref.Kind != nil {
		kind = string(*ref.Kind)
	}
	if ref.Group != nil && *ref.Group != gatewayv1.GroupName && kind == "Gateway" {
		kind += " of " + string(*ref.Group)
	}
	if ref.Namespace != nil {
		namespace = string(*ref.Namespace)
	}
	return kind, namespace, string(ref.Name)
}

// Weight returns the part of a rule's requests that the backend gets.
func Weight(ref gatewayv1.BackendRef) int32 {
	if ref.Weight == nil {
		return 1 // the API's default
	}
	return *ref.Weight
}
