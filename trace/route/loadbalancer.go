package route

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
)

// loadBalancers returns the addresses of the Service's own load balancer and its
// external IPs, for each port.
func loadBalancers(t *target.Target) []Route {
	all := pending(t)
	for i, p := range t.Ports {
		for _, e := range t.Entries {
			r := base(t, i, LoadBalancer, e.Host, p.Port)
			r.Source, r.Virtual = e.Source, e.Virtual
			if !address(e.Host) {
				// Which family a name leads to is for the DNS to say.
				r.IPv6 = !t.HasFamily(false)
			}
			if r.Untested == "" {
				r.Untested = unserved(t, p, e, r.IPv6)
			}
			all = append(all, r)
		}
	}
	return all
}

// pending returns a route that says so where a load balancer has no address yet.
func pending(t *target.Target) []Route {
	wanted := t.Service.Spec.Type == corev1.ServiceTypeLoadBalancer
	given := slices.ContainsFunc(t.Service.Status.LoadBalancer.Ingress, func(i corev1.LoadBalancerIngress) bool {
		return i.IP != "" || i.Hostname != ""
	})
	if !wanted || given || len(t.Ports) == 0 {
		return nil
	}
	r := base(t, 0, LoadBalancer, "", 0)
	r.Address, r.Number = "", 0
	r.Untested = "the load balancer has no address yet (status.loadBalancer is empty)"
	return []Route{r}
}

// unserved returns why nobody can be expected to answer at the entry, or nothing.
func unserved(t *target.Target, p target.Port, e target.Entry, ipv6 bool) string {
	for _, ingress := range t.Service.Status.LoadBalancer.Ingress {
		if ingress.IP != e.Host && ingress.Hostname != e.Host {
			continue
		}
		for _, status := range ingress.Ports {
			if status.Error != nil && *status.Error != "" && status.Port == p.Port && sameProtocol(status.Protocol, p.Protocol) {
				return fmt.Sprintf("the load balancer does not serve the port: %s", *status.Error)
			}
		}
	}
	if e.Virtual && !t.HasFamily(ipv6) {
		// kube-proxy drops these from its rules (k8s.io/kubernetes
		// pkg/proxy/serviceport.go, newBaseServiceInfo).
		return "the address is of a family that the Service does not have"
	}
	return ""
}

// sameProtocol compares two protocols, of which an empty one means TCP.
func sameProtocol(a, b corev1.Protocol) bool {
	tcp := func(p corev1.Protocol) bool { return p == "" || p == corev1.ProtocolTCP }
	return a == b || tcp(a) && tcp(b)
}
