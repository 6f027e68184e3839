package target_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	clienttesting "k8s.io/client-go/testing"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
	gatewayv1beta1 "sigs.k8s.io/gateway-api/apis/v1beta1"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
	. "github.com/kubectl-nettrace/kubectl-nettrace/trace/target/targettest"
)

func newWeb() *Service {
	return NewService("web").Selecting("app", "web").Port("http", 80, 8080).Node("n1")
}

// faking is what both fake clients can do.
type faking interface {
	PrependReactor(verb, resource string, reaction clienttesting.ReactionFunc)
}

// failing makes the client answer with the error, in the namespace if one is
// given.
func failing(client faking, verb, resource, namespace string, err error) {
	client.PrependReactor(verb, resource, func(action clienttesting.Action) (bool, runtime.Object, error) {
		return namespace == "*" || action.GetNamespace() == namespace, nil, err
	})
}

func forbidden(resource string) error {
	return apierrors.NewForbidden(schema.GroupResource{Resource: resource}, "", errors.New("not allowed"))
}

func readGateways(t *testing.T, s *Service, change ...func(core, gateways faking)) *target.Target {
	t.Helper()
	core, gateways := s.Client(), s.GatewayClient()
	for _, c := range change {
		c(core, gateways)
	}
	read, err := target.NewReader(core, gateways).Resolve(t.Context(), Namespace, "web", target.Choice{})
	if err != nil {
		t.Fatal(err)
	}
	return read
}

func names(read *target.Target) string {
	var all []string
	for _, g := range read.GatewayRoutes {
		all = append(all, g.Name())
	}
	return strings.Join(all, " ")
}

func unread(read *target.Target) string {
	var all []string
	for _, u := range read.Unread {
		all = append(all, u.Resource)
		if u.Loses == "" || u.Reason == "" {
			all = append(all, "(without a reason)")
		}
	}
	return strings.Join(all, ", ")
}

func in(namespace string, o *gatewayv1.HTTPRoute) *gatewayv1.HTTPRoute {
	o.Namespace = namespace
	return o
}

func calls(name string, service string) *gatewayv1.GRPCRoute {
	r := &gatewayv1.GRPCRoute{ObjectMeta: metav1.ObjectMeta{Name: name}}
	r.Spec.Rules = []gatewayv1.GRPCRouteRule{{BackendRefs: []gatewayv1.GRPCBackendRef{{BackendRef: ToService(service, 80).BackendRef}}}}
	return r
}

func TestGatewayRoutes(t *testing.T) {
	parent := Parent("edge")
	notService := Rule(ToService("web", 80, func(ref *gatewayv1.HTTPBackendRef) { ref.Kind = Ptr(gatewayv1.Kind("Backend")) }))
	otherGroup := Rule(ToService("web", 80, func(ref *gatewayv1.HTTPBackendRef) { ref.Group = Ptr(gatewayv1.Group("x.io")) }))
	service := newWeb().Gateways(
		NewGateway("edge", nil),
		HTTPRoute("ours", nil, parent, Rule(ToService("other", 80)), Rule(ToService("other", 80), ToService("web", 80))),
		HTTPRoute("others", nil, parent, Rule(ToService("other", 80))), HTTPRoute("empty", nil, parent), HTTPRoute("custom", nil, parent, notService, otherGroup),
		in("team", HTTPRoute("theirs", nil, Parent("none"), Rule(ToService("web", 80)))),
		in("team", HTTPRoute("far", nil, Parent("none"), Rule(ToService("web", 80, InNamespace(Namespace))))),
		calls("calls", "web"), calls("others", "other"),
	)
	all := func(resource string, err error) func(core, gateways faking) {
		return func(_, gateways faking) { failing(gateways, "list", resource, "", err) }
	}
	every := func(verb, resource string, err error) func(core, gateways faking) {
		return func(_, gateways faking) { failing(gateways, verb, resource, "*", err) }
	}
	missing := apierrors.NewNotFound(schema.GroupResource{}, "")
	for name, test := range map[string]struct {
		change        func(core, gateways faking)
		names, unread string
	}{
		"all":                          {func(_, _ faking) {}, "httproute shop/ours httproute team/far grpcroute shop/calls", ""},
		"those of other namespaces":    {all("httproutes", forbidden("httproutes")), "httproute shop/ours grpcroute shop/calls", "httproutes of other namespaces"},
		"those of all namespaces":      {every("list", "httproutes", forbidden("httproutes")), "grpcroute shop/calls", "httproutes"},
		"no calls":                     {every("list", "grpcroutes", forbidden("grpcroutes")), "httproute shop/ours httproute team/far", "grpcroutes"},
		"something is wrong":           {all("httproutes", errors.New("timeout")), "grpcroute shop/calls", "httproutes"},
		"no such API":                  {every("list", "*", missing), "", ""},
		"no such API, said otherwise":  {every("list", "*", &meta.NoResourceMatchError{}), "", ""},
		"no such version of the calls": {every("list", "grpcroutes", missing), "httproute shop/ours httproute team/far", ""},
		"Gateways":                     {every("get", "gateways", forbidden("gateways")), "httproute shop/ours httproute team/far grpcroute shop/calls", "gateway shop/edge, gateway team/none"},
		"classes":                      {every("get", "gatewayclasses", forbidden("gatewayclasses")), "httproute shop/ours httproute team/far grpcroute shop/calls", "gatewayclass edge"},
		"grants":                       {every("list", "referencegrants", forbidden("referencegrants")), "httproute shop/ours httproute team/far grpcroute shop/calls", "referencegrants of namespace shop"},
	} {
		t.Run(name, func(t *testing.T) {
			read := readGateways(t, service, test.change)
			if names(read) != test.names || unread(read) != test.unread {
				t.Errorf("got %s, unread %s; want %s and %s", names(read), unread(read), test.names, test.unread)
			}
		})
	}
	if read, err := target.NewReader(service.Client(), nil).Resolve(t.Context(), Namespace, "web", target.Choice{}); err != nil || read.GatewayRoutes != nil {
		t.Errorf("without a client: %v, %v", read.GatewayRoutes, err)
	}
}

// What several targets share is read once.
func TestGatewaysAreReadOnce(t *testing.T) {
	service := newWeb().Gateways(NewGateway("edge", nil), HTTPRoute("a", nil, Parent("edge"), Rule(ToService("web", 80))), HTTPRoute("b", nil, Parent("edge"), Rule(ToService("web", 80))))
	gateways := service.GatewayClient()
	reader := target.NewReader(service.Client(), gateways)
	for range 2 {
		if _, err := reader.Resolve(t.Context(), Namespace, "web", target.Choice{}); err != nil {
			t.Fatal(err)
		}
	}
	counts := map[string]int{}
	for _, action := range gateways.Actions() {
		counts[action.GetVerb()+" "+action.GetResource().Resource]++
	}
	if want := "map[get gatewayclasses:1 get gateways:1 list grpcroutes:1 list httproutes:1]"; fmt.Sprint(counts) != want {
		t.Errorf("got %v, want %s", counts, want)
	}
}

func TestGatewayParents(t *testing.T) {
	route := HTTPRoute("r", nil, Parent("edge"), Rule(ToService("web", 80)))
	route.Spec.ParentRefs = append(route.Spec.ParentRefs,
		gatewayv1.ParentReference{Name: "far", Namespace: Ptr(gatewayv1.Namespace("infra"))},
		gatewayv1.ParentReference{Name: "gone", Kind: Ptr(gatewayv1.Kind("Gateway")), Group: Ptr(gatewayv1.Group(gatewayv1.GroupName))},
		gatewayv1.ParentReference{Name: "web", Kind: Ptr(gatewayv1.Kind("Service")), Group: Ptr(gatewayv1.Group(""))},
		gatewayv1.ParentReference{Name: "x", Group: Ptr(gatewayv1.Group("x.io"))},
	)
	far := NewGateway("far", nil)
	far.Namespace, far.Spec.GatewayClassName = "infra", "none"
	class := &gatewayv1.GatewayClass{ObjectMeta: metav1.ObjectMeta{Name: "edge"}, Spec: gatewayv1.GatewayClassSpec{ControllerName: "example.com/edge"}}
	read := readGateways(t, newWeb().Gateways(NewGateway("edge", nil), far, class, route))
	var got []string
	for _, p := range read.GatewayRoutes[0].Parents {
		name := "-"
		if p.Gateway != nil {
			name = p.Gateway.Namespace + "/" + p.Gateway.Name
		}
		got = append(got, strings.TrimSpace(name+" "+p.Controller+p.Why))
	}
	want := []string{"shop/edge example.com/edge", "infra/far", "- gateway shop/gone does not exist",
		"- its parent service shop/web is no Gateway, and is not followed", "- its parent gateway of x.io shop/x is no Gateway, and is not followed"}
	if !slices.Equal(got, want) || len(read.Unread) > 0 {
		t.Errorf("got\n%s\nwant\n%s\nunread %s", strings.Join(got, "\n"), strings.Join(want, "\n"), unread(read))
	}
}

func TestUngranted(t *testing.T) {
	grant := func(change func(*gatewayv1.ReferenceGrantSpec)) gatewayv1.ReferenceGrantSpec {
		spec := gatewayv1.ReferenceGrantSpec{
			From: []gatewayv1.ReferenceGrantFrom{{Group: gatewayv1.GroupName, Kind: "HTTPRoute", Namespace: "team"}},
			To:   []gatewayv1.ReferenceGrantTo{{Kind: "Service"}},
		}
		change(&spec)
		return spec
	}
	granted := func(change func(*gatewayv1.ReferenceGrantSpec)) runtime.Object {
		return &gatewayv1beta1.ReferenceGrant{ObjectMeta: metav1.ObjectMeta{Name: "g"}, Spec: grant(change)}
	}
	as := func(*gatewayv1.ReferenceGrantSpec) {}
	later := &gatewayv1.ReferenceGrant{ObjectMeta: metav1.ObjectMeta{Name: "g"}, Spec: grant(as)}
	for name, test := range map[string]struct {
		grant runtime.Object
		only  bool // v1 is the only version
		want  string
	}{
		"none":              {nil, false, "[shop/web other/x]"},
		"to all Services":   {granted(as), false, "[other/x]"},
		"to this one":       {granted(func(s *gatewayv1.ReferenceGrantSpec) { s.To[0].Name = Ptr(gatewayv1.ObjectName("web")) }), false, "[other/x]"},
		"to another one":    {granted(func(s *gatewayv1.ReferenceGrantSpec) { s.To[0].Name = Ptr(gatewayv1.ObjectName("x")) }), false, "[shop/web other/x]"},
		"to Secrets":        {granted(func(s *gatewayv1.ReferenceGrantSpec) { s.To[0].Kind = "Secret" }), false, "[shop/web other/x]"},
		"from another kind": {granted(func(s *gatewayv1.ReferenceGrantSpec) { s.From[0].Kind = "GRPCRoute" }), false, "[shop/web other/x]"},
		"from elsewhere":    {granted(func(s *gatewayv1.ReferenceGrantSpec) { s.From[0].Namespace = "x" }), false, "[shop/web other/x]"},
		"in a later API":    {later, true, "[other/x]"},
	} {
		t.Run(name, func(t *testing.T) {
			route := in("team", HTTPRoute("r", nil, Parent("edge"), Rule(ToService("web", 80, InNamespace(Namespace)), ToService("own", 80), ToService("x", 80, InNamespace("other")))))
			service := newWeb().Gateways(route)
			if test.grant != nil {
				service.Gateways(test.grant)
			}
			read := readGateways(t, service, func(_, gateways faking) {
				gateways.PrependReactor("list", "referencegrants", func(action clienttesting.Action) (bool, runtime.Object, error) {
					return test.only && action.GetResource().Version == "v1beta1", nil, apierrors.NewNotFound(schema.GroupResource{}, "")
				})
			})
			if got := fmt.Sprint(read.GatewayRoutes[0].Ungranted); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestNamespaceLabels(t *testing.T) {
	selecting := Listener("a", 80, "")
	selecting.AllowedRoutes = &gatewayv1.AllowedRoutes{Namespaces: &gatewayv1.RouteNamespaces{Selector: &metav1.LabelSelector{}}}
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: Namespace, Labels: map[string]string{"colour": "blue"}}}
	for name, test := range map[string]struct {
		listener gatewayv1.Listener
		objects  []runtime.Object
		want     string
	}{
		"asked for":     {selecting, []runtime.Object{namespace}, "map[colour:blue]"},
		"not asked for": {Listener("a", 80, ""), []runtime.Object{namespace}, "map[]"},
		"not known":     {selecting, nil, "map[]"},
	} {
		read := readGateways(t, newWeb().Beside(test.objects...).Gateways(
			NewGateway("edge", []gatewayv1.Listener{test.listener}), HTTPRoute("r", nil, Parent("edge"), Rule(ToService("web", 80)))))
		if labels := read.GatewayRoutes[0].Labels; fmt.Sprint(labels) != test.want || (labels == nil) != (test.want == "map[]") {
			t.Errorf("%s: got %v, want %s", name, labels, test.want)
		}
	}
}
