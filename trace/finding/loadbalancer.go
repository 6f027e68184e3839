package finding

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/vantage"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

// loadBalancerPending: nobody has given the Service an address yet.
func loadBalancerPending(f Facts) []Finding {
	s := f.Target.Service
	if s.Spec.Type != corev1.ServiceTypeLoadBalancer || len(s.Status.LoadBalancer.Ingress) > 0 {
		return nil
	}
	seen := []Evidence{object(fmt.Sprintf("status.loadBalancer.ingress of %s is empty", f.service()))}
	if class := s.Spec.LoadBalancerClass; class != nil {
		seen = append(seen, object("spec.loadBalancerClass is "+*class+": only the controller of that class gives it an address"))
	}
	return []Finding{{
		Name: "load-balancer-pending", Severity: Warning, Status: Unverified, Layer: route.LoadBalancer,
		Summary:  fmt.Sprintf("%s has no load balancer yet: no controller has given it an address", f.service()),
		Evidence: seen,
		Fix: []Step{{
			Text:    "see what the cloud controller, or MetalLB and the like, says of it: is one running, and has its pool an address left",
			Command: f.namespaced("describe service %s", s.Name),
		}},
	}}
}

// loadBalancerUnreachable: clients outside get no answer from the load balancer,
// although the Service works behind it.
func loadBalancerUnreachable(f Facts) []Finding {
	var all []Finding
	for i, port := range f.Target.Ports {
		dead := slices.DeleteFunc(f.cells(route.LoadBalancer, i), func(c verdict.Cell) bool {
			return c.Verdict != verdict.Broken || f.From[c.Vantage].Kind != vantage.Local || answeredByAnybody(c)
		})
		if len(dead) == 0 || !f.works(i) {
			continue
		}
		var addresses []string
		for _, c := range dead {
			addresses = append(addresses, f.Routes[c.Route].Address)
		}
		working := slices.DeleteFunc(f.throughService(i), func(c verdict.Cell) bool { return c.Verdict != verdict.Healthy })
		found := Finding{
			Name: "load-balancer-unreachable", Severity: Error, Status: Confirmed, Layer: route.LoadBalancer,
			Summary:  fmt.Sprintf("nothing answers at the load balancer %s of %s, port %s, although the Service works behind it", some(distinct(addresses)), f.service(), portText(port)),
			Evidence: append(f.outcomeShort(dead), f.outcomeShort(working)...),
			Fix:      []Step{{Text: "compare its listeners, security groups and firewall rules with the port; see whether its health checks pass, and on which port"}},
		}
		if n := f.Target.Service.Spec.HealthCheckNodePort; n != 0 {
			found.Evidence = append(found.Evidence, object(fmt.Sprintf("spec.healthCheckNodePort is %d: the load balancer must reach GET /healthz there on every node", n)))
		}
		all = append(all, found)
	}
	return all
}
