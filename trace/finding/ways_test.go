package finding_test

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	. "github.com/kubectl-nettrace/kubectl-nettrace/trace/target/targettest"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/tracetest"
)

func TestNames(t *testing.T) {
	external := func(s *corev1.Service) {
		s.Spec = corev1.ServiceSpec{Type: corev1.ServiceTypeExternalName, ExternalName: "example.com"}
	}
	headless := func(s *corev1.Service) {
		s.Spec.ClusterIP, s.Spec.ClusterIPs = corev1.ClusterIPNone, []string{corev1.ClusterIPNone}
	}
	resolving := func(kind wire.RecordType, values ...string) func(*tracetest.Network) {
		return func(n *tracetest.Network) { n.Resolving(kind, values...) }
	}
	all(t, map[string]scenario{
		"no such name": {service: pods(web(), 2), faults: resolving(wire.RecordA), want: []string{"dns-no-answer error confirmed"},
			said: "the name of service web does not resolve from n1, n2", seen: "traffic: web.shop.svc from n1: NXDOMAIN x5", fix: "kubectl -n kube-system logs -l k8s-app=kube-dns --tail=50"},
		"no answer": {service: pods(web(), 2), faults: fault(tracetest.Hop{Kind: route.DNS, From: "n1"}, tracetest.Timeout), want: []string{"dns-no-answer error confirmed"},
			said: "from n1", seen: "traffic: kubernetes.default.svc from n1: 1 of 1 answered", fix: "kubectl -n kube-system get pods -l k8s-app=kube-dns -o wide"},
		"nor to any name": {service: pods(web(), 2), faults: func(n *tracetest.Network) {
			n.Fault(tracetest.Hop{Kind: route.DNS}, tracetest.Timeout).Fault(tracetest.Hop{Kind: route.Control, Address: "kubernetes.default.svc"}, tracetest.Timeout)
		}, want: []string{"dns-no-answer error confirmed"}, seen: "traffic: kubernetes.default.svc from n1: timeout x1: other names do not resolve there either"},
		"nor does any ClusterIP there": {service: pods(web(), 2), faults: func(n *tracetest.Network) {
			n.Fault(tracetest.Hop{Kind: route.DNS, From: "n1"}, tracetest.Timeout).Fault(tracetest.Hop{Kind: route.ClusterIP, From: "n1"}, tracetest.Timeout).
				Fault(tracetest.Hop{Kind: route.Control, From: "n1", Address: "kubernetes.default.svc"}, tracetest.Timeout)
		}, want: []string{"clusterip-broken-on-node error confirmed"}},
		"nor does the Service's, and other names resolve": {service: pods(web(), 2), faults: func(n *tracetest.Network) {
			n.Fault(tracetest.Hop{Kind: route.DNS, From: "n1"}, tracetest.Timeout).Fault(tracetest.Hop{Kind: route.ClusterIP, From: "n1"}, tracetest.Timeout)
		}, want: []string{"clusterip-broken-on-node error confirmed", "dns-no-answer error confirmed"}},
		"another address": {service: pods(web(), 2), faults: resolving(wire.RecordA, "10.9.9.9"), want: []string{"dns-wrong-address error confirmed"}, seen: "wrong address: 10.9.9.9 x5"},
		"headless, one is missing": {service: pods(web().With(headless), 2), faults: resolving(wire.RecordA, "10.0.0.1"), want: []string{"headless-dns-mismatch error confirmed"},
			seen: "missing: 10.0.0.2 x5"},
		"a dangling alias": {service: NewService("web").Node("n1").Node("n2").With(external), faults: func(n *tracetest.Network) { n.Resolving(wire.RecordA).Resolving(wire.RecordAAAA) },
			want: []string{"external-name-unresolvable error confirmed"}, said: "service web stands for example.com"},
		"an alias that resolves": {service: NewService("web").Node("n1").Node("n2").With(external), want: []string{"external-name-host-header info unverified"}, seen: "spec.externalName is example.com"},
	})
}

func TestNoSelector(t *testing.T) {
	bare := func() *Service { return NewService("web").Port("http", 80, 8080).Node("n1") }
	all(t, map[string]scenario{
		"nobody writes slices": {service: bare(), from: []string{"n1"}, want: []string{"no-selector-no-endpoints error confirmed"}, seen: "traffic: 10.96.0.7:80 from n1: refused x3"},
		"something answers":    {service: bare(), from: []string{"n1"}, faults: fault(tracetest.Hop{Kind: route.ClusterIP}, tracetest.Status(200)), want: []string{}},
	})
}

func TestLoadBalancers(t *testing.T) {
	balanced := func(addresses ...corev1.LoadBalancerIngress) *Service {
		return pods(web().NodePort(30080), 2).Balanced(addresses...)
	}
	dead := fault(tracetest.Hop{Kind: route.LoadBalancer}, tracetest.Timeout)
	all(t, map[string]scenario{
		"no address yet": {service: balanced(), want: []string{"load-balancer-pending warning unverified"}, fix: "kubectl -n shop describe service web"},
		"it is dead": {service: balanced(corev1.LoadBalancerIngress{IP: "192.0.2.80"}), from: []string{"n1", "local"}, faults: dead,
			want: []string{"load-balancer-unreachable error confirmed"}, said: "nothing answers at the load balancer 192.0.2.80:80 of service web, port http", seen: "traffic: 192.0.2.80:80 from this machine: timeout x20"},
		"only nodes asked it": {service: balanced(corev1.LoadBalancerIngress{IP: "192.0.2.80"}), faults: dead, want: []string{}},
		"all is dead":         {service: balanced(corev1.LoadBalancerIngress{IP: "192.0.2.80"}), from: []string{"n1", "local"}, faults: fault(tracetest.Hop{}, tracetest.Status(500)), want: []string{"dead-endpoint error confirmed"}},
	})
}

func TestIngressFindings(t *testing.T) {
	const prefix = networkingv1.PathTypePrefix
	port := intstr.FromInt32
	serving := func(controller string, options ...IngressOption) *Service {
		in := NewIngress("in", append(options, Class("c"), Published("203.0.113.9"))...)
		return pods(web(), 2).Beside(NewIngressClass("c", controller), in)
	}
	notFound := fault(tracetest.Hop{Kind: route.Ingress}, tracetest.Status(404))
	const traefik = "traefik.io/ingress-controller"
	all(t, map[string]scenario{
		"healthy": {service: serving(traefik, Path("shop.example.com", "/", prefix, port(80))), want: []string{}},
		"a port that is not there": {service: serving(traefik, Path("shop.example.com", "/", prefix, port(81))), faults: notFound,
			want: []string{"ingress-backend-missing error confirmed"}, said: "ingress shop/in leads to port 81, which the Service does not have",
			fix: `kubectl -n shop patch ingress in --type=json -p '[{"op":"test","path":"/spec/rules/0/http/paths/0/backend/service/port","value":{"number":81}},{"op":"replace","path":"/spec/rules/0/http/paths/0/backend/service/port","value":{"number":80}}]'`},
		"that is served all the same": {service: serving(traefik, Path("shop.example.com", "/", prefix, port(81))), want: []string{}},
		"a pattern under Prefix": {service: serving(traefik, Path("shop.example.com", "/api(/.*)?$", prefix, port(80))), faults: notFound,
			want: []string{"ingress-path-regex-under-prefix error confirmed"}, said: "path /api(/.*)?$ is compared letter by letter",
			fix: "kubectl -n shop annotate ingress in traefik.ingress.kubernetes.io/router.pathmatcher=PathRegexp"},
		"a class that is not there": {service: pods(web(), 2).Beside(NewIngress("in", Class("c"), Published("203.0.113.9"), Path("shop.example.com", "/", prefix, port(80)))), faults: notFound,
			want: []string{"ingress-class-unowned error confirmed"}, said: "ingress shop/in names class c, which does not exist"},
		"no class, and nothing to ask": {service: pods(web(), 2).Beside(NewIngress("in", Path("shop.example.com", "/", prefix, port(80)))),
			want: []string{"ingress-class-unowned warning unverified"}, said: "names no class, and no IngressClass is the default"},
		"no class, and served": {service: pods(web(), 2).Beside(NewIngress("in", Published("203.0.113.9"), Path("shop.example.com", "/", prefix, port(80)))), want: []string{}},
		"another rule takes it": {service: serving(traefik, Path("shop.example.com", "/", prefix, port(80)), PathTo("other", "shop.example.com", "/", networkingv1.PathTypeExact, port(80))),
			faults: notFound, want: []string{"ingress-shadowed error confirmed"}, said: "takes / for another backend"},
		"a redirect": {service: serving(traefik, Path("shop.example.com", "/", prefix, port(80))), faults: func(n *tracetest.Network) {
			n.Redirect(tracetest.Hop{Kind: route.Ingress}, 301, "https://shop.example.com/")
		}, want: []string{"ingress-redirects info confirmed"}},
	})
}

func TestGatewayFindings(t *testing.T) {
	routed := func(change func(*gatewayv1.HTTPRoute), listener gatewayv1.Listener) *Service {
		r := HTTPRoute("r", []string{"shop.example.com"}, Parent("edge"), Rule(ToService("web", 80)))
		change(r)
		return pods(web(), 2).Gateways(NewGateway("edge", []gatewayv1.Listener{listener}, "203.0.113.10"), r)
	}
	// saying has the listener say why it has no certificate.
	saying := func(reason string) *Service {
		g := NewGateway("edge", []gatewayv1.Listener{Listener("http", 80, "")}, "203.0.113.10")
		g.Status.Listeners = []gatewayv1.ListenerStatus{{Name: "http", Conditions: []metav1.Condition{{Type: "ResolvedRefs", Status: metav1.ConditionFalse, Reason: reason}}}}
		return pods(web(), 2).Gateways(g, HTTPRoute("r", []string{"shop.example.com"}, Parent("edge"), Rule(ToService("web", 80))))
	}
	fine := func(*gatewayv1.HTTPRoute) {}
	notFound := fault(tracetest.Hop{Kind: route.Gateway}, tracetest.Status(404))
	all(t, map[string]scenario{
		"nobody minds it, and it works":    {service: routed(fine, Listener("http", 80, "")), want: []string{}},
		"nobody minds it, and it does not": {service: routed(fine, Listener("http", 80, "")), faults: notFound, want: []string{"route-not-accepted error confirmed"}},
		"a listener's Secret is missing": {service: saying("InvalidCertificateRef"), faults: notFound,
			want: []string{"gateway-tls-secret-missing error confirmed"}, said: "hangs on a listener without a certificate"},
		"a listener's Secret is another namespace's": {service: saying("RefNotPermitted"), faults: notFound,
			want: []string{"reference-not-granted error confirmed"}, said: "may not name a Secret of another namespace"},
		"no such listener": {service: routed(func(r *gatewayv1.HTTPRoute) { r.Spec.ParentRefs[0] = Parent("edge", "nowhere") }, Listener("http", 80, "")),
			want: []string{"route-not-accepted warning unverified"}, seen: "gateway shop/edge has no listener called nowhere"},
		"another hostname": {service: routed(fine, Listener("http", 80, "*.test")), faults: notFound,
			want: []string{"listener-hostname-mismatch error confirmed"}, seen: "listener http is for *.test and not for shop.example.com"},
		"a port that is not there": {service: routed(func(r *gatewayv1.HTTPRoute) {
			r.Spec.Rules[0].BackendRefs[0].Port = Ptr(gatewayv1.PortNumber(81))
		}, Listener("http", 80, "")), faults: notFound, want: []string{"route-refs-unresolved error confirmed"}, fix: "kubectl -n shop edit httproute r"},
	})
}
