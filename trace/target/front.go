package target

import (
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// Front is the program that serves Ingresses or Gateways of the target, as it runs.
type Front struct {
	// Service leads to it, as NAMESPACE/NAME, and Why says how it is known to be the one.
	Service, Why string
	Namespace    string
	Pods         []corev1.Pod
}

type fronts []Front

// add adds the pods behind the Service, if there are any, once.
func (all *fronts) add(service *corev1.Service, pods []corev1.Pod, why string) {
	known := slices.ContainsFunc(*all, func(f Front) bool { return f.Service == name(service) })
	if !known && len(pods) > 0 {
		*all = append(*all, Front{Service: name(service), Namespace: service.Namespace, Pods: pods, Why: why})
	}
}

func name(s *corev1.Service) string { return s.Namespace + "/" + s.Name }

// Fronts finds the pods of the programs in front of the Service: those of the
// controllers of its Ingresses, and of its Gateways. What cannot be found or read is
// left out.
func (r *Reader) Fronts(ctx context.Context, t *Target) []Front {
	var all fronts
	for _, in := range t.Ingresses {
		r.controllerFronts(ctx, in.Controller, in.Class, &all)
	}
	for _, g := range t.GatewayRoutes {
		for _, p := range g.Parents {
			r.gatewayFronts(ctx, p, &all)
		}
	}
	return all
}

// controllerFronts adds the pods of the controller.
func (r *Reader) controllerFronts(ctx context.Context, controller, class string, all *fronts) {
	for _, c := range r.findController(ctx, controller, class).all {
		all.add(c.service, c.pods, c.why)
	}
}

// gatewayFronts adds the pods that serve the Gateway: behind the Services that were
// made for it, or its controller's.
func (r *Reader) gatewayFronts(ctx context.Context, p GatewayParent, all *fronts) {
	if p.Gateway == nil {
		return
	}
	made := slices.DeleteFunc(r.madeFor(ctx, &gatewayFacts{GatewayParent: p}), func(s corev1.Service) bool { return len(s.Spec.Selector) == 0 })
	for i := range made {
		pods, _ := r.runningPods(ctx, &made[i], page) // none are left out
		all.add(&made[i], pods, "service "+name(&made[i])+" was made for gateway "+p.Gateway.Namespace+"/"+p.Gateway.Name)
	}
	if len(made) == 0 {
		r.controllerFronts(ctx, p.Controller, "", all)
	}
}
