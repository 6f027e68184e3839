package route

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
	gatewayv1beta1 "sigs.k8s.io/gateway-api/apis/v1beta1"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
	. "github.com/kubectl-nettrace/kubectl-nettrace/trace/target/targettest"
)

// ways writes the ways through Gateways as requests and what arrives, and
// with "ref" the pods that are asked directly because of them.
func ways(routes []Route) []string {
	var all []string
	for _, r := range routes {
		var text string
		switch {
		case r.Kind == Gateway:
			text = fmt.Sprintf("%s %s %s", strings.TrimSpace(string(r.Protocol)+" "+r.Method), r.Address, r.Host+r.Path)
			if r.Arrives != r.Path {
				text += " => " + r.Arrives
			}
			if h := written(r.Headers); h != "" {
				text += " " + h
			}
			if r.Untested != "" {
				text += ": " + r.Untested
			}
		case r.Reference:
			text = strings.Replace(fmt.Sprintf("ref %s %s %s", r.Method, r.Address, r.Host+r.Path), "  ", " ", 1)
			if h := written(r.Headers); h != "" {
				text += " " + h
			}
		default:
			continue
		}
		all = append(all, text)
	}
	return all
}

// web returns a Service with a pod.
func web() *Service {
	return NewService("web").Selecting("app", "web").Port("http", 80, 8080).Node("n1").Pod("a", On("n1"), At("10.0.1.1"))
}

func listeners(all ...gatewayv1.Listener) []gatewayv1.Listener { return all }

func edge(all ...gatewayv1.Listener) *gatewayv1.Gateway {
	if len(all) == 0 {
		all = listeners(Listener("http", 80, ""))
	}
	return NewGateway("edge", all, "203.0.113.9")
}

// changed returns the object with something about it changed.
func changed[T any](object T, change func(T)) T {
	change(object)
	return object
}

// with returns the value with something about it changed.
func with[T any](value T, change func(*T)) T {
	change(&value)
	return value
}

func ruleWith(change func(*gatewayv1.HTTPRouteRule), backends ...gatewayv1.HTTPBackendRef) gatewayv1.HTTPRouteRule {
	rule := Rule(backends...)
	change(&rule)
	return rule
}

func matching(matches ...gatewayv1.HTTPRouteMatch) func(*gatewayv1.HTTPRouteRule) {
	return func(r *gatewayv1.HTTPRouteRule) { r.Matches = matches }
}

func toWeb() gatewayv1.HTTPRouteRule { return Rule(ToService("web", 80)) }

func TestGateways(t *testing.T) {
	names := func(all ...string) []string { return all }
	tls := func(l gatewayv1.Listener) gatewayv1.Listener {
		l.Protocol = gatewayv1.TLSProtocolType
		return l
	}
	for name, test := range map[string]struct {
		objects []runtime.Object
		options Options
		want    []string
	}{
		"no hostname": {[]runtime.Object{edge(), HTTPRoute("r", nil, Parent("edge"), toWeb())}, Options{},
			[]string{"http 203.0.113.9:80 web.shop.svc/"}},
		"a hostname": {[]runtime.Object{edge(), HTTPRoute("r", names("a.test"), Parent("edge"), toWeb())}, Options{},
			[]string{"ref 10.0.1.1:8080 a.test/", "http 203.0.113.9:80 a.test/"}},
		"two listeners": {[]runtime.Object{edge(Listener("http", 80, ""), Listener("https", 443, "*.test")), HTTPRoute("r", names("*.test"), Parent("edge"), toWeb())}, Options{},
			[]string{"ref 10.0.1.1:8080 nettrace.test/", "http 203.0.113.9:80 nettrace.test/", "https 203.0.113.9:443 nettrace.test/"}},
		"one of them": {[]runtime.Object{edge(Listener("http", 80, ""), Listener("https", 443, "")), HTTPRoute("r", nil, Parent("edge", "https"), toWeb())}, Options{},
			[]string{"https 203.0.113.9:443 web.shop.svc/"}},
		"one by its port": {[]runtime.Object{edge(Listener("a", 80, ""), Listener("b", 8080, "")), changed(HTTPRoute("r", nil, Parent("edge"), toWeb()),
			func(r *gatewayv1.HTTPRoute) { r.Spec.ParentRefs[0].Port = Ptr(gatewayv1.PortNumber(8080)) })}, Options{},
			[]string{"http 203.0.113.9:8080 web.shop.svc/"}},
		"the same twice": {[]runtime.Object{edge(), changed(HTTPRoute("r", nil, Parent("edge"), toWeb()),
			func(r *gatewayv1.HTTPRoute) { r.Spec.ParentRefs = append(r.Spec.ParentRefs, Parent("edge", "http")) })}, Options{},
			[]string{"http 203.0.113.9:80 web.shop.svc/"}},
		"no such listener": {[]runtime.Object{edge(), HTTPRoute("r", nil, Parent("edge", "https"), toWeb())}, Options{},
			[]string{"http  : gateway shop/edge has no listener called https"}},
		"no such Gateway": {[]runtime.Object{HTTPRoute("r", nil, Parent("edge"), toWeb())}, Options{},
			[]string{"http  : gateway shop/edge does not exist"}},
		"a listener for TLS": {[]runtime.Object{edge(tls(Listener("tls", 443, ""))), HTTPRoute("r", nil, Parent("edge"), toWeb())}, Options{},
			[]string{"http  : listener tls is for TLS that is not followed"}},
		"a listener that passes TLS on": {[]runtime.Object{edge(with(Listener("tls", 443, ""), func(l *gatewayv1.Listener) {
			l.TLS = &gatewayv1.ListenerTLSConfig{Mode: Ptr(gatewayv1.TLSModePassthrough)}
		})), HTTPRoute("r", nil, Parent("edge"), toWeb())}, Options{},
			[]string{"http  : listener tls is for HTTPS that is not followed"}},
		"a mesh": {[]runtime.Object{changed(HTTPRoute("r", nil, Parent("web"), toWeb()), func(r *gatewayv1.HTTPRoute) {
			r.Spec.ParentRefs[0].Group, r.Spec.ParentRefs[0].Kind = Ptr(gatewayv1.Group("")), Ptr(gatewayv1.Kind("Service"))
		})}, Options{}, []string{"http  : its parent service shop/web is no Gateway, and is not followed"}},
		"another namespace": {[]runtime.Object{edge(allowingAll(Listener("http", 80, ""))), changed(HTTPRoute("r", nil, Parent("edge"), toWeb()), fromTeam)}, Options{},
			[]string{"http 203.0.113.9:80 web.shop.svc/"}},
		"none of the names": {[]runtime.Object{edge(Listener("http", 80, "*.test")), HTTPRoute("r", names("a.other"), Parent("edge"), toWeb())}, Options{},
			[]string{"ref 10.0.1.1:8080 a.other/", "http 203.0.113.9:80 a.other/"}},
		"no address": {[]runtime.Object{NewGateway("edge", listeners(Listener("http", 80, ""))), HTTPRoute("r", names("a.test"), Parent("edge"), toWeb())}, Options{},
			[]string{"http a.test:80 a.test/: no address of gateway shop/edge is known: --address HOST[:PORT] names one"}},
		"an address given": {[]runtime.Object{NewGateway("edge", listeners(Listener("http", 80, ""), Listener("x", 8080, ""))), HTTPRoute("r", nil, Parent("edge"), toWeb())},
			Options{Address: "lb.test"}, []string{"http lb.test:80 web.shop.svc/", "http lb.test:8080 web.shop.svc/"}},
		"an address with a port": {[]runtime.Object{edge(), HTTPRoute("r", nil, Parent("edge"), toWeb())},
			Options{Address: "[fd00::1]:8888"}, []string{"http [fd00::1]:8888 web.shop.svc/"}},
		"an IPv6 address": {[]runtime.Object{edge(), HTTPRoute("r", nil, Parent("edge"), toWeb())},
			Options{Address: "[fd00::1]"}, []string{"http [fd00::1]:80 web.shop.svc/"}},
		"the DNS": {[]runtime.Object{edge(), HTTPRoute("r", names("a.test"), Parent("edge"), toWeb())},
			Options{ResolveDNS: true}, []string{"ref 10.0.1.1:8080 a.test/", "http a.test:80 a.test/"}},
		"the DNS and a wildcard": {[]runtime.Object{edge(), HTTPRoute("r", names("*.test"), Parent("edge"), toWeb())},
			Options{ResolveDNS: true}, []string{"http nettrace.test:80 nettrace.test/: it names no host that the DNS could know"}},
		"not asked for": {[]runtime.Object{edge(), HTTPRoute("r", names("a.test"), Parent("edge"), toWeb())}, Options{Via: []Kind{ClusterIP}}, nil},
		"weight 0": {[]runtime.Object{edge(), HTTPRoute("r", nil, Parent("edge"), Rule(ToService("web", 80, Weighing(0)), ToService("other", 80)))}, Options{},
			[]string{"http 203.0.113.9:80 web.shop.svc/: rule 1 gives it the weight 0"}},
		"a port that is not there": {[]runtime.Object{edge(), HTTPRoute("r", nil, Parent("edge"), Rule(ToService("web", 81)))}, Options{},
			[]string{"http 203.0.113.9:80 web.shop.svc/"}},
		"without a port": {[]runtime.Object{edge(), HTTPRoute("r", nil, Parent("edge"), with(toWeb(), func(r *gatewayv1.HTTPRouteRule) { r.BackendRefs[0].Port = nil }))}, Options{},
			[]string{"http 203.0.113.9:80 web.shop.svc/"}},
		"only rules that lead here": {[]runtime.Object{edge(), HTTPRoute("r", nil, Parent("edge"), Rule(ToService("other", 80)), ruleWith(matching(path(prefix, "/web")), ToService("web", 80)))}, Options{},
			[]string{"ref 10.0.1.1:8080 web.shop.svc/web", "http 203.0.113.9:80 web.shop.svc/web"}},
		"several matches": {[]runtime.Object{edge(), HTTPRoute("r", nil, Parent("edge"), ruleWith(matching(path(exact, "/a"), path(prefix, "/"), method("POST")), ToService("web", 80)))}, Options{},
			[]string{"ref 10.0.1.1:8080 web.shop.svc/a", "http 203.0.113.9:80 web.shop.svc/a", "http 203.0.113.9:80 web.shop.svc/",
				"http POST 203.0.113.9:80 web.shop.svc/: it is for the method POST, which may have effects"}},
		"HEAD is a request of its own": {[]runtime.Object{edge(), HTTPRoute("r", nil, Parent("edge"), ruleWith(matching(method("HEAD")), ToService("web", 80)))}, Options{},
			[]string{"ref HEAD 10.0.1.1:8080 web.shop.svc/", "http HEAD 203.0.113.9:80 web.shop.svc/"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := ways(Of(web().Gateways(test.objects...).Target(t), test.options))
			if !slices.Equal(got, test.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
		})
	}
}

// A rule that leads to a port that is not to be traced is no way in.
func TestGatewayOfChosenPorts(t *testing.T) {
	service := web().Port("admin", 81, 8081).Gateways(edge(), HTTPRoute("r", nil, Parent("edge"), toWeb(), Rule(ToService("web", 81))))
	for port, want := range map[string]string{"80": "[http 203.0.113.9:80 web.shop.svc/]", "81": "[http 203.0.113.9:80 web.shop.svc:81/]"} {
		read, err := target.NewReader(service.Client(), service.GatewayClient()).Resolve(t.Context(), Namespace, "web", target.Choice{Ports: []string{port}})
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(ways(Of(read, Options{}))); got != want {
			t.Errorf("port %s: got %s, want %s", port, got, want)
		}
	}
}

// A route for HTTP leads to a port of which nothing else says that it speaks it.
func TestGatewayToAnyPort(t *testing.T) {
	service := NewService("web").Selecting("app", "web").Port("tcp", 80, 9).Pod("a").
		Gateways(edge(), HTTPRoute("r", []string{"a.test"}, Parent("edge"), ruleWith(matching(path(regex, ".*")), ToService("web", 80))))
	if got := ways(Of(service.Target(t), Options{})); !slices.Equal(got, []string{"http 203.0.113.9:80 a.test/"}) {
		t.Errorf("got %v", got)
	}
}

// other returns a Service beside the target, with a pod of its own and one that
// it shares with the target.
func other(name, namespace, address string) []runtime.Object {
	uid := "00000000-0000-4000-8000-000000000001" // that of the target's first pod
	slice := func(suffix, pod, uid, address string) *discoveryv1.EndpointSlice {
		return &discoveryv1.EndpointSlice{
			ObjectMeta:  metav1.ObjectMeta{Name: name + suffix, Namespace: namespace, Labels: map[string]string{discoveryv1.LabelServiceName: name}},
			AddressType: discoveryv1.AddressTypeIPv4,
			Endpoints: []discoveryv1.Endpoint{{
				Addresses: []string{address}, TargetRef: &corev1.ObjectReference{Kind: "Pod", Name: pod, Namespace: namespace, UID: types.UID(uid)},
			}},
			Ports: []discoveryv1.EndpointPort{Port("http", 9000, corev1.ProtocolTCP), Port("admin", 9001, corev1.ProtocolTCP)},
		}
	}
	service := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: namespace}, Spec: corev1.ServiceSpec{
		Ports: []corev1.ServicePort{{Name: "admin", Port: 81}, {Name: "http", Port: 80}},
	}}
	all := []runtime.Object{service, slice("-own", name+"-1", name, address)}
	if namespace == Namespace {
		all = append(all, slice("-shared", "a", uid, "10.0.1.1"))
	}
	return all
}

func TestGatewayBackends(t *testing.T) {
	custom := with(ToService("cache", 1), func(ref *gatewayv1.HTTPBackendRef) { ref.Kind = Ptr(gatewayv1.Kind("Backend")) })
	for name, test := range map[string]struct {
		backends []gatewayv1.HTTPBackendRef
		want     string
		arrives  string
		asked    []string
	}{
		"one":           {[]gatewayv1.HTTPBackendRef{ToService("web", 80)}, "[]", "/", nil},
		"one with some": {[]gatewayv1.HTTPBackendRef{ToService("web", 80), ToService("canary", 80, Weighing(0))}, "[]", "/", nil},
		"two": {[]gatewayv1.HTTPBackendRef{ToService("web", 80, Weighing(9)), ToService("canary", 80)},
			"[{web 80 9 [0]} {canary 80 1 [0 1]}]", "/", []string{"10.0.1.1:8080", "10.0.2.1:9000"}},
		"by the other's port": {[]gatewayv1.HTTPBackendRef{ToService("canary", 81), ToService("web", 80)},
			"[{canary 81 1 [0 1]} {web 80 1 [0]}]", "/", []string{"10.0.1.1:8080", "10.0.2.1:9001"}},
		"another namespace": {[]gatewayv1.HTTPBackendRef{ToService("web", 80), ToService("far", 80, InNamespace("team"))},
			"[{web 80 1 [0]} {team/far 80 1 [1]}]", "/", []string{"10.0.1.1:8080", "10.0.3.1:9000"}},
		"not there": {[]gatewayv1.HTTPBackendRef{ToService("web", 80), ToService("gone", 80)},
			"[{web 80 1 [0]} {gone 80 1 []}]", "/", []string{"10.0.1.1:8080"}},
		"no Service": {[]gatewayv1.HTTPBackendRef{ToService("web", 80), custom},
			"[{web 80 1 [0]} {backend cache 1 1 []}]", "/", []string{"10.0.1.1:8080"}},
		"twice, once with nothing": {[]gatewayv1.HTTPBackendRef{ToService("web", 81, Weighing(0)), ToService("web", 80)}, "[]", "/", nil},
		"the other is rewritten": {[]gatewayv1.HTTPBackendRef{ToService("web", 80), ToService("canary", 80, func(ref *gatewayv1.HTTPBackendRef) {
			ref.Filters = []gatewayv1.HTTPRouteFilter{replacingPath(Ptr("/x"))}
		})}, "[{web 80 1 [0]} {canary 80 1 [0 1]}]", "", []string{"10.0.1.1:8080", "10.0.2.1:9000"}},
		"its own filter": {[]gatewayv1.HTTPBackendRef{ToService("web", 80, func(ref *gatewayv1.HTTPBackendRef) {
			ref.Filters = []gatewayv1.HTTPRouteFilter{replacingPath(Ptr("/x"))}
		})}, "[]", "/x", []string{"10.0.1.1:8080"}},
	} {
		t.Run(name, func(t *testing.T) {
			service := web().Beside(other("canary", Namespace, "10.0.2.1")...).Beside(other("far", "team", "10.0.3.1")...).
				Gateways(edge(), HTTPRoute("r", nil, Parent("edge"), Rule(test.backends...)))
			var asked []string
			for _, r := range Of(service.Target(t), Options{}) {
				switch {
				case r.Reference:
					asked = append(asked, r.Address)
				case r.Kind == Gateway:
					if got := fmt.Sprint(r.Backends); got != test.want || r.Arrives != test.arrives || r.Untested != "" {
						t.Errorf("backends %s, arrives %q (%s); want %s, %q", got, r.Arrives, r.Untested, test.want, test.arrives)
					}
				}
			}
			if !slices.Equal(asked, test.asked) {
				t.Errorf("asked directly: %v, want %v", asked, test.asked)
			}
		})
	}
}

func TestGatewayTexts(t *testing.T) {
	falsely := func(kind, reason string) metav1.Condition {
		return metav1.Condition{Type: kind, Status: metav1.ConditionFalse, Reason: reason, Message: "because"}
	}
	status := func(r *gatewayv1.HTTPRoute, ref gatewayv1.ParentReference, conditions ...metav1.Condition) {
		r.Status.Parents = append(r.Status.Parents, gatewayv1.RouteParentStatus{ParentRef: ref, Conditions: conditions})
	}
	for name, test := range map[string]struct {
		gateway    *gatewayv1.Gateway
		route      func(*gatewayv1.HTTPRoute)
		objects    []runtime.Object
		rule       string
		conditions string
	}{
		"all is well": {edge(), func(r *gatewayv1.HTTPRoute) { status(r, Parent("edge")) }, nil, "*/ (PathPrefix)", ""},
		"nobody minds it": {edge(), func(*gatewayv1.HTTPRoute) {}, nil, "*/ (PathPrefix)",
			"httproute shop/r: no controller has taken notice of it for gateway shop/edge"},
		"a status for another parent": {edge(), func(r *gatewayv1.HTTPRoute) { status(r, Parent("edge", "x")) }, nil, "*/ (PathPrefix)",
			"httproute shop/r: no controller has taken notice of it for gateway shop/edge"},
		"a status that fills in defaults": {edge(), func(r *gatewayv1.HTTPRoute) {
			status(r, gatewayv1.ParentReference{Group: Ptr(gatewayv1.Group(gatewayv1.GroupName)), Kind: Ptr(gatewayv1.Kind("Gateway")), Namespace: Ptr(gatewayv1.Namespace(Namespace)), Name: "edge"})
		}, nil, "*/ (PathPrefix)", ""},
		"conditions of the route": {edge(), func(r *gatewayv1.HTTPRoute) {
			r.Generation = 2
			good := metav1.Condition{Type: "Accepted", Status: metav1.ConditionTrue}
			later := falsely("PartiallyInvalid", "X")
			status(r, Parent("edge"), good, with(falsely("ResolvedRefs", "BackendNotFound"), func(c *metav1.Condition) { c.ObservedGeneration = 2 }),
				falsely("Accepted", "Pending"), later, falsely("example.com/Own", "X"))
		}, nil, "*/ (PathPrefix)",
			"httproute shop/r: ResolvedRefs is False, BackendNotFound: because | httproute shop/r: Accepted is False, Pending: because (said of an older version)"},
		"conditions of the Gateway": {changed(edge(), func(g *gatewayv1.Gateway) {
			g.Status.Conditions = []metav1.Condition{falsely("Programmed", "AddressNotAssigned")}
			g.Status.Listeners = []gatewayv1.ListenerStatus{
				{Name: "http", Conditions: []metav1.Condition{{Type: "Conflicted", Status: metav1.ConditionTrue, Reason: "HostnameConflict"}}},
				{Name: "other", Conditions: []metav1.Condition{falsely("Accepted", "X")}},
			}
		}), func(r *gatewayv1.HTTPRoute) { status(r, Parent("edge")) }, nil, "*/ (PathPrefix)",
			"gateway shop/edge: Programmed is False, AddressNotAssigned: because | gateway shop/edge listener http: Conflicted is True, HostnameConflict"},
		"none of the names": {edge(Listener("http", 80, "*.test")), func(r *gatewayv1.HTTPRoute) {
			r.Spec.Hostnames = []gatewayv1.Hostname{"a.other"}
			status(r, Parent("edge"))
		}, nil, "a.other/ (PathPrefix)", "gateway shop/edge: listener http is for *.test and not for a.other"},
		"a rewrite and a mirror": {edge(), func(r *gatewayv1.HTTPRoute) {
			r.Spec.Rules[0].Matches = []gatewayv1.HTTPRouteMatch{path(prefix, "/api")}
			r.Spec.Rules[0].Filters = []gatewayv1.HTTPRouteFilter{replacingPrefix(Ptr("/")), mirroring(ToService("audit", 80))}
			status(r, Parent("edge"))
		}, nil, "*/api (PathPrefix); rewritten to /; mirrors to audit, not followed", ""},
		"a port that is not there": {edge(), func(r *gatewayv1.HTTPRoute) {
			r.Spec.Rules[0].BackendRefs[0].Port = Ptr(gatewayv1.PortNumber(81))
			status(r, Parent("edge"))
		}, nil, "*/ (PathPrefix); leads to port 81, which the Service does not have", "leads to port 81, which the Service does not have"},
		"no port at all": {edge(), func(r *gatewayv1.HTTPRoute) {
			r.Spec.Rules[0].BackendRefs[0].Port = nil
			status(r, Parent("edge"))
		}, nil, "*/ (PathPrefix); leads to port (none), which the Service does not have", "leads to port (none), which the Service does not have"},
		"without a grant": {edge(allowingAll(Listener("http", 80, ""))), fromTeam, nil, "*/ (PathPrefix); no ReferenceGrant in shop allows it",
			"no ReferenceGrant in shop allows it | httproute team/r: no controller has taken notice of it for gateway shop/edge"},
		"with a grant": {edge(allowingAll(Listener("http", 80, ""))), fromTeam, []runtime.Object{grant("team")}, "*/ (PathPrefix)",
			"httproute team/r: no controller has taken notice of it for gateway shop/edge"},
		"a namespace that is not allowed": {edge(), fromTeam, []runtime.Object{grant("team")}, "*/ (PathPrefix)",
			"gateway shop/edge: listener http allows routes of namespace shop only | httproute team/r: no controller has taken notice of it for gateway shop/edge"},
	} {
		t.Run(name, func(t *testing.T) {
			route := changed(HTTPRoute("r", nil, Parent("edge"), toWeb()), test.route)
			sent := 0
			for _, r := range Of(web().Gateways(test.gateway, route).Gateways(test.objects...).Target(t), Options{}) {
				if r.Kind != Gateway {
					continue
				}
				sent++
				if r.Rule != test.rule || strings.Join(texts(r.Conditions), " | ") != test.conditions || r.Untested != "" {
					t.Errorf("got\n%s\n%s\n%s\nwant\n%s\n%s", r.Rule, strings.Join(texts(r.Conditions), " | "), r.Untested, test.rule, test.conditions)
				}
				if want := "httproute " + route.Namespace + "/r"; r.Object != want || r.Source != "status.addresses via gateway shop/edge, listener http" {
					t.Errorf("object %q, source %q", r.Object, r.Source)
				}
			}
			if sent != 1 {
				t.Errorf("%d ways, want 1", sent)
			}
		})
	}
}

// fromTeam moves the route to another namespace than its Gateway and Service.
func fromTeam(r *gatewayv1.HTTPRoute) {
	r.Namespace, r.Spec.ParentRefs[0].Namespace = "team", Ptr(gatewayv1.Namespace(Namespace))
	r.Spec.Rules[0].BackendRefs[0].Namespace = Ptr(gatewayv1.Namespace(Namespace))
}

func allowingAll(l gatewayv1.Listener) gatewayv1.Listener {
	l.AllowedRoutes = &gatewayv1.AllowedRoutes{Namespaces: &gatewayv1.RouteNamespaces{From: Ptr(gatewayv1.NamespacesFromAll)}}
	return l
}

func grant(namespace string) *gatewayv1beta1.ReferenceGrant {
	return &gatewayv1beta1.ReferenceGrant{ObjectMeta: metav1.ObjectMeta{Name: "grant"}, Spec: gatewayv1.ReferenceGrantSpec{
		From: []gatewayv1.ReferenceGrantFrom{{Group: gatewayv1.GroupName, Kind: "HTTPRoute", Namespace: gatewayv1.Namespace(namespace)}},
		To:   []gatewayv1.ReferenceGrantTo{{Kind: "Service"}},
	}}
}
