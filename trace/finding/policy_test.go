package finding_test

import (
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	. "github.com/kubectl-nettrace/kubectl-nettrace/trace/target/targettest"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/tracetest"
)

// guarding returns a policy for the pods with the labels.
func guarding(labels map[string]string, change ...func(*networkingv1.NetworkPolicySpec)) *networkingv1.NetworkPolicy {
	p := &networkingv1.NetworkPolicy{ObjectMeta: metav1.ObjectMeta{Name: "guard", Namespace: Namespace}}
	p.Spec.PodSelector.MatchLabels = labels
	for _, c := range change {
		c(&p.Spec)
	}
	return p
}

func TestPolicyBlocks(t *testing.T) {
	const confirmed, unverified = "policy-blocks error confirmed", "policy-blocks error unverified"
	guarded := func(n int) *Service {
		front := []networkingv1.NetworkPolicyPeer{{PodSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"role": "front"}}}}
		return pods(web(), n).Beside(guarding(map[string]string{"app": "web"}, func(s *networkingv1.NetworkPolicySpec) {
			s.Ingress = []networkingv1.NetworkPolicyIngressRule{{From: front}}
		}))
	}
	shut := func(s *networkingv1.NetworkPolicySpec) {
		s.PolicyTypes = []networkingv1.PolicyType{networkingv1.PolicyTypeEgress}
	}
	pod, clusterIP := tracetest.Hop{Kind: route.Pod}, tracetest.Hop{Kind: route.ClusterIP}
	dropping := func(f tracetest.Fault) func(*tracetest.Network) {
		return func(n *tracetest.Network) { n.Fault(pod, f).Fault(clusterIP, f) }
	}
	all(t, map[string]scenario{
		"drops": {service: guarded(2), faults: dropping(tracetest.Timeout), want: []string{unverified},
			said: "NetworkPolicy guard lets nothing in to TCP port 8080 from pods such as the probes' (namespace shop): 2 of 2 endpoints of service web are out of their reach",
			seen: "object: networkpolicy shop/guard is about pods with app=web; lets in pods with role=front of its namespace", fix: "kubectl nettrace -n shop svc/web --no-pods"},
		"the patch adds a rule": {service: guarded(2), faults: dropping(tracetest.Timeout), want: []string{unverified},
			fix: `kubectl -n shop patch networkpolicy guard --type=json -p '[{"op":"test","path":"/spec/podSelector","value":{"matchLabels":{"app":"web"}}},{"op":"add","path":"/spec/ingress/-","value":{"ports":[{"protocol":"TCP","port":8080}],"from":[{"podSelector":{}}]}}]'`},
		"rejects":                   {service: guarded(2), faults: dropping(tracetest.Refused), want: []string{unverified}},
		"somebody else reaches":     {service: guarded(2).NodePort(30080), faults: dropping(tracetest.Timeout), want: []string{confirmed}, seen: "requests from n1 through nodeport"},
		"the ClusterIP leads there": {service: guarded(2), faults: fault(pod, tracetest.Timeout), want: []string{"dead-endpoint error unverified"}},
		"nothing enforces it":       {service: guarded(2), want: []string{}},
		"one is let through":        {service: guarded(2), faults: fault(tracetest.Hop{Pod: "web-1"}, tracetest.Timeout), want: []string{unverified}, said: "1 of 2 endpoints"},
		"it answers one probe": {service: guarded(2), faults: fault(tracetest.Hop{Kind: route.Pod, Pod: "web-1", From: "n2"}, tracetest.Timeout),
			want: []string{"pod-network-broken-between-nodes error confirmed"}},
		"it resets":        {service: guarded(2), faults: dropping(tracetest.Reset), want: []string{"dead-endpoint error confirmed"}},
		"about other pods": {service: pods(web(), 2).Beside(guarding(map[string]string{"app": "db"})), faults: dropping(tracetest.Timeout), want: []string{"dead-endpoint error unverified"}},
		"lets nobody in":   {service: pods(web(), 2).Beside(guarding(nil)), faults: dropping(tracetest.Timeout), want: []string{unverified}, seen: "is about all pods of its namespace; lets in nobody"},
		"lets nothing out": {service: pods(web(), 2).Beside(guarding(nil, shut)), faults: dropping(tracetest.Timeout), want: []string{unverified}, said: "lets nothing out to TCP port 8080",
			fix: `kubectl -n shop patch networkpolicy guard --type=json -p '[{"op":"test","path":"/spec/podSelector","value":{}},{"op":"add","path":"/spec/egress","value":[{"ports":[{"protocol":"TCP","port":8080}],"to":[{"podSelector":{"matchLabels":{"app":"web"}}}]}]}]'`},
		"not the port either": {service: guarded(2), faults: func(n *tracetest.Network) { dropping(tracetest.Refused)(n); n.Listening(9090) }, want: []string{unverified}},
	})
}

func TestPolicyBlocksProxy(t *testing.T) {
	const found = "policy-blocks error confirmed"
	own := func(s *networkingv1.NetworkPolicySpec) {
		s.Ingress = []networkingv1.NetworkPolicyIngressRule{{From: []networkingv1.NetworkPolicyPeer{{PodSelector: &metav1.LabelSelector{}}}}}
	}
	// The proxy's pod is in a namespace of its own.
	behind := func(change ...func(*networkingv1.NetworkPolicySpec)) *Service {
		in := NewIngress("shop", Class("traefik"), Published("192.0.2.9"), Path("shop.test", "/", networkingv1.PathTypePrefix, intstr.FromInt32(80)))
		service, pod := Proxy("edge", "traefik", "192.0.2.9", "--providers.kubernetesingress=true")
		return pods(web(), 2).Beside(NewIngressClass("traefik", "traefik.io/ingress-controller"), in, guarding(map[string]string{"app": "web"}, change...)).BesideProxy(service, pod)
	}
	way := tracetest.Hop{Kind: route.Ingress}
	all(t, map[string]scenario{
		"waits in vain": {service: behind(own), faults: fault(way, tracetest.Timeout), want: []string{found},
			said: "NetworkPolicy guard lets nothing in to TCP port 8080 from the pods of the Ingress controller (service edge/edge): no endpoint of service web is in their reach",
			seen: "traffic: web-1 at 10.0.0.1:8080 from n1: 10 of 10 answered",
			fix:  `kubectl -n shop patch networkpolicy guard --type=json -p '[{"op":"test","path":"/spec/podSelector","value":{"matchLabels":{"app":"web"}}},{"op":"add","path":"/spec/ingress/-","value":{"ports":[{"protocol":"TCP","port":8080}],"from":[{"podSelector":{},"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"edge"}}}]}}]'`},
		"says so":                 {service: behind(own), faults: fault(way, tracetest.Status(502)), want: []string{found}},
		"the application's error": {service: behind(own), faults: fault(way, tracetest.Status(500)), want: []string{}},
		"it gets through":         {service: behind(own), want: []string{}},
		"the policy lets it in": {service: behind(func(s *networkingv1.NetworkPolicySpec) {
			s.Ingress = []networkingv1.NetworkPolicyIngressRule{{From: []networkingv1.NetworkPolicyPeer{{NamespaceSelector: &metav1.LabelSelector{}}}}}
		}), faults: fault(way, tracetest.Timeout), want: []string{}},
		"an address may be its": {service: behind(func(s *networkingv1.NetworkPolicySpec) {
			s.Ingress = []networkingv1.NetworkPolicyIngressRule{{From: []networkingv1.NetworkPolicyPeer{{IPBlock: &networkingv1.IPBlock{CIDR: "10.0.9.0/24"}}}}}
		}), faults: fault(way, tracetest.Timeout), want: []string{}},
		"the pods are silent as well": {service: behind(), faults: func(n *tracetest.Network) {
			n.Fault(way, tracetest.Timeout).Fault(tracetest.Hop{Kind: route.Pod}, tracetest.Timeout).Fault(tracetest.Hop{Kind: route.ClusterIP}, tracetest.Timeout)
		}, want: []string{"policy-blocks error unverified"}},
	})
}
