package route

import (
	"slices"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	. "github.com/kubectl-nettrace/kubectl-nettrace/trace/target/targettest"
)

// TestGivenRequests: what was chosen elsewhere is asked of each rule that is sure to get
// it, and of no other.
func TestGivenRequests(t *testing.T) {
	in := NewIngress("old", Class("c"), Published("203.0.113.9"), Path("shop.example", "/api", networkingv1.PathTypePrefix, intstr.FromInt32(80)),
		PathTo("other", "shop.example", "/api/other", networkingv1.PathTypePrefix, intstr.FromInt32(80)),
		Path("*.wild.example", "/exact", networkingv1.PathTypeExact, intstr.FromInt32(80)))
	route := HTTPRoute("new", []string{"shop.example", "*.wild.example"}, Parent("edge"), Rule(ToService("web", 80)),
		ruleWith(matching(path(prefix, "/api")), ToService("web", 80)), ruleWith(matching(path(regex, "/re/[0-9]+")), ToService("web", 80)))
	s := web().Beside(NewIngressClass("c", "traefik.io/ingress-controller"), in).Gateways(edge(), route)
	for name, test := range map[string]struct {
		request          Request
		ingress, gateway []string
	}{
		"under both prefixes":          {Request{Host: "shop.example", Path: "/api/x"}, []string{"shop.example/api/x"}, []string{"shop.example/api/x"}},
		"its own one":                  {Request{Host: "shop.example", Path: "/api"}, nil, nil},
		"of whatever host":             {Request{Path: "/api/x"}, []string{"shop.example/api/x"}, []string{"shop.example/api/x"}},
		"another rule takes it":        {Request{Host: "shop.example", Path: "/api/other/x"}, nil, []string{"shop.example/api/other/x"}},
		"under one alone":              {Request{Host: "shop.example", Path: "/v2"}, nil, []string{"shop.example/v2"}},
		"with a query":                 {Request{Host: "shop.example", Path: "/api/x?a=b"}, []string{"shop.example/api/x?a=b"}, []string{"shop.example/api/x?a=b"}},
		"that of another rule":         {Request{Host: "shop.example", Path: "/"}, nil, nil},
		"of another host":              {Request{Host: "example.com", Path: "/api/x"}, nil, nil},
		"of a host under the wildcard": {Request{Host: "a.wild.example", Path: "/exact"}, []string{"a.wild.example/exact"}, []string{"a.wild.example/exact"}},
		"no prefix of elements":        {Request{Host: "shop.example", Path: "/apix"}, nil, []string{"shop.example/apix"}},
		"a regular expression":         {Request{Host: "shop.example", Path: "/re/12"}, nil, []string{"shop.example/re/12"}},
		"another method":               {Request{Host: "shop.example", Path: "/api/x", Method: "HEAD"}, []string{"HEAD shop.example/api/x"}, []string{"HEAD shop.example/api/x"}},
	} {
		t.Run(name, func(t *testing.T) {
			target := s.Target(t)
			var got [2][]string
			before := Of(target, Options{})
			for _, r := range Of(target, Options{Requests: []Request{test.request}}) {
				if r.Reference || r.Object == "" || slices.ContainsFunc(before, func(b Route) bool {
					return b.Rule == r.Rule && b.Host == r.Host && b.Path == r.Path && b.Method == r.Method
				}) {
					continue
				}
				text := r.Host + r.Path
				if r.Method != "" {
					text = r.Method + " " + text
				}
				at := 0
				if r.Kind == Gateway {
					at = 1
				}
				got[at] = append(got[at], text)
			}
			if !slices.Equal(got[0], test.ingress) || !slices.Equal(got[1], test.gateway) {
				t.Errorf("the Ingress is asked for %q and the HTTPRoute for %q, want %q and %q", got[0], got[1], test.ingress, test.gateway)
			}
		})
	}
}

// TestGivenRequestsGoByOneRule: of two rules for the same backend the one that takes the
// request is asked for it.
func TestGivenRequestsGoByOneRule(t *testing.T) {
	rule := func(path string) IngressOption {
		return Path("shop.example", path, networkingv1.PathTypePrefix, intstr.FromInt32(80))
	}
	s := web().Beside(NewIngressClass("c", "traefik.io/ingress-controller"), NewIngress("old", Class("c"), Published("203.0.113.9"), rule("/"), rule("/api")))
	var rules []string
	for _, r := range Of(s.Target(t), Options{Requests: []Request{{Path: "/api/x"}, {Path: "/x"}}, Through: []string{"ingress shop/old"}}) {
		if r.Given {
			rules = append(rules, r.Path+" by "+r.Rule)
		}
	}
	if want := []string{"/x by shop.example/ (Prefix)", "/api/x by shop.example/api (Prefix)"}; !slices.Equal(rules, want) {
		t.Errorf("asked for %q, want %q", rules, want)
	}
}

// TestGivenTrails: a rule for more than a prefix gets the trails of one for that, as far
// as it takes them.
func TestGivenTrails(t *testing.T) {
	in := NewIngress("old", Class("c"), Published("203.0.113.9"), Path("shop.example", "/", networkingv1.PathTypePrefix, intstr.FromInt32(80)),
		PathTo("other", "shop.example", "/api/nettrace", networkingv1.PathTypePrefix, intstr.FromInt32(80)))
	route := HTTPRoute("new", []string{"shop.example"}, Parent("edge"), Rule(ToService("web", 80)))
	s := web().Beside(NewIngressClass("c", "traefik.io/ingress-controller"), in).Gateways(edge(), route)
	want := Request{Path: "/api", Trails: trailsUnder("/api", "/hostname")}
	got := map[Kind][]string{}
	for _, r := range Of(s.Target(t), Options{Requests: []Request{want}}) {
		for _, trail := range r.Trails {
			got[r.Kind] = append(got[r.Kind], trail.Sent+" as "+trail.Arrives)
		}
	}
	const known, madeUp = "/api/hostname?nettrace=~marker~", "/api/nettrace/~marker~"
	if through := got[Gateway]; !slices.Equal(through, []string{known + " as " + known, madeUp + " as " + madeUp}) {
		t.Errorf("the HTTPRoute gets %q", through)
	}
	if through := got[Ingress]; !slices.Equal(through, []string{known + " as " + known}) {
		t.Errorf("the Ingress gets %q, and another rule of it takes the one that is made up", through)
	}
}
