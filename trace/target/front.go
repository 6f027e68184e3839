package target

import (
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// Front is the program that serves Ingresses or Gateways of the target, as it runs.
type Front struct {
	// Service leads to it, as NAMESPACE/NAME.
	Service string
	Pods    []corev1.Pod
}

// Fronts finds the pods of the programs in front of the Service: those of the
// controllers of its Ingresses, and of its Gateways. What cannot be found or read is
// left out.
func (r *Reader) Fronts(ctx context.Context, t *Target) []Front {
	var all []Front
	add := func(service *corev1.Service, pods []corev1.Pod) {
		name := service.Namespace + "/" + service.Name
		if known := slices.ContainsFunc(all, func(f Front) bool { return f.Service == name }); !known && len(pods) > 0 {
			all = append(all, Front{Service: name, Pods: pods})
		}
	}
	controller := func(name, class string) {
		for _, c := range r.findController(ctx, name, class).all {
			add(c.service, c.pods)
		}
	}
	for _, in := range t.Ingresses {
		controller(in.Controller, in.Class)
	}
	for _, g := range t.GatewayRoutes {
		for _, p := range g.Parents {
			if p.Gateway == nil {
				continue
			}
			made := slices.DeleteFunc(r.madeFor(ctx, &gatewayFacts{GatewayParent: p}), func(s corev1.Service) bool { return len(s.Spec.Selector) == 0 })
			for i := range made {
				pods, _ := r.runningPods(ctx, &made[i], page) // none are left out
				add(&made[i], pods)
			}
			if len(made) == 0 {
				controller(p.Controller, "")
			}
		}
	}
	return all
}
