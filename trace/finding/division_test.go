package finding_test

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	. "github.com/kubectl-nettrace/kubectl-nettrace/trace/target/targettest"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/tracetest"
)

// TestDivision: who gets more or less than its share, by more than chance.
func TestDivision(t *testing.T) {
	const uneven, sticky, weights = "uneven-spread warning confirmed", "sticky-without-affinity info confirmed", "weights-not-honoured warning confirmed"
	favour := func(kind route.Kind, from string) func(*tracetest.Network) {
		return func(n *tracetest.Network) { n.Favour(tracetest.Hop{Kind: kind, From: from, Pod: "web-3"}) }
	}
	node := func(s *corev1.Service) { s.Spec.Type, s.Spec.Ports[0].NodePort = corev1.ServiceTypeNodePort, 30080 }
	weighted := func(mine, other int32) *Service {
		slice := &discoveryv1.EndpointSlice{
			ObjectMeta:  metav1.ObjectMeta{Name: "other", Namespace: Namespace, Labels: map[string]string{discoveryv1.LabelServiceName: "other"}},
			AddressType: discoveryv1.AddressTypeIPv4, Ports: []discoveryv1.EndpointPort{Port("http", 9000, corev1.ProtocolTCP)},
			Endpoints: []discoveryv1.Endpoint{{Addresses: []string{"10.9.0.1"}}},
		}
		service := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: "other", Namespace: Namespace}, Spec: corev1.ServiceSpec{Ports: []corev1.ServicePort{{Name: "http", Port: 80}}}}
		return pods(web(), 1).Beside(service, slice).Gateways(NewGateway("edge", []gatewayv1.Listener{Listener("http", 80, "")}, "203.0.113.9"),
			HTTPRoute("r", nil, Parent("edge"), Rule(ToService("web", 80, Weighing(mine)), ToService("other", 80, Weighing(other)))))
	}
	behind := func() *Service {
		return pods(web(), 2).Beside(NewIngressClass("c", "k8s.io/ingress-nginx"), NewIngress("in", Class("c"), Published("203.0.113.9", "203.0.113.10"),
			Path("shop.example.com", "/", networkingv1.PathTypePrefix, intstr.FromInt32(80))))
	}
	alone := func(from, without string) func(*tracetest.Network) {
		return func(n *tracetest.Network) { n.PassOver(tracetest.Hop{Kind: route.Ingress, From: from, Pod: without}) }
	}
	all(t, map[string]scenario{
		"even":                   {service: pods(web(), 3), want: []string{}},
		"one is favoured":        {service: pods(web(), 3), faults: favour(route.ClusterIP, "n1"), want: []string{uneven}, said: "web-3 got 18 of 20 requests to 10.96.0.7:80 from n1, where 7 were to be expected", seen: "answered by"},
		"at a NodePort":          {service: pods(web(), 3).With(node), faults: favour(route.NodePort, ""), want: []string{uneven}},
		"with affinity":          {service: pods(web(), 3).With(func(s *corev1.Service) { s.Spec.SessionAffinity = corev1.ServiceAffinityClientIP }), faults: favour(route.ClusterIP, "n1"), want: []string{"session-affinity info confirmed"}},
		"while there is change":  {service: pods(web(), 3), faults: func(n *tracetest.Network) { favour(route.ClusterIP, "n1")(n.Becoming(pods(web(), 4))) }, want: []string{"endpoints-changed info confirmed"}},
		"as weighed":             {service: weighted(1, 1), want: []string{}},
		"otherwise than weighed": {service: weighted(99, 1), want: []string{weights}, said: "service web got 20 of 40 requests through httproute shop/r, where its weight promises 40", fix: "kubectl -n shop describe httproute r"},
		"otherwise than weighed, as far as is known": {service: weighted(99, 1), faults: func(n *tracetest.Network) {
			n.Fault(tracetest.Hop{Kind: route.Gateway, From: "n2"}, tracetest.Status(404))
		}, want: []string{"route-not-accepted error confirmed", weights}},
		"one alone, by an Ingress": {service: behind(), faults: alone("", "web-2"), want: []string{sticky}, said: "web-1 answered all 20 requests to 203.0.113.9:80 from n1, although 2 endpoints may, and the Service asks for no affinity (and likewise on 3 more of the ways)"},
		"one for each place":       {service: behind(), faults: func(n *tracetest.Network) { alone("n1", "web-2")(n); alone("n2", "web-1")(n) }, want: []string{sticky}, seen: "203.0.113.9:80 from n2: answered by web-2 x20"},
		"one alone, as far as is known": {service: behind(), faults: func(n *tracetest.Network) {
			alone("", "web-2")(n)
			n.Fault(tracetest.Hop{Kind: route.Ingress, From: "n2"}, tracetest.Status(404))
		}, want: []string{sticky}},
		"nobody knows": {service: pods(web(), 3), faults: func(n *tracetest.Network) { favour(route.ClusterIP, "n1")(n.Anonymous()) }, want: []string{"answers-indistinguishable info confirmed"}},
	})
}
