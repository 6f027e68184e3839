package target

import (
	"context"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// ungranted returns the Services of other namespaces, in the rules that lead to
// the target, that the route names without a ReferenceGrant there. Where grants
// cannot be read none is returned.
func (r *Reader) ungranted(ctx context.Context, t *Target, g GatewayRoute) []string {
	var found []string
	for _, refs := range g.rules() {
		if !g.leadsTo(refs, t.Service.Namespace, t.Service.Name) {
			continue
		}
		for _, ref := range refs {
			namespace, name, ok := g.ServiceOf(ref.BackendObjectReference)
			if !ok || namespace == g.Meta().Namespace || slices.Contains(found, namespace+"/"+name) {
				continue
			}
			grants, err := r.gatewayAPI.grants.get(ctx, namespace, r.listGrants)
			if err != nil {
				t.lack(Unread{Resource: "referencegrants of namespace " + namespace, Reason: err.Error(), Loses: "whether routes of other namespaces may name its Services"})
				continue
			}
			if !slices.ContainsFunc(grants, func(grant gatewayv1.ReferenceGrant) bool { return g.granted(grant, name) }) {
				found = append(found, namespace+"/"+name)
			}
		}
	}
	return found
}

// granted reports whether the grant lets the route name the Service of the
// grant's namespace.
func (g GatewayRoute) granted(grant gatewayv1.ReferenceGrant, service string) bool {
	kind := gatewayv1.Kind("HTTPRoute")
	if g.GRPC != nil {
		kind = "GRPCRoute"
	}
	from := slices.ContainsFunc(grant.Spec.From, func(f gatewayv1.ReferenceGrantFrom) bool {
		return f.Group == gatewayv1.GroupName && f.Kind == kind && string(f.Namespace) == g.Meta().Namespace
	})
	return from && slices.ContainsFunc(grant.Spec.To, func(to gatewayv1.ReferenceGrantTo) bool {
		return to.Group == "" && to.Kind == "Service" && (to.Name == nil || *to.Name == "" || string(*to.Name) == service)
	})
}

// listGrants reads the namespace's ReferenceGrants, in the version that all
// releases of the API serve, else in the one that will remain.
func (r *Reader) listGrants(ctx context.Context, namespace string) ([]gatewayv1.ReferenceGrant, error) {
	grants, err := listAll(func(options metav1.ListOptions) ([]gatewayv1.ReferenceGrant, string, error) {
		list, err := r.gateways.GatewayV1beta1().ReferenceGrants(namespace).List(ctx, options)
		if err != nil {
			return nil, "", err
		}
		var items []gatewayv1.ReferenceGrant
		for _, grant := range list.Items {
			items = append(items, gatewayv1.ReferenceGrant(grant))
		}
		return items, list.Continue, nil
	}, "")
	if err == nil || !absent(err) {
		return grants, err
	}
	return listAll(func(options metav1.ListOptions) ([]gatewayv1.ReferenceGrant, string, error) {
		list, err := r.gateways.GatewayV1().ReferenceGrants(namespace).List(ctx, options)
		if err != nil {
			return nil, "", err
		}
		return list.Items, list.Continue, nil
	}, "")
}
