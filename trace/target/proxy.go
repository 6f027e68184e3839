package target

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
)

// Proxy is the program that serves an Ingress or the Gateways of a route, as
// NetworkPolicies see it.
type Proxy struct {
	// Service is the one that leads to it, as NAMESPACE/NAME, and Why says how it is
	// known to be the one.
	Service, Why string
	Namespace    string
	Pods         []corev1.Pod
	// NamespaceLabels are those of its namespace, nil when they are not known, and
	// Policies the NetworkPolicies there.
	NamespaceLabels map[string]string
	Policies        []networkingv1.NetworkPolicy
}

// ingressProxy finds the pods of the Ingress's controller, where there are policies
// that may keep them out, or somebody asks for them. What must not be read of them counts as letting through.
func (r *Reader) ingressProxy(ctx context.Context, t *Target, in Ingress) *Proxy {
	if len(t.Policies) == 0 && !r.Proxies {
		return nil
	}
	found := r.findController(ctx, in.Controller, in.Class)
	if found.by == nil {
		return nil
	}
	return r.proxy(ctx, t, Front{Service: name(found.by.service), Why: found.by.why, Namespace: found.by.service.Namespace, Pods: found.by.pods})
}

// gatewayProxy finds the pods that serve the route's Gateways, where there are
// policies that may keep them out, or somebody asks for them. Of several programs it is not known which one
// serves a request.
func (r *Reader) gatewayProxy(ctx context.Context, t *Target, g GatewayRoute) *Proxy {
	if len(t.Policies) == 0 && !r.Proxies {
		return nil
	}
	var fronts fronts
	for _, p := range g.Parents {
		r.gatewayFronts(ctx, p, &fronts)
	}
	if len(fronts) != 1 {
		return nil
	}
	return r.proxy(ctx, t, fronts[0])
}

func (r *Reader) proxy(ctx context.Context, t *Target, f Front) *Proxy {
	if len(f.Pods) == 0 {
		return nil
	}
	p := &Proxy{Service: f.Service, Namespace: f.Namespace, Why: f.Why, Pods: f.Pods, NamespaceLabels: r.Labels(ctx, f.Namespace)}
	if f.Namespace != t.Service.Namespace {
		p.Policies, _ = r.Policies(ctx, f.Namespace)
	}
	return p
}
