package route

import (
	"strings"
	"testing"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	. "github.com/kubectl-nettrace/kubectl-nettrace/trace/target/targettest"
)

func rewriting(change func(*gatewayv1.HTTPURLRewriteFilter)) gatewayv1.HTTPRouteFilter {
	f := gatewayv1.HTTPRouteFilter{Type: gatewayv1.HTTPRouteFilterURLRewrite, URLRewrite: &gatewayv1.HTTPURLRewriteFilter{}}
	change(f.URLRewrite)
	return f
}

func replacingPrefix(by *string) gatewayv1.HTTPRouteFilter {
	return rewriting(func(f *gatewayv1.HTTPURLRewriteFilter) {
		f.Path = &gatewayv1.HTTPPathModifier{Type: gatewayv1.PrefixMatchHTTPPathModifier, ReplacePrefixMatch: by}
	})
}

func replacingPath(by *string) gatewayv1.HTTPRouteFilter {
	return rewriting(func(f *gatewayv1.HTTPURLRewriteFilter) {
		f.Path = &gatewayv1.HTTPPathModifier{Type: gatewayv1.FullPathHTTPPathModifier, ReplaceFullPath: by}
	})
}

func mirroring(ref gatewayv1.HTTPBackendRef) gatewayv1.HTTPRouteFilter {
	return gatewayv1.HTTPRouteFilter{
		Type: gatewayv1.HTTPRouteFilterRequestMirror, RequestMirror: &gatewayv1.HTTPRequestMirrorFilter{BackendRef: ref.BackendObjectReference},
	}
}

func TestThrough(t *testing.T) {
	headers := func(set, add []gatewayv1.HTTPHeader, remove ...string) gatewayv1.HTTPRouteFilter {
		return gatewayv1.HTTPRouteFilter{
			Type: gatewayv1.HTTPRouteFilterRequestHeaderModifier, RequestHeaderModifier: &gatewayv1.HTTPHeaderFilter{Set: set, Add: add, Remove: remove},
		}
	}
	one := func(name, value string) []gatewayv1.HTTPHeader {
		return []gatewayv1.HTTPHeader{{Name: gatewayv1.HTTPHeaderName(name), Value: value}}
	}
	hostname := rewriting(func(f *gatewayv1.HTTPURLRewriteFilter) { f.Hostname = Ptr(gatewayv1.PreciseHostname("inner.test")) })
	kind := func(kind gatewayv1.HTTPRouteFilterType) gatewayv1.HTTPRouteFilter {
		return gatewayv1.HTTPRouteFilter{Type: kind}
	}
	extension := gatewayv1.HTTPRouteFilter{
		Type: gatewayv1.HTTPRouteFilterExtensionRef, ExtensionRef: &gatewayv1.LocalObjectReference{Kind: "Middleware", Name: "strip"},
	}
	all := func(filters ...gatewayv1.HTTPRouteFilter) []gatewayv1.HTTPRouteFilter { return filters }
	for name, test := range map[string]struct {
		filters []gatewayv1.HTTPRouteFilter
		want    string
	}{
		"none":                     {nil, "a.test/api/x?y=1 x-a=1"},
		"a prefix":                 {all(replacingPrefix(Ptr("/"))), "a.test/x?y=1 x-a=1 [rewritten to /x]"},
		"a prefix by nothing":      {all(replacingPrefix(nil)), "a.test/x?y=1 x-a=1 [rewritten to /x]"},
		"a prefix without a slash": {all(replacingPrefix(Ptr("v2"))), "a.test/v2/x?y=1 x-a=1 [rewritten to /v2/x]"},
		"a prefix by itself":       {all(replacingPrefix(Ptr("/api"))), "a.test/api/x?y=1 x-a=1"},
		"the path":                 {all(replacingPath(Ptr("/z"))), "a.test/z?y=1 x-a=1 [rewritten to /z]"},
		"the path by nothing":      {all(replacingPath(nil)), "a.test/api/x?y=1 x-a=1"},
		"a path of another type":   {all(rewriting(func(f *gatewayv1.HTTPURLRewriteFilter) { f.Path = &gatewayv1.HTTPPathModifier{Type: "Guess"} })), "a.test/api/x?y=1 x-a=1"},
		"the hostname":             {all(hostname), "inner.test/api/x?y=1 x-a=1"},
		"set":                      {all(headers(one("X-A", "2"), nil)), "a.test/api/x?y=1 X-A=2"},
		"add":                      {all(headers(nil, one("X-A", "2"))), "a.test/api/x?y=1 x-a=1 X-A=2"},
		"remove":                   {all(headers(nil, nil, "X-A")), "a.test/api/x?y=1"},
		"set the host":             {all(headers(one("Host", "b.test"), nil)), "b.test/api/x?y=1 x-a=1"},
		"headers of the probe":     {all(headers(one("Te", "x"), one("upgrade", "x"))), "a.test/api/x?y=1 x-a=1"},
		"one after the other":      {all(headers(one("x-b", "1"), nil), headers(nil, nil, "x-b"), hostname), "inner.test/api/x?y=1 x-a=1"},
		"a redirect":               {all(kind(gatewayv1.HTTPRouteFilterRequestRedirect)), "a.test/api/x?y=1 x-a=1 [answers a redirect]"},
		"a mirror":                 {all(mirroring(ToService("audit", 80, InNamespace("team")))), "a.test/api/x?y=1 x-a=1 [mirrors to team/audit, not followed]"},
		"answers only":             {all(kind(gatewayv1.HTTPRouteFilterCORS), kind(gatewayv1.HTTPRouteFilterResponseHeaderModifier)), "a.test/api/x?y=1 x-a=1"},
		"permission":               {all(kind(gatewayv1.HTTPRouteFilterExternalAuth)), "a.test/api/x?y=1 x-a=1 [asks another service for permission]"},
		"an extension":             {all(extension), "a.test/api/x?y=1 x-a=1 [filter ExtensionRef middleware strip may change the request] unknown"},
		"an unknown one":           {all(kind("Teleport")), "a.test/api/x?y=1 x-a=1 [filter Teleport may change the request] unknown"},
		"empty ones": {all(kind(gatewayv1.HTTPRouteFilterURLRewrite), kind(gatewayv1.HTTPRouteFilterRequestHeaderModifier),
			kind(gatewayv1.HTTPRouteFilterRequestMirror)), "a.test/api/x?y=1 x-a=1 [mirrors, not followed]"},
	} {
		t.Run(name, func(t *testing.T) {
			q := request{path: "/api/x", query: "y=1", prefix: "/api", headers: []wire.Header{{Name: "x-a", Value: "1"}}}
			f := through(q, "a.test", test.filters)
			got := strings.TrimSpace(f.Host + f.Path + " " + written(f.Headers))
			if len(f.notes) > 0 {
				got += " [" + strings.Join(f.notes, "; ") + "]"
			}
			if f.Unknown {
				got += " unknown"
			}
			if got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
			if written(q.headers) != "x-a=1" {
				t.Errorf("the request as sent changed, too: %s", written(q.headers))
			}
		})
	}
}
