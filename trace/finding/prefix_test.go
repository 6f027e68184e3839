package finding_test

import (
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	. "github.com/kubectl-nettrace/kubectl-nettrace/trace/target/targettest"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/tracetest"
)

func TestPrefixes(t *testing.T) {
	const notStripped, drops = "ingress-prefix-not-stripped info unverified", "ingress-rewrite-drops-path warning"
	behind := func(path string, options ...IngressOption) *Service {
		kind := networkingv1.PathTypePrefix
		if len(options) > 0 {
			kind = networkingv1.PathTypeImplementationSpecific
		}
		options = append(options, Class("c"), Published("203.0.113.9"), Path("shop.example.com", path, kind, intstr.FromInt32(80)))
		return pods(web(), 2).Beside(NewIngressClass("c", "k8s.io/ingress-nginx"), NewIngress("in", options...))
	}
	rewriting := func(to string) IngressOption { return Annotated("nginx.ingress.kubernetes.io/rewrite-target", to) }
	unknown := func(paths ...string) func(*tracetest.Network) {
		return func(n *tracetest.Network) {
			for _, path := range paths {
				n.Fault(tracetest.Hop{Path: path, Pod: "web-1"}, tracetest.Status(404)).Fault(tracetest.Hop{Path: path, Pod: "web-2"}, tracetest.Status(404))
			}
		}
	}
	const madeUp, beneath = "/nettrace/~marker~", "/api/?nettrace=~marker~"
	all(t, map[string]scenario{
		"the pods do not know the prefix": {service: behind("/api"), faults: unknown("/api", beneath, madeUp, "/api"+madeUp), want: []string{notStripped},
			said: "the pods know nothing that was asked beneath /api through ingress shop/in, and know / without it: the prefix is not stripped",
			seen: "traffic: /api/ through ingress shop/in: HTTP 404"},
		"nobody knows whose pages they are": {service: behind("/api"), faults: func(n *tracetest.Network) { unknown("/api", beneath, madeUp, "/api"+madeUp)(n.Anonymous()) }, want: []string{"answers-indistinguishable info confirmed"}},
		"they know the prefix itself":       {service: behind("/api"), faults: unknown(beneath, madeUp, "/api"+madeUp), want: []string{}},
		"they know all beneath it":          {service: behind("/api"), faults: unknown(madeUp), want: []string{}},
		"they know everything":              {service: behind("/api"), want: []string{}},
		"it is stripped":                    {service: behind("/api(/|$)(.*)", rewriting("/$2")), faults: unknown(madeUp, beneath, "/api", "/api"+madeUp), want: []string{}},
		"all arrives as one":                {service: behind("/api", rewriting("/")), faults: unknown(madeUp, beneath, "/api"+madeUp), want: []string{drops + " confirmed"}, said: "by its configuration, ingress shop/in has whatever is asked for beneath /api arrive as /"},
		"all arrives as one that differs":   {service: behind("/api", rewriting("/x")), faults: unknown(madeUp, beneath, "/api"+madeUp), want: []string{drops + " confirmed"}, said: "arrive as /x"},
	})
}
