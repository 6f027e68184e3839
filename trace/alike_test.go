package trace_test

import (
	"slices"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	. "github.com/kubectl-nettrace/kubectl-nettrace/trace/target/targettest"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/tracetest"
)

// TestAlike: both ways are asked for what either is asked for, under its own host where
// each has one, also where no rule takes it; and nothing is asked through others.
func TestAlike(t *testing.T) {
	prefix := networkingv1.PathTypePrefix
	old := func(host string) *networkingv1.Ingress {
		return NewIngress("old", Class("c"), Published("203.0.113.9"), Path(host, "/api", prefix, intstr.FromInt32(80)), Path(host, "/shop", prefix, intstr.FromInt32(80)))
	}
	value, by := "/api", "/"
	rewriting := Rule(ToService("web", 80))
	rewriting.Matches = []gatewayv1.HTTPRouteMatch{{Path: &gatewayv1.HTTPPathMatch{Value: &value}}}
	rewriting.Filters = []gatewayv1.HTTPRouteFilter{{Type: gatewayv1.HTTPRouteFilterURLRewrite, URLRewrite: &gatewayv1.HTTPURLRewriteFilter{
		Path: &gatewayv1.HTTPPathModifier{Type: gatewayv1.PrefixMatchHTTPPathModifier, ReplacePrefixMatch: &by},
	}}}
	asked := func(alike bool, host string) (through [2][]string, strays []string) {
		s := web(2).Beside(NewIngressClass("c", "traefik.io/ingress-controller"), old("shop.example"),
			NewIngress("other", Class("c"), Published("203.0.113.9"), Path("other.example", "/", prefix, intstr.FromInt32(80)))).
			Gateways(NewGateway("edge", []gatewayv1.Listener{Listener("http", 80, "")}, "203.0.113.10"), HTTPRoute("new", []string{host}, Parent("edge"), rewriting))
		o := tracetest.Options("n1")
		o.Path, o.Trails, o.Alike = "/hostname", false, alike
		o.Route.Through = []string{"ingress shop/old", "httproute shop/new"}
		for _, r := range prepare(t, s, o).Traces[0].Routes {
			switch {
			case r.Reference:
			case r.Contrast && r.Kind != route.Pod:
				strays = append(strays, r.Address+" "+r.Host+r.Path)
			case r.Kind == route.Ingress:
				through[0] = append(through[0], r.Host+r.Path)
			case r.Kind == route.Gateway:
				through[1] = append(through[1], r.Host+r.Path)
			}
		}
		return through, strays
	}
	for name, test := range map[string]struct {
		alike  bool
		host   string
		want   [2][]string
		strays []string
	}{
		"each for itself": {false, "shop.example", [2][]string{{"shop.example/api", "shop.example/shop"}, {"shop.example/api/hostname"}}, nil},
		"alike": {true, "shop.example", [2][]string{
			{"shop.example/api", "shop.example/api/hostname", "shop.example/shop"}, {"shop.example/api/hostname", "shop.example/api"},
		}, []string{"203.0.113.10:80 shop.example/shop"}},
		"under another name": {true, "new.example", [2][]string{
			{"shop.example/api", "shop.example/api/hostname", "shop.example/shop"}, {"new.example/api/hostname", "new.example/api"},
		}, []string{"203.0.113.10:80 new.example/shop"}},
	} {
		got, strays := asked(test.alike, test.host)
		if !slices.Equal(got[0], test.want[0]) || !slices.Equal(got[1], test.want[1]) || !slices.Equal(strays, test.strays) {
			t.Errorf("%s: asked for %q and without a rule for %q, want %q and %q", name, got, strays, test.want, test.strays)
		}
	}
}
