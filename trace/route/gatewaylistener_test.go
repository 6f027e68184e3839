package route

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
	. "github.com/kubectl-nettrace/kubectl-nettrace/trace/target/targettest"
)

func TestForbids(t *testing.T) {
	from := func(from gatewayv1.FromNamespaces, selector *metav1.LabelSelector) *gatewayv1.AllowedRoutes {
		return &gatewayv1.AllowedRoutes{Namespaces: &gatewayv1.RouteNamespaces{From: &from, Selector: selector}}
	}
	kinds := func(kinds ...gatewayv1.RouteGroupKind) *gatewayv1.AllowedRoutes {
		return &gatewayv1.AllowedRoutes{Kinds: kinds}
	}
	blue := &metav1.LabelSelector{MatchLabels: map[string]string{"colour": "blue"}}
	for name, test := range map[string]struct {
		allowed   *gatewayv1.AllowedRoutes
		namespace string
		labels    map[string]string
		want      string
	}{
		"by default its own namespace": {nil, Namespace, nil, ""},
		"and no other":                 {nil, "team", nil, "listener l allows routes of namespace shop only"},
		"nothing said":                 {&gatewayv1.AllowedRoutes{Namespaces: &gatewayv1.RouteNamespaces{}}, "team", nil, "listener l allows routes of namespace shop only"},
		"all":                          {from(gatewayv1.NamespacesFromAll, nil), "team", nil, ""},
		"none":                         {from(gatewayv1.NamespacesFromNone, nil), Namespace, nil, "listener l allows no routes"},
		"selected":                     {from(gatewayv1.NamespacesFromSelector, blue), "team", map[string]string{"colour": "blue"}, ""},
		"not selected":                 {from(gatewayv1.NamespacesFromSelector, blue), "team", map[string]string{}, "listener l does not select namespace team"},
		"its own, not selected":        {from(gatewayv1.NamespacesFromSelector, blue), Namespace, map[string]string{}, "listener l does not select namespace shop"},
		"labels unknown":               {from(gatewayv1.NamespacesFromSelector, blue), "team", nil, ""},
		"a selector that is missing":   {from(gatewayv1.NamespacesFromSelector, nil), "team", map[string]string{}, "listener l does not select namespace team"},
		"its kind":                     {kinds(gatewayv1.RouteGroupKind{Kind: "GRPCRoute"}, gatewayv1.RouteGroupKind{Kind: "HTTPRoute"}), Namespace, nil, ""},
		"another kind":                 {kinds(gatewayv1.RouteGroupKind{Kind: "GRPCRoute"}), Namespace, nil, "listener l allows no httproute"},
		"its kind in another group":    {kinds(gatewayv1.RouteGroupKind{Group: Ptr(gatewayv1.Group("x.io")), Kind: "HTTPRoute"}), Namespace, nil, "listener l allows no httproute"},
	} {
		t.Run(name, func(t *testing.T) {
			l := Listener("l", 80, "")
			l.AllowedRoutes = test.allowed
			gateway := &gatewayv1.Gateway{ObjectMeta: metav1.ObjectMeta{Namespace: Namespace}}
			route := &gatewayv1.HTTPRoute{ObjectMeta: metav1.ObjectMeta{Namespace: test.namespace}}
			if got := forbids(gateway, l, target.GatewayRoute{HTTP: route, Labels: test.labels}); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// A listener for HTTPS says which certificate is to be seen.
func TestGatewayCertificate(t *testing.T) {
	secured := func(refs ...string) *gatewayv1.Gateway {
		l := Listener("https", 443, "a.test")
		l.TLS = &gatewayv1.ListenerTLSConfig{}
		for _, r := range refs {
			l.TLS.CertificateRefs = append(l.TLS.CertificateRefs, gatewayv1.SecretObjectReference{Name: gatewayv1.ObjectName(r)})
		}
		return edge(l)
	}
	other := secured("x")
	other.Spec.Listeners[0].TLS.CertificateRefs[0].Kind = Ptr(gatewayv1.Kind("Vault"))
	pem := []byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
	secret := func(name string, data []byte) *corev1.Secret {
		return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: Namespace}, Data: map[string][]byte{corev1.TLSCertKey: data}}
	}
	const sum = "709e80c88487a2411e1ee4dfb9f22a861492d20c4765150c0c794abd70f8147c" // of three bytes of zero
	for name, test := range map[string]struct {
		gateway *gatewayv1.Gateway
		want    string
	}{
		"one":          {secured("good"), "{shop/good " + sum + " false}"},
		"empty":        {secured("empty"), "{shop/empty  true}"},
		"not there":    {secured("gone"), "{shop/gone  true}"},
		"two":          {secured("good", "empty"), "<nil>"},
		"none":         {secured(), "<nil>"},
		"another kind": {other, "<nil>"},
		"no TLS":       {edge(Listener("https", 443, "a.test")), "<nil>"},
	} {
		t.Run(name, func(t *testing.T) {
			service := web().Beside(secret("good", pem), secret("empty", []byte("nothing"))).Gateways(test.gateway, HTTPRoute("r", nil, Parent("edge"), toWeb()))
			for _, r := range Of(service.Target(t), Options{}) {
				if r.Kind != Gateway {
					continue
				}
				got := "<nil>"
				if r.Certificate != nil {
					got = fmt.Sprint(*r.Certificate)
				}
				if got != test.want || r.ServerName != "a.test" || r.Protocol != wire.HTTPS {
					t.Errorf("%s for %q has certificate %s, want %s", r.Protocol, r.ServerName, got, test.want)
				}
			}
		})
	}
}

func TestGRPCRoute(t *testing.T) {
	route := &gatewayv1.GRPCRoute{ObjectMeta: metav1.ObjectMeta{Name: "calls"}}
	route.Spec.ParentRefs = []gatewayv1.ParentReference{Parent("edge")}
	backend := gatewayv1.GRPCBackendRef{BackendRef: ToService("web", 80).BackendRef}
	regex := gatewayv1.GRPCHeaderMatchRegularExpression
	route.Spec.Rules = []gatewayv1.GRPCRouteRule{
		{BackendRefs: []gatewayv1.GRPCBackendRef{backend}},
		{
			Name: Ptr(gatewayv1.SectionName("cart")), BackendRefs: []gatewayv1.GRPCBackendRef{backend},
			Matches: []gatewayv1.GRPCRouteMatch{{
				Method:  &gatewayv1.GRPCMethodMatch{Service: Ptr("shop.Cart")},
				Headers: []gatewayv1.GRPCHeaderMatch{{Name: "x-a", Value: "b"}, {Type: &regex, Name: "x-c", Value: "d+"}},
			}},
			Filters: []gatewayv1.GRPCRouteFilter{{
				Type: gatewayv1.GRPCRouteFilterRequestHeaderModifier, RequestHeaderModifier: &gatewayv1.HTTPHeaderFilter{Remove: []string{"x-a"}},
			}},
		},
	}
	gateway := edge(Listener("http", 80, ""), Listener("https", 443, "a.test"))
	var rules []string
	routes := Of(web().Gateways(gateway, route).Target(t), Options{})
	for _, r := range routes {
		if r.Kind == Gateway {
			rules = append(rules, r.Rule)
			if r.Object != "grpcroute shop/calls" {
				t.Errorf("it leads through %s", r.Object)
			}
		}
		// The port is said to speak HTTP, as ports behind Gateways often are.
		if r.Reference && r.Protocol != wire.GRPC {
			t.Errorf("the pods are asked for a measure over %s", r.Protocol)
		}
	}
	want := []string{
		"ref 10.0.1.1:8080 web.shop.svc/grpc.health.v1.Health/Check", "grpc 203.0.113.9:80 web.shop.svc/grpc.health.v1.Health/Check",
		"ref 10.0.1.1:8080 web.shop.svc/shop.Cart/Nettrace x-c=d", "grpc 203.0.113.9:80 web.shop.svc/shop.Cart/Nettrace x-a=b x-c=d",
		"ref 10.0.1.1:8080 a.test/grpc.health.v1.Health/Check", "grpcs 203.0.113.9:443 a.test/grpc.health.v1.Health/Check",
		"ref 10.0.1.1:8080 a.test/shop.Cart/Nettrace x-c=d", "grpcs 203.0.113.9:443 a.test/shop.Cart/Nettrace x-a=b x-c=d",
	}
	if got := ways(routes); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if want := "* any method|* /shop.Cart/ (Exact), header x-a: b, header x-c: d+|a.test any method|a.test /shop.Cart/ (Exact), header x-a: b, header x-c: d+"; strings.Join(rules, "|") != want {
		t.Errorf("rules %s\nwant  %s", strings.Join(rules, "|"), want)
	}
}

func TestGatewayBounds(t *testing.T) {
	many := func(n int) []gatewayv1.HTTPRouteMatch {
		var all []gatewayv1.HTTPRouteMatch
		for i := range n {
			all = append(all, path(exact, fmt.Sprint("/", i)))
		}
		return all
	}
	for name, test := range map[string]struct {
		rules, matches int
		sent           int
		untested       string
	}{
		"few":          {1, 8, 8, ""},
		"many matches": {1, 12, 8, "only 8 matches of a rule are tested, and there are 4 more"},
		"many rules":   {7, 8, 50, "only 50 ways through Gateways are tested, and there are 6 more"},
	} {
		t.Run(name, func(t *testing.T) {
			var rules []gatewayv1.HTTPRouteRule
			for range test.rules {
				rules = append(rules, ruleWith(matching(many(test.matches)...), ToService("web", 80)))
			}
			sent, untested := 0, ""
			for _, r := range Of(web().Gateways(edge(), HTTPRoute("r", nil, Parent("edge"), rules...)).Target(t), Options{}) {
				switch {
				case r.Kind == Gateway && r.Untested != "":
					untested += r.Untested
				case r.Kind == Gateway:
					sent++
				}
			}
			if sent != test.sent || untested != test.untested {
				t.Errorf("%d sent, untested: %s; want %d, %s", sent, untested, test.sent, test.untested)
			}
		})
	}
}

// The addresses of nodes are some of many, and only good where the node is.
func TestGatewayOnNodes(t *testing.T) {
	front := func(change func(*corev1.Service)) *corev1.Service {
		return changed(&corev1.Service{
			ObjectMeta: metav1.ObjectMeta{Name: "front", Namespace: Namespace, Labels: map[string]string{gatewayv1.GatewayNameLabelKey: "edge"}},
			Spec:       corev1.ServiceSpec{Ports: []corev1.ServicePort{{Port: 80, NodePort: 30080}}},
		}, change)
	}
	local := func(s *corev1.Service) { s.Spec.ExternalTrafficPolicy = corev1.ServiceExternalTrafficPolicyLocal }
	for name, test := range map[string]struct {
		front *corev1.Service
		want  []string
	}{
		"three that are ready": {front(func(*corev1.Service) {}), []string{"http 172.16.0.2:30080 web.shop.svc/", "http 172.16.0.3:30080 web.shop.svc/", "http 172.16.0.4:30080 web.shop.svc/"}},
		"Local": {front(local), []string{"http 172.16.0.2:30080 web.shop.svc/",
			"http 172.16.0.3:30080 web.shop.svc/",
			"http 172.16.0.4:30080 web.shop.svc/"}},
	} {
		t.Run(name, func(t *testing.T) {
			service := NewService("web").Selecting("app", "web").Port("http", 80, 8080).
				Node("dead", Dead()).Node("n1").Node("n2").Node("n3").Node("n4").Beside(test.front).
				Gateways(NewGateway("edge", listeners(Listener("http", 80, ""))), HTTPRoute("r", nil, Parent("edge"), toWeb()))
			if got := ways(Of(service.Target(t), Options{})); !slices.Equal(got, test.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
		})
	}
	dead := NewService("web").Selecting("app", "web").Port("http", 80, 8080).Node("dead", Dead()).Beside(front(func(*corev1.Service) {})).
		Gateways(NewGateway("edge", listeners(Listener("http", 80, ""), Listener("x", 81, ""))), HTTPRoute("r", nil, Parent("edge"), toWeb()))
	want := []string{"http 172.16.0.1:30080 web.shop.svc/: the node is not ready",
		"http 172.16.0.1:81 web.shop.svc/: nothing at NodePorts of service shop/front is known to lead to port 81 of the listener"}
	if got := ways(Of(dead.Target(t), Options{})); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestGatewayProtocol(t *testing.T) {
	call := target.GatewayRoute{GRPC: &gatewayv1.GRPCRoute{}}
	web := target.GatewayRoute{HTTP: &gatewayv1.HTTPRoute{}}
	for _, test := range []struct {
		route  target.GatewayRoute
		port   wire.Protocol
		secure bool
		want   wire.Protocol
	}{
		{web, wire.HTTP, false, wire.HTTP}, {web, wire.HTTPS, false, wire.HTTP}, {web, wire.H2C, true, wire.HTTPS}, {web, wire.TCP, false, wire.HTTP},
		{web, wire.WS, false, wire.WS}, {web, wire.WSS, true, wire.WSS}, {call, wire.GRPC, false, wire.GRPC}, {call, wire.HTTP, true, wire.GRPCS},
	} {
		if got := gatewayProtocol(test.route, target.Port{Speaks: test.port}, test.secure); got != test.want {
			t.Errorf("%s to %s, secure %v: %s, want %s", test.route.Kind(), test.port, test.secure, got, test.want)
		}
	}
	if !unsendable("") || !unsendable(":path") || !unsendable("content-length") || unsendable(http.CanonicalHeaderKey("x-a")) {
		t.Error("headers that cannot be sent are not told from others")
	}
}
