package route_test

import (
	"fmt"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	. "github.com/kubectl-nettrace/kubectl-nettrace/trace/target/targettest"
)

func TestLoadBalancer(t *testing.T) {
	proxy, vip := corev1.LoadBalancerIPModeProxy, corev1.LoadBalancerIPModeVIP
	const (
		status = " from status.loadBalancer.ingress of service shop/web"
		ips    = " from spec.externalIPs of service shop/web"
		family = ": the address is of a family that the Service does not have"
	)
	failing := func(port int32, protocol corev1.Protocol, reason string) corev1.LoadBalancerIngress {
		return corev1.LoadBalancerIngress{IP: "203.0.113.1", Ports: []corev1.PortStatus{{Port: port, Protocol: protocol, Error: &reason}}}
	}
	two := func() *Service { return web().Port("https", 443, 8443) }
	for name, test := range map[string]struct {
		service *Service
		want    []string
	}{
		"none":                  {web(), nil},
		"pending":               {web().Balanced(), []string{": " + pending}},
		"an empty address":      {web().Balanced(corev1.LoadBalancerIngress{}), []string{": " + pending}},
		"pending without ports": {NewService("web").Balanced(), nil},
		"each port":             {two().Balanced(corev1.LoadBalancerIngress{IP: "203.0.113.1"}), []string{"203.0.113.1:80 virtual" + status, "203.0.113.1:443 virtual" + status}},
		"VIP":                   {web().Balanced(corev1.LoadBalancerIngress{IP: "203.0.113.1", IPMode: &vip}), []string{"203.0.113.1:80 virtual" + status}},
		"Proxy":                 {web().Balanced(corev1.LoadBalancerIngress{IP: "203.0.113.1", IPMode: &proxy}), []string{"203.0.113.1:80" + status}},
		"a name":                {web().Balanced(corev1.LoadBalancerIngress{Hostname: "lb.example.com"}), []string{"lb.example.com:80" + status}},
		"external IPs":          {web().With(external("203.0.113.9")), []string{"203.0.113.9:80 virtual" + ips}},
		"external IPs while pending": {web().Balanced().With(external("203.0.113.9")),
			[]string{": " + pending, "203.0.113.9:80 virtual" + ips}},
		"two families": {web().DualStack().Balanced(corev1.LoadBalancerIngress{IP: "203.0.113.1"}, corev1.LoadBalancerIngress{IP: "2001:db8::1"}),
			[]string{"203.0.113.1:80 virtual" + status, "[2001:db8::1]:80 IPv6 virtual" + status}},
		"a family that the Service lacks": {web().Balanced(corev1.LoadBalancerIngress{IP: "2001:db8::1"}).With(external("2001:db8::9")),
			[]string{"[2001:db8::1]:80 IPv6 virtual" + status + family, "[2001:db8::9]:80 IPv6 virtual" + ips + family}},
		"a family that a balancer translates": {web().Balanced(corev1.LoadBalancerIngress{IP: "2001:db8::1", IPMode: &proxy}), []string{"[2001:db8::1]:80 IPv6" + status}},
		"a name before IPv6 only": {web().Balanced(corev1.LoadBalancerIngress{Hostname: "lb.example.com"}).With(func(s *corev1.Service) {
			s.Spec.IPFamilies = []corev1.IPFamily{corev1.IPv6Protocol}
		}), []string{"lb.example.com:80 IPv6" + status}},
		"a port in error": {two().Balanced(failing(443, "TCP", "quota")), []string{"203.0.113.1:80 virtual" + status,
			"203.0.113.1:443 virtual" + status + ": the load balancer does not serve the port: quota"}},
		"an error of the other protocol": {web().Balanced(failing(80, "UDP", "quota")), []string{"203.0.113.1:80 virtual" + status}},
		"an error without words":         {web().Balanced(failing(80, "TCP", "")), []string{"203.0.113.1:80 virtual" + status}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, r := range route.Of(test.service.Target(t), route.Options{}) {
				if r.Kind == route.LoadBalancer {
					got = append(got, outside(r))
				}
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("routes %q\nwant %q", got, test.want)
			}
		})
	}
}

// outside writes what matters of a route from outside.
func outside(r route.Route) string {
	text := r.Address
	if r.IPv6 {
		text += " IPv6"
	}
	if r.Virtual {
		text += " virtual"
	}
	if r.NodeLocal {
		text += " local"
	}
	if r.Source != "" {
		text += " from " + r.Source
	}
	if r.Untested != "" {
		text += fmt.Sprintf(": %s", r.Untested)
	}
	return text
}

func external(ips ...string) func(*corev1.Service) {
	return func(s *corev1.Service) { s.Spec.ExternalIPs = ips }
}
