package target

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
)

// Proxy is the program that serves an Ingress, as NetworkPolicies see it.
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

// readProxy finds the pods of the Ingress's controller, where there are policies
// that may keep them out, or somebody asks for them. What must not be read of them counts as letting through.
func (r *Reader) readProxy(ctx context.Context, t *Target, in *Ingress) {
	if len(t.Policies) == 0 && !r.Proxies {
		return
	}
	found := r.findController(ctx, in.Controller, in.Class)
	if found.by == nil || len(found.by.pods) == 0 {
		return
	}
	service := found.by.service
	in.Proxy = &Proxy{
		Service: service.Namespace + "/" + service.Name, Namespace: service.Namespace, Why: found.by.why, Pods: found.by.pods,
		NamespaceLabels: r.Labels(ctx, service.Namespace),
	}
	if service.Namespace != t.Service.Namespace {
		in.Proxy.Policies, _ = r.Policies(ctx, service.Namespace)
	}
}
