package route_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
	. "github.com/kubectl-nettrace/kubectl-nettrace/trace/target/targettest"
)

const (
	prefix = networkingv1.PathTypePrefix
	exact  = networkingv1.PathTypeExact
	open   = networkingv1.PathTypeImplementationSpecific

	nginx   = "k8s.io/ingress-nginx"
	traefik = "traefik.io/ingress-controller"

	ng = "nginx.ingress.kubernetes.io/"
)

func at80() intstr.IntOrString { return intstr.FromInt32(80) }

// shop is a path of the usual host.
func shop(path string, kind networkingv1.PathType) IngressOption {
	return Path("shop.example.com", path, kind, at80())
}

// beside is a path of the usual host that leads to another Service.
func beside(path string, kind networkingv1.PathType) IngressOption {
	return PathTo("db", "shop.example.com", path, kind, at80())
}

// served is an Ingress of the controller, with an address.
func served(controller string, options ...IngressOption) []runtime.Object {
	return []runtime.Object{NewIngressClass("c", controller), NewIngress("in", append(options, Class("c"), Published("203.0.113.9"))...)}
}

// ready is a Service whose pods have a readiness probe at the path.
func ready(path string, objects ...runtime.Object) *Service {
	return web().Pod("a", On("n1"), Probed(path, intstr.FromInt32(8080), "")).Beside(objects...)
}

func throughIngress(t *target.Target, o route.Options) []route.Route {
	return slices.DeleteFunc(route.Of(t, o), func(r route.Route) bool { return r.Kind != route.Ingress })
}

// asked writes what is asked of an Ingress, and what arrives.
func asked(r route.Route) string {
	if r.Untested != "" {
		return r.Rule + ": " + r.Untested
	}
	return fmt.Sprintf("%s %s%s > %s | %s", r.Protocol, r.Host, r.Path, r.Arrives, r.Rule)
}

func allAsked(routes []route.Route) []string {
	var all []string
	for _, r := range routes {
		all = append(all, asked(r))
	}
	return all
}

func TestIngressPaths(t *testing.T) {
	const (
		host   = "http shop.example.com"
		rule   = " | shop.example.com"
		regex  = "; a regular expression by its annotations"
		letter = "; compared letter by letter"
		cannot = ": the regular expression is of a kind that cannot be read here, so that no URL is known that it matches"
	)
	useRegex, rewrite := Annotated(ng+"use-regex", "true"), func(to string) IngressOption { return Annotated(ng+"rewrite-target", to) }
	for name, test := range map[string]struct {
		controller, own string
		options         []IngressOption
		want            string
	}{
		"the root":                   {nginx, "/up", []IngressOption{shop("/", prefix)}, host + "/up > /up" + rule + "/ (Prefix)"},
		"a prefix":                   {nginx, "/up", []IngressOption{shop("/api", prefix)}, host + "/api > /api" + rule + "/api (Prefix)"},
		"under the prefix":           {nginx, "/api/up?x=1", []IngressOption{shop("/api", prefix)}, host + "/api/up?x=1 > /api/up?x=1" + rule + "/api (Prefix)"},
		"under it with a slash":      {nginx, "/api/up", []IngressOption{shop("/api/", prefix)}, host + "/api/up > /api/up" + rule + "/api/ (Prefix)"},
		"beside the prefix":          {nginx, "/apis", []IngressOption{shop("/api", prefix)}, host + "/api > /api" + rule + "/api (Prefix)"},
		"exact":                      {nginx, "/up", []IngressOption{shop("/api", exact)}, host + "/api > /api" + rule + "/api (Exact)"},
		"an empty path":              {nginx, "/up", []IngressOption{shop("", open)}, host + "/up > /up" + rule + " (ImplementationSpecific)"},
		"a regular expression":       {nginx, "/up", []IngressOption{useRegex, shop("/api(/|$)(.*)", open)}, host + "/api/up > /api/up" + rule + "/api(/|$)(.*) (ImplementationSpecific)" + regex},
		"the prefix stripped":        {nginx, "/up", []IngressOption{rewrite("/$2"), shop("/api(/|$)(.*)", open)}, host + "/api/up > /up" + rule + "/api(/|$)(.*) (ImplementationSpecific)" + regex},
		"stripped below itself":      {nginx, "/api/up", []IngressOption{rewrite("/$2"), shop("/api(/|$)(.*)", prefix)}, host + "/api/api/up > /api/up" + rule + "/api(/|$)(.*) (Prefix)" + regex},
		"with a query":               {nginx, "/up?x=1", []IngressOption{rewrite("/$2"), shop("/api(/|$)(.*)", open)}, host + "/api/up?x=1 > /up?x=1" + rule + "/api(/|$)(.*) (ImplementationSpecific)" + regex},
		"all paths become one":       {nginx, "/up", []IngressOption{rewrite("/"), shop("/api", prefix)}, host + "/api > /" + rule + "/api (Prefix)" + regex},
		"digits stand alone":         {nginx, "/up", []IngressOption{rewrite("/v2$1x"), shop("/api/(u.*)", open)}, host + "/api/u/up > /v2u/upx" + rule + "/api/(u.*) (ImplementationSpecific)" + regex},
		"variables":                  {nginx, "/up", []IngressOption{rewrite("/$request_uri"), shop("/api", prefix)}, host + "/api > " + rule + "/api (Prefix)" + regex},
		"another server":             {nginx, "/up", []IngressOption{rewrite("https://example.com/$1"), shop("/api(.*)", prefix)}, host + "/api/up > " + rule + "/api(.*) (Prefix)" + regex},
		"its own path":               {nginx, "/up", []IngressOption{rewrite("/api"), shop("/api", prefix)}, host + "/api > /api" + rule + "/api (Prefix)"},
		"a snippet":                  {nginx, "/up", []IngressOption{Annotated(ng+"configuration-snippet", "rewrite /x /y;"), shop("/", prefix)}, host + "/up > " + rule + "/ (Prefix)"},
		"letters of any case":        {nginx, "/API/up", []IngressOption{useRegex, shop("/api", prefix)}, host + "/API/up > /API/up" + rule + "/api (Prefix)" + regex},
		"lookahead":                  {nginx, "/up", []IngressOption{useRegex, shop("/(?!api).*", open)}, "shop.example.com/(?!api).* (ImplementationSpecific)" + regex + cannot},
		"not closed":                 {nginx, "/up", []IngressOption{useRegex, shop("/(api", open)}, "shop.example.com/(api (ImplementationSpecific)" + regex + cannot},
		"matching nothing":           {nginx, "/up", []IngressOption{useRegex, shop(`/a\bb`, open)}, `shop.example.com/a\bb (ImplementationSpecific)` + regex + ": no URL is known that the regular expression matches"},
		"catastrophic":               {nginx, "/up", []IngressOption{useRegex, shop("/(a+)+(b*)*$", open)}, host + "/ab > /ab" + rule + "/(a+)+(b*)*$ (ImplementationSpecific)" + regex},
		"without use-regex":          {nginx, "/up", []IngressOption{shop("/api(/.*)?$", open)}, host + "/api/up > /api/up" + rule + "/api(/.*)?$ (ImplementationSpecific)" + letter},
		"under Prefix":               {traefik, "/up", []IngressOption{shop("/api(/.*)?$", prefix)}, host + "/api/up > /api/up" + rule + "/api(/.*)?$ (Prefix)" + letter},
		"under Prefix, with a caret": {traefik, "/up", []IngressOption{shop("/^/api", prefix)}, host + "/api > /api" + rule + "/^/api (Prefix)" + letter},
		"under Exact":                {traefik, "/up", []IngressOption{shop("/api/.*", exact)}, host + "/api/up > /api/up" + rule + "/api/.* (Exact)" + letter},
		"a dollar at its end":        {traefik, "/up", []IngressOption{shop("/api$", prefix)}, host + "/api > /api" + rule + "/api$ (Prefix)" + letter},
		"too long": {nginx, "/up", []IngressOption{useRegex, shop("/"+strings.Repeat("a", 2048), open)},
			"shop.example.com/" + strings.Repeat("a", 2048) + " (ImplementationSpecific)" + regex + ": the regular expression is too long"},
		"an asterisk":               {traefik, "/up", []IngressOption{shop("/api/*", prefix)}, host + "/api/up > /api/up" + rule + "/api/* (Prefix)" + letter},
		"an asterisk in the cloud":  {"ingress.k8s.aws/alb", "/up", []IngressOption{shop("/api/*", open)}, host + "/api/up > /api/up" + rule + "/api/* (ImplementationSpecific)"},
		"lookahead under Prefix":    {traefik, "/up", []IngressOption{shop("/(?!api).*", prefix)}, host + "/(%3F!api).* > /(%3F!api).*" + rule + "/(?!api).* (Prefix)"},
		"signs that mean nothing":   {traefik, "/up", []IngressOption{shop("/$metadata", prefix)}, host + "/$metadata > /$metadata" + rule + "/$metadata (Prefix)"},
		"a plus":                    {traefik, "/up", []IngressOption{shop("/a+b", exact)}, host + "/a+b > /a+b" + rule + "/a+b (Exact)"},
		"use-regex of another":      {traefik, "/up", []IngressOption{useRegex, shop("/api", prefix)}, host + "/api > /api" + rule + "/api (Prefix)"},
		"use-regex of nobody known": {"example.com/x", "/up", []IngressOption{useRegex, shop("/api/.*", prefix)}, host + "/api/up > /api/up" + rule + "/api/.* (Prefix)" + regex},
		"Traefik's middlewares": {traefik, "/up", []IngressOption{Annotated("traefik.ingress.kubernetes.io/router.middlewares", "shop-strip@kubernetescrd"), shop("/api", prefix)},
			host + "/api > " + rule + "/api (Prefix)"},
		"Traefik's matcher": {traefik, "/up", []IngressOption{Annotated("traefik.ingress.kubernetes.io/router.pathmatcher", "PathRegexp"), shop("/api/.+", open)},
			host + "/api/up > /api/up" + rule + "/api/.+ (ImplementationSpecific); a regular expression"},
		"Traefik's matcher for Prefix": {traefik, "/up", []IngressOption{Annotated("traefik.ingress.kubernetes.io/router.pathmatcher", "PathRegexp"), shop("/api", prefix)},
			host + "/api > /api" + rule + "/api (Prefix)"},
		"Traefik's exact matcher": {traefik, "/api/up", []IngressOption{Annotated("traefik.ingress.kubernetes.io/router.pathmatcher", "Path"), shop("/api", open)},
			host + "/api > /api" + rule + "/api (ImplementationSpecific)"},
		"HAProxy's path":       {"haproxy.org/ingress-controller", "/up", []IngressOption{Annotated("haproxy.org/path-rewrite", "/x"), shop("/api", prefix)}, host + "/api > /x" + rule + "/api (Prefix)"},
		"HAProxy's expression": {"haproxy.org/ingress-controller", "/up", []IngressOption{Annotated("haproxy.org/path-rewrite", `/api/(.*) /\1`), shop("/api", prefix)}, host + "/api/up > /up" + rule + "/api (Prefix)"},
		"HAProxy's variables":  {"haproxy.org/ingress-controller", "/up", []IngressOption{Annotated("haproxy.org/path-rewrite", "/%[src]"), shop("/api", prefix)}, host + "/api > " + rule + "/api (Prefix)"},
		"HAProxy Ingress":      {"haproxy-ingress.github.io/controller", "/up", []IngressOption{Annotated("haproxy-ingress.github.io/rewrite-target", "/"), shop("/api", prefix)}, host + "/api/up > /up" + rule + "/api (Prefix)"},
		"HAProxy Ingress's regex": {"haproxy-ingress.github.io/controller", "/up", []IngressOption{Annotated("haproxy-ingress.github.io/path-type", "regex"), shop("/api/[^/]+$", open)},
			host + "/api/up > /api/up" + rule + "/api/[^/]+$ (ImplementationSpecific); a regular expression"},
		"NGINX's rewrites": {"nginx.org/ingress-controller", "/up", []IngressOption{Annotated("nginx.org/rewrites", "serviceName=db rewrite=/x; serviceName=web rewrite=/"), shop("/api/", prefix)},
			host + "/api/up > /up" + rule + "/api/ (Prefix)"},
		"NGINX's regex": {"nginx.org/ingress-controller", "/up", []IngressOption{Annotated("nginx.org/path-regex", "case_sensitive"), shop("/[a-z]{3}/[0-9]", prefix)},
			host + "/aaa/1 > /aaa/1" + rule + "/[a-z]{3}/[0-9] (Prefix); a regular expression"},
		"Kong strips": {"ingress-controllers.konghq.com/kong", "/up", []IngressOption{Annotated("konghq.com/strip-path", "true"), shop("/api", prefix)}, host + "/api/up > /up" + rule + "/api (Prefix)"},
		"Kong's regex": {"ingress-controllers.konghq.com/kong", "/up", []IngressOption{shop("/~/api/.*", open)},
			host + "/api/up > /api/up" + rule + "/~/api/.* (ImplementationSpecific); a regular expression"},
		"Contour's regex": {"projectcontour.io/ingress-controller", "/up", []IngressOption{shop("/api/.*", open)},
			host + "/api/up > /api/up" + rule + "/api/.* (ImplementationSpecific); a regular expression"},
		"another host upstream": {nginx, "/up", []IngressOption{Annotated(ng+"upstream-vhost", "inner"), shop("/", prefix)}, host + "/up > /up" + rule + "/ (Prefix)"},
		"a canary by header": {nginx, "/up", []IngressOption{Annotated(ng+"canary", "true"), Annotated(ng+"canary-by-header", "X-Canary"), shop("/", prefix)},
			host + "/up > /up" + rule + "/ (Prefix); a canary, asked for with the header X-Canary"},
		"a canary by weight": {nginx, "/up", []IngressOption{Annotated(ng+"canary", "true"), Annotated(ng+"canary-weight", "20"), shop("/", prefix)},
			"shop.example.com/ (Prefix): it is a canary, and gets only a part of the requests"},
	} {
		t.Run(name, func(t *testing.T) {
			routes := throughIngress(ready(test.own, served(test.controller, test.options...)...).Target(t), route.Options{})
			if got := allAsked(routes); !slices.Equal(got, []string{test.want}) {
				t.Errorf("asked  %s\nwanted %s", strings.Join(got, "\n       "), test.want)
			}
		})
	}
}

func TestIngressHosts(t *testing.T) {
	slash := func(host string) IngressOption { return Path(host, "/", prefix, at80()) }
	for name, test := range map[string]struct {
		options []IngressOption
		want    []string
	}{
		"a host":         {[]IngressOption{slash("Shop.example.com")}, []string{"http shop.example.com/up > /up | shop.example.com/ (Prefix)"}},
		"a wildcard":     {[]IngressOption{slash("*.example.com")}, []string{"http nettrace.example.com/up > /up | *.example.com/ (Prefix)"}},
		"any host":       {[]IngressOption{slash("")}, []string{"http web.shop.svc/up > /up | */ (Prefix)"}},
		"no rules":       {[]IngressOption{Default(at80())}, []string{"http web.shop.svc/up > /up | default backend"}},
		"TLS":            {[]IngressOption{slash("a.example.com"), TLS("s", "a.example.com")}, []string{"https a.example.com/up > /up | a.example.com/ (Prefix)"}},
		"TLS of another": {[]IngressOption{slash("a.example.com"), TLS("s", "b.example.com")}, []string{"http a.example.com/up > /up | a.example.com/ (Prefix)"}},
		"TLS for all":    {[]IngressOption{slash(""), TLS("s")}, []string{"https web.shop.svc/up > /up | */ (Prefix)"}},
		"a rule twice":   {[]IngressOption{slash("a.example.com"), slash("a.example.com")}, []string{"http a.example.com/up > /up | a.example.com/ (Prefix)"}},
		"beside rules that leave the path": {[]IngressOption{Path("a.example.com", "/", prefix, at80()), PathTo("db", "b.example.com", "/db", prefix, at80()), Default(at80())},
			[]string{"http a.example.com/up > /up | a.example.com/ (Prefix)", "http b.example.com/up > /up | default backend at b.example.com"}},
		"beside rules that leave none": {[]IngressOption{PathTo("db", "b.example.com", "/", prefix, at80()), Default(at80())}, []string{"http web.shop.svc/up > /up | default backend"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := allAsked(throughIngress(ready("/up", served(traefik, test.options...)...).Target(t), route.Options{}))
			if !slices.Equal(got, test.want) {
				t.Errorf("asked %q\nwant  %q", got, test.want)
			}
		})
	}
}

func TestIngressPorts(t *testing.T) {
	to := func(port intstr.IntOrString) IngressOption { return Path("a.example.com", "/", prefix, port) }
	app := func(name string) func(*corev1.Service) {
		return func(s *corev1.Service) { s.Spec.Ports[0].AppProtocol = &name }
	}
	two := func() *Service {
		return NewService("web").Selecting("app", "web").Port("http", 80, 8080).Port("https", 443, 8443).Pod("a", On("n1"))
	}
	const missing = "which the Service does not have"
	for name, test := range map[string]struct {
		service *Service
		options []IngressOption
		ports   []string
		want    []string
	}{
		"by number":             {two(), []IngressOption{to(intstr.FromInt32(443))}, nil, []string{"1 http / https"}},
		"by name":               {two(), []IngressOption{to(intstr.FromString("https"))}, nil, []string{"1 http / https"}},
		"not to be traced":      {two(), []IngressOption{to(at80())}, []string{"443"}, nil},
		"not even its number":   {NewService("web").Selecting("app", "web").UDPPort("u", 80, 80).Port("t", 80, 80).Pod("a"), []IngressOption{to(at80())}, []string{"u"}, nil},
		"missing":               {two(), []IngressOption{to(intstr.FromInt32(81))}, nil, []string{"0 http / http: leads to port 81, " + missing}},
		"a missing name":        {two(), []IngressOption{to(intstr.FromString("web"))}, nil, []string{"0 http / http: leads to port web, " + missing}},
		"the target port":       {two(), []IngressOption{to(intstr.FromInt32(8443))}, nil, []string{"1 http / https: leads to port 8443, " + missing}},
		"TCP before UDP":        {NewService("web").Selecting("app", "web").UDPPort("u", 80, 80).Port("t", 80, 80).Pod("a"), []IngressOption{to(at80())}, nil, []string{"1 http / http"}},
		"UDP":                   {NewService("web").Selecting("app", "web").UDPPort("u", 80, 80), []IngressOption{to(at80())}, nil, []string{"0 untested: an Ingress is for HTTP, and the port for UDP"}},
		"not known to be HTTP":  {NewService("web").Selecting("app", "web").Port("x", 80, 9000).Pod("a").With(app("tcp")), []IngressOption{to(at80())}, nil, []string{"0 http / http"}},
		"backend-protocol":      {two(), []IngressOption{to(at80()), Annotated(ng+"backend-protocol", "https")}, nil, []string{"0 http / https"}},
		"gRPC":                  {two(), []IngressOption{to(at80()), Annotated(ng+"backend-protocol", "GRPC")}, nil, []string{"0 grpc /grpc.health.v1.Health/Check grpc"}},
		"gRPC over TLS":         {two(), []IngressOption{to(at80()), TLS("s"), Annotated(ng+"backend-protocol", "GRPCS")}, nil, []string{"0 grpcs /grpc.health.v1.Health/Check grpcs"}},
		"gRPC at another path":  {two(), []IngressOption{shop("/x", prefix), Annotated(ng+"backend-protocol", "GRPC")}, nil, []string{"0 untested: gRPC servers are asked at /grpc.health.v1.Health/Check, which does not lead there"}},
		"no port at all":        {NewService("web"), []IngressOption{to(at80())}, nil, nil},
		"what it leads to only": {two(), []IngressOption{to(at80()), beside("/", prefix)}, nil, []string{"0 http / http"}},
	} {
		t.Run(name, func(t *testing.T) {
			read, err := target.NewReader(test.service.Beside(served(nginx, test.options...)...).Client(), nil).Resolve(t.Context(), Namespace, "web", target.Choice{Ports: test.ports})
			if err != nil {
				t.Fatal(err)
			}
			all := route.Of(read, route.Options{})
			var got []string
			for _, r := range all {
				if r.Kind != route.Ingress {
					continue
				}
				if r.Untested != "" {
					got = append(got, fmt.Sprintf("%d untested: %s", r.Port, r.Untested))
					continue
				}
				text := fmt.Sprintf("%d %s %s %s", r.Port, r.Protocol, r.Path, referenceOf(all, r))
				if len(r.Conditions) > 0 {
					text += ": " + against(r)
				}
				got = append(got, text)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("ports %q\nwant  %q", got, test.want)
			}
		})
	}
}

// against returns what the API says against the way.
func against(r route.Route) string {
	var texts []string
	for _, c := range r.Conditions {
		texts = append(texts, c.Text)
	}
	return strings.Join(texts, "; ")
}

// referenceOf returns the protocol in which a pod is asked directly, as a measure
// of the route.
func referenceOf(all []route.Route, r route.Route) wire.Protocol {
	for _, other := range all {
		if other.Kind == route.Pod && other.Group == r.Group && (!other.Contrast || other.Reference) {
			return other.Protocol
		}
	}
	return ""
}

func TestIngressEntries(t *testing.T) {
	tls := []IngressOption{shop("/", prefix), TLS("s")}
	plain := []IngressOption{shop("/", prefix)}
	const known = " from status.loadBalancer.ingress of ingress shop/in"
	for name, test := range map[string]struct {
		options []IngressOption
		asking  route.Options
		want    []string
	}{
		"an address":            {append(plain, Published("203.0.113.9")), route.Options{}, []string{"203.0.113.9:80" + known}},
		"with TLS":              {append(tls, Published("203.0.113.9")), route.Options{}, []string{"203.0.113.9:443" + known}},
		"of two families":       {append(plain, Published("203.0.113.9", "2001:db8::9")), route.Options{}, []string{"203.0.113.9:80" + known, "[2001:db8::9]:80 IPv6" + known}},
		"a name":                {append(plain, Published("lb.example.com")), route.Options{}, []string{"lb.example.com:80" + known}},
		"many":                  {append(plain, Published("203.0.113.1", "203.0.113.2", "2001:db8::9", "lb.example.com", "203.0.113.3")), route.Options{}, []string{"203.0.113.1:80" + known + ", one of 5 addresses", "[2001:db8::9]:80 IPv6" + known + ", one of 5 addresses", "lb.example.com:80" + known + ", one of 5 addresses"}},
		"none":                  {plain, route.Options{}, []string{": its status has no address, and no Service was found that leads to controller " + traefik + "; --address HOST[:PORT] names one"}},
		"a node that is dead":   {append(plain, Published("172.16.0.3")), route.Options{}, []string{"172.16.0.3:80" + known + ": the node is not ready"}},
		"--address":             {append(tls, Published("203.0.113.9")), route.Options{Address: "198.51.100.1"}, []string{"198.51.100.1:443 from --address"}},
		"--address with a port": {tls, route.Options{Address: "lb.example.com:8443"}, []string{"lb.example.com:8443 from --address"}},
		"--address of IPv6":     {plain, route.Options{Address: "2001:db8::1"}, []string{"[2001:db8::1]:80 IPv6 from --address"}},
		"--address in brackets": {plain, route.Options{Address: "[2001:db8::1]:81"}, []string{"[2001:db8::1]:81 IPv6 from --address"}},
		"DNS":                   {append(tls, Published("203.0.113.9")), route.Options{ResolveDNS: true}, []string{"shop.example.com:443 from DNS"}},
		"DNS of a wildcard":     {[]IngressOption{Path("*.example.com", "/", prefix, at80())}, route.Options{ResolveDNS: true}, []string{": it names no host that the DNS could know"}},
		"not asked for":         {append(plain, Published("203.0.113.9")), route.Options{Via: []route.Kind{route.NodePort}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			in := NewIngress("in", append(test.options, Class("c"))...)
			var got []string
			for _, r := range throughIngress(web().Node("n3", Dead()).Pod("a").Beside(in, NewIngressClass("c", traefik)).Target(t), test.asking) {
				got = append(got, outside(r))
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("routes %q\nwant   %q", got, test.want)
			}
		})
	}
}

// TestIngressAtController has the address of the controller found.
func TestIngressAtController(t *testing.T) {
	local := func(s *corev1.Service, pod *corev1.Pod) {
		s.Spec.ExternalTrafficPolicy, pod.Status.Phase = corev1.ServiceExternalTrafficPolicyLocal, corev1.PodFailed
	}
	for name, test := range map[string]struct {
		address string
		changes []func(*corev1.Service, *corev1.Pod)
		want    string
	}{
		"a balancer":                     {"203.0.113.9", nil, "203.0.113.9:443 virtual from status.loadBalancer.ingress of service proxy/proxy"},
		"NodePorts":                      {"", nil, "172.16.0.1:31443 from NodePorts of service proxy/proxy"},
		"NodePorts of nobody knows whom": {"", []func(*corev1.Service, *corev1.Pod){local}, "172.16.0.1:31443 local from NodePorts of service proxy/proxy"},
		"no HTTPS": {"203.0.113.9", []func(*corev1.Service, *corev1.Pod){func(s *corev1.Service, _ *corev1.Pod) { s.Spec.Ports = s.Spec.Ports[:1] }},
			"203.0.113.9 virtual from status.loadBalancer.ingress of service proxy/proxy: nothing there is known to lead to port 443 of the controller"},
	} {
		t.Run(name, func(t *testing.T) {
			proxy, pod := Proxy("proxy", "traefik", test.address)
			service := web().Pod("a").Beside(NewIngressClass("c", traefik), NewIngress("in", Class("c"), shop("/", prefix), TLS("s"))).BesideProxy(proxy, pod, test.changes...)
			r := throughIngress(service.Target(t), route.Options{})[0]
			if got := outside(r); got != test.want || r.Guessed == "" {
				t.Errorf("route %q, guessed because %q\nwant  %q", got, r.Guessed, test.want)
			}
		})
	}
	proxy, pod := Proxy("proxy", "traefik", "203.0.113.9")
	service := web().Pod("a").Beside(NewIngressClass("c", traefik), NewIngress("in", Class("c"), Published("10.96.0.99"), shop("/", prefix))).BesideProxy(proxy, pod)
	routes := throughIngress(service.Target(t), route.Options{})
	if len(routes) != 2 || !routes[0].Inside || !routes[0].Virtual || routes[1].Inside {
		t.Errorf("a published ClusterIP: %+v", routes)
	}
}

func TestIngressCertificate(t *testing.T) {
	for name, test := range map[string]struct {
		host    string
		options []IngressOption
		want    string
	}{
		"of the host":            {"a.example.com", []IngressOption{TLS("all"), TLS("wild", "*.example.com"), TLS("a", "b.example.com", "A.example.com")}, "a.example.com shop/a missing"},
		"of the wildcard":        {"a.example.com", []IngressOption{TLS("all"), TLS("wild", "*.example.com")}, "a.example.com shop/wild missing"},
		"the first of two":       {"a.example.com", []IngressOption{TLS("one"), TLS("two")}, "a.example.com shop/one missing"},
		"for all":                {"a.b.example.com", []IngressOption{TLS("wild", "*.example.com"), TLS("all")}, "a.b.example.com shop/all missing"},
		"a wildcard's":           {"*.example.com", []IngressOption{TLS("wild", "*.example.com")}, "nettrace.example.com shop/wild missing"},
		"of the controller":      {"a.example.com", []IngressOption{TLS("", "a.example.com")}, "a.example.com"},
		"any host is not that":   {"", []IngressOption{TLS("a", "a.example.com")}, ""},
		"not below the wildcard": {"a.b.example.com", []IngressOption{TLS("wild", "*.example.com")}, ""},
	} {
		options := append([]IngressOption{Path(test.host, "/", prefix, at80())}, test.options...)
		r := throughIngress(web().Pod("a").Beside(served(traefik, options...)...).Target(t), route.Options{})[0]
		got := r.ServerName
		if c := r.Certificate; c != nil {
			got += " " + c.Secret
			if c.Missing {
				got += " missing"
			}
		}
		if got != test.want || r.Protocol.Secure() != (test.want != "") {
			t.Errorf("%s: %s by %q, want %q", name, r.Protocol, got, test.want)
		}
	}
}

// TestIngressRivals has other rules for the host that take the request.
func TestIngressRivals(t *testing.T) {
	older := func(in *networkingv1.Ingress) { in.CreationTimestamp = metav1.NewTime(time.Unix(1e9, 0)) }
	newer := func(in *networkingv1.Ingress) { in.CreationTimestamp = metav1.NewTime(time.Unix(2e9, 0)) }
	other := func(options ...IngressOption) *networkingv1.Ingress {
		return NewIngress("other", append(options, In("dev"), Class("c"))...)
	}
	for name, test := range map[string]struct {
		path   IngressOption
		beside *networkingv1.Ingress
		want   string
	}{
		"none":                            {shop("/", prefix), other(), "/up"},
		"a longer prefix":                 {shop("/", prefix), other(beside("/up", prefix)), "/"},
		"exactly":                         {shop("/up", prefix), other(beside("/up", exact)), "/up: ingress dev/other takes /up for another backend"},
		"another path":                    {shop("/", prefix), other(beside("/u", prefix)), "/up"},
		"another host":                    {shop("/", prefix), other(PathTo("db", "x.example.com", "/up", prefix, at80())), "/up"},
		"all of it, by an older one":      {shop("/", prefix), other(beside("/", prefix), older), "/up: ingress dev/other takes / for another backend"},
		"all of it, in the same second":   {shop("/", prefix), other(beside("/", prefix), newer), "/up: ingress dev/other has / for another backend, too, and is as old"},
		"all of it, but too late":         {shop("/", prefix), other(beside("/", prefix), func(in *networkingv1.Ingress) { in.CreationTimestamp = metav1.NewTime(time.Unix(3e9, 0)) }), "/up"},
		"another controller":              {shop("/", prefix), NewIngress("other", In("dev"), Class("d"), beside("/up", prefix)), "/up"},
		"a canary":                        {shop("/", prefix), other(beside("/up", prefix), Annotated(ng+"canary", "true")), "/up"},
		"a Service of the same name":      {shop("/", prefix), other(shop("/up", prefix)), "/"},
		"of the same Service":             {shop("/", prefix), NewIngress("other", Class("c"), shop("/up", prefix), Published("203.0.113.8")), "/up"},
		"a regular expression of another": {shop("/api", prefix), other(beside("/db(.*)", open), Annotated(ng+"use-regex", "true")), "/api"},
	} {
		t.Run(name, func(t *testing.T) {
			in := NewIngress("in", Class("c"), Published("203.0.113.9"), test.path, newer)
			routes := throughIngress(ready("/up", NewIngressClass("c", nginx), NewIngressClass("d", traefik), in, test.beside).Target(t), route.Options{})
			got := routes[0].Path
			if len(routes[0].Conditions) > 0 {
				got += ": " + against(routes[0])
			}
			if got != test.want {
				t.Errorf("asked for %q, want %q", got, test.want)
			}
			if shared := "; a regular expression because of ingress dev/other"; strings.Contains(name, "regular") != strings.HasSuffix(routes[0].Rule, shared) {
				t.Errorf("rule %q", routes[0].Rule)
			}
		})
	}
}

// TestRegexOfOneHost has an Ingress that makes the paths of one host regular
// expressions, and not those of another.
func TestRegexOfOneHost(t *testing.T) {
	in := NewIngress("in", Class("c"), Published("203.0.113.9"), Path("a.example.com", "/x", prefix, at80()), Path("b.example.com", "/y", prefix, at80()))
	other := NewIngress("other", In("dev"), Class("c"), Annotated(ng+"use-regex", "true"), PathTo("db", "b.example.com", "/db", prefix, at80()))
	got := allAsked(throughIngress(ready("/up", NewIngressClass("c", nginx), in, other).Target(t), route.Options{}))
	want := []string{"http a.example.com/x > /x | a.example.com/x (Prefix)", "http b.example.com/y > /y | b.example.com/y (Prefix); a regular expression because of ingress dev/other"}
	if !slices.Equal(got, want) {
		t.Errorf("asked %q\nwant  %q", got, want)
	}
}

// TestDefaultBackendOfNginx has annotations that are meant for rules.
func TestDefaultBackendOfNginx(t *testing.T) {
	routes := throughIngress(ready("/up", served(nginx, Annotated(ng+"rewrite-target", "/x"), Default(at80()), beside("/db", prefix))...).Target(t), route.Options{})
	if got, want := allAsked(routes), []string{"http shop.example.com/up >  | default backend at shop.example.com"}; !slices.Equal(got, want) {
		t.Errorf("asked %q, want %q", got, want)
	}
}

func TestIngressUpstreamHost(t *testing.T) {
	for name, test := range map[string]struct {
		controller string
		option     IngressOption
		want       string
	}{
		"as it was":   {nginx, Annotated("x", "y"), "shop.example.com"},
		"another":     {nginx, Annotated(ng+"upstream-vhost", "inner"), "inner"},
		"a variable":  {nginx, Annotated(ng+"upstream-vhost", "$service_name"), "shop.example.com unknown"},
		"HAProxy's":   {"haproxy.org/ingress-controller", Annotated("haproxy.org/set-host", "inner"), "inner"},
		"Kong's own":  {"ingress-controllers.konghq.com/kong", Annotated("konghq.com/preserve-host", "false"), "shop.example.com unknown"},
		"of nobody's": {traefik, Annotated(ng+"upstream-vhost", "inner"), "shop.example.com"},
	} {
		var got []string
		for _, r := range route.Of(ready("/up", served(test.controller, test.option, shop("/", prefix))...).Target(t), route.Options{}) {
			if r.Reference {
				got = append(got, r.Host)
			}
			if r.Kind == route.Ingress && r.Arrives == "" {
				got = append(got, "unknown")
			}
		}
		if text := strings.Join(got, " "); text != test.want {
			t.Errorf("%s: pods are asked for %q, want %q", name, text, test.want)
		}
	}
}

// TestIngressReferences looks at how pods are asked directly, as a measure.
func TestIngressReferences(t *testing.T) {
	service := ready("/up", served(nginx, Annotated(ng+"rewrite-target", "/$2"), shop("/api(/|$)(.*)", open), shop("/v2(/|$)(.*)", open), shop("/x(/|$)y", open), Path("", "/(.*)(.*)", open, at80()))...)
	all := route.Of(service.Target(t), route.Options{})
	var got []string
	for _, r := range all {
		if r.Kind == route.Ingress || r.Reference {
			got = append(got, fmt.Sprintf("%d %s %s%s", r.Group, r.Kind, r.Host, r.Path))
		}
	}
	want := []string{
		"2 pod shop.example.com/up", "2 ingress shop.example.com/api/up", "2 ingress shop.example.com/v2/up",
		"3 pod shop.example.com/", "3 ingress shop.example.com/x/y", "4 pod web.shop.svc/", "4 ingress web.shop.svc/up",
	}
	if !slices.Equal(got, want) {
		t.Errorf("routes %q\nwant   %q", got, want)
	}
}

func TestThousandRules(t *testing.T) {
	var options []IngressOption
	for i := range 1000 {
		options = append(options, Path(fmt.Sprintf("h%d.example.com", i), "/(.*)", open, at80()))
	}
	options = append(options, Annotated(ng+"use-regex", "true"), Default(at80()))
	read := ready("/up", served(nginx, options...)...).Target(t)
	routes := throughIngress(read, route.Options{})
	if len(routes) != 51 || routes[50].Untested != "only the first 50 ways through Ingresses are tested; there are 951 more rules" {
		t.Errorf("%d routes, the last is %+v", len(routes), routes[len(routes)-1])
	}
}

// TestHostileIngress has Ingresses that no controller would serve.
func TestHostileIngress(t *testing.T) {
	resource := networkingv1.IngressBackend{Resource: &corev1.TypedLocalObjectReference{Kind: "Bucket", Name: "web"}}
	broken := func(in *networkingv1.Ingress) {
		in.Spec.DefaultBackend = &resource
		in.Spec.Rules = append(in.Spec.Rules, networkingv1.IngressRule{Host: "shop.example.com"}, networkingv1.IngressRule{
			Host: "shop.example.com", IngressRuleValue: networkingv1.IngressRuleValue{HTTP: &networkingv1.HTTPIngressRuleValue{
				Paths: []networkingv1.HTTPIngressPath{{Path: "/up", Backend: resource}, {Backend: networkingv1.IngressBackend{}}},
			}},
		})
	}
	for name, option := range map[string]IngressOption{
		"a long expression": shop("/"+strings.Repeat("(a", 1<<16)+strings.Repeat(")", 1<<16), open),
		"a wide expression": shop("/"+strings.Repeat("a{1000}", 200), open),
		"a deep expression": shop("/((((((((((a{2}){2}){2}){2}){2}){2}){2}){2}){2}){2}){2}", open),
		"control":           shop("/\x00\n", open), "no UTF-8": shop("/\xff", open),
		"a name without a port": Path("shop.example.com", "/", prefix, intstr.FromString("")),
	} {
		routes := throughIngress(ready("/up", served(nginx, option, broken, Annotated(ng+"use-regex", "true"))...).Target(t), route.Options{})
		for _, r := range routes {
			if len(r.Path) > 1<<18 || r.Untested == "" && len(r.Path) > 2048 {
				t.Errorf("%s: a path of %d bytes", name, len(r.Path))
			}
		}
		if len(routes) != 1 {
			t.Errorf("%s: %d routes", name, len(routes))
		}
	}
}
