package route

import (
	"fmt"
	"strings"
	"testing"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	. "github.com/kubectl-nettrace/kubectl-nettrace/trace/target/targettest"
)

func written(headers []wire.Header) string {
	var all []string
	for _, h := range headers {
		all = append(all, h.Name+"="+h.Value)
	}
	return strings.Join(all, " ")
}

func path(kind gatewayv1.PathMatchType, value string) gatewayv1.HTTPRouteMatch {
	return gatewayv1.HTTPRouteMatch{Path: &gatewayv1.HTTPPathMatch{Type: &kind, Value: &value}}
}

const (
	exact  = gatewayv1.PathMatchExact
	prefix = gatewayv1.PathMatchPathPrefix
	regex  = gatewayv1.PathMatchRegularExpression
)

func asking(m gatewayv1.HTTPRouteMatch, headers ...gatewayv1.HTTPHeaderMatch) gatewayv1.HTTPRouteMatch {
	m.Headers = headers
	return m
}

func param(m gatewayv1.HTTPRouteMatch, params ...gatewayv1.HTTPQueryParamMatch) gatewayv1.HTTPRouteMatch {
	m.QueryParams = params
	return m
}

func method(name gatewayv1.HTTPMethod) gatewayv1.HTTPRouteMatch {
	return gatewayv1.HTTPRouteMatch{Method: &name}
}

func httpRules(rules ...[]gatewayv1.HTTPRouteMatch) []gatewayRule {
	var all []gatewayRule
	for i, matches := range rules {
		rule := gatewayRule{name: ruleName(i, nil)}
		for _, m := range matches {
			rule.matches = append(rule.matches, gatewayMatch{HTTPRouteMatch: m})
		}
		all = append(all, rule)
	}
	return all
}

func TestHTTPRequest(t *testing.T) {
	header := func(name, value string) gatewayv1.HTTPHeaderMatch {
		return gatewayv1.HTTPHeaderMatch{Name: gatewayv1.HTTPHeaderName(name), Value: value}
	}
	pattern := func(name, value string) gatewayv1.HTTPHeaderMatch {
		return gatewayv1.HTTPHeaderMatch{Type: Ptr(gatewayv1.HeaderMatchRegularExpression), Name: gatewayv1.HTTPHeaderName(name), Value: value}
	}
	query := func(name, value string) gatewayv1.HTTPQueryParamMatch {
		return gatewayv1.HTTPQueryParamMatch{Name: gatewayv1.HTTPHeaderName(name), Value: value}
	}
	queryPattern := gatewayv1.HTTPQueryParamMatch{Type: Ptr(gatewayv1.QueryParamMatchRegularExpression), Name: "v", Value: "[2-3]+"}
	for name, test := range map[string]struct {
		match gatewayv1.HTTPRouteMatch
		own   string
		want  string
	}{
		"nothing":                {gatewayv1.HTTPRouteMatch{}, "/healthz", "/healthz [/ (PathPrefix)]"},
		"a path without a type":  {gatewayv1.HTTPRouteMatch{Path: &gatewayv1.HTTPPathMatch{}}, "/", "/ [/ (PathPrefix)]"},
		"a prefix":               {path(prefix, "/api"), "/", "/api [/api (PathPrefix)]"},
		"exactly":                {path(exact, "/api"), "/api/x", "/api [/api (Exact)]"},
		"a pattern":              {path(regex, "/api(/.*)?$"), "/", "/api [/api(/.*)?$ (RegularExpression)]"},
		"the own path fits":      {path(regex, "/api/.*"), "/api/healthz", "/api/healthz [/api/.* (RegularExpression)]"},
		"a pattern for the rest": {path(regex, `.*\.json`), "/", `/.json [.*\.json (RegularExpression)]`},
		"a strange pattern":      {path(regex, "/(?!x)"), "/", " [/(?!x) (RegularExpression)]: reading the regular expression \"/(?!x)\": error parsing regexp: invalid or unsupported Perl syntax: `(?!`"},
		"an unknown type":        {path("Glob", "/*"), "/", "/* [/* (Glob)]: matches of the type Glob are not understood"},
		"own query":              {path(prefix, "/"), "/healthz?full=1", "/healthz?full=1 [/ (PathPrefix)]"},
		"own query, exactly":     {path(exact, "/healthz"), "/healthz?full=1", "/healthz?full=1 [/healthz (Exact)]"},
		"own query elsewhere":    {path(prefix, "/api"), "/healthz?full=1", "/api [/api (PathPrefix)]"},
		"GET":                    {method("GET"), "/", "/ [/ (PathPrefix), method GET]"},
		"HEAD":                   {method("HEAD"), "/", "HEAD / [/ (PathPrefix), method HEAD]"},
		"OPTIONS":                {method("OPTIONS"), "/", "OPTIONS / [/ (PathPrefix), method OPTIONS]"},
		"POST":                   {method("POST"), "/", "POST / [/ (PathPrefix), method POST]: it is for the method POST, which may have effects"},
		"headers":                {asking(path(prefix, "/"), header("x-a", "1"), header("X-A", "2"), pattern("x-b", "v[12]")), "/", "/ x-a=1 x-b=v1 [/ (PathPrefix), header x-a: 1, header x-b: v[12]]"},
		"a header's pattern":     {asking(path(prefix, "/"), pattern("x-b", "(?!x)")), "/", "/ x-b= [/ (PathPrefix), header x-b: (?!x)]: reading the regular expression \"(?!x)\": error parsing regexp: invalid or unsupported Perl syntax: `(?!`"},
		"a header of the probe":  {asking(path(prefix, "/"), header("upgrade", "h2c")), "/", "/ upgrade=h2c [/ (PathPrefix), header upgrade: h2c]: it is for requests with a header upgrade, which cannot be chosen"},
		"query":                  {param(path(prefix, "/"), query("a b", "c&d"), queryPattern), "/x?y", "/x?a+b=c%26d&v=2&y [/ (PathPrefix), query a b: c&d, query v: [2-3]+]"},
	} {
		t.Run(name, func(t *testing.T) {
			q := httpRequest(httpRules([]gatewayv1.HTTPRouteMatch{test.match}), 0, 0, test.own)
			got := strings.TrimSpace(q.method + " " + q.target() + " " + written(q.headers))
			got = fmt.Sprintf("%s [%s]", got, q.says)
			if q.untested != "" {
				got += ": " + q.untested
			}
			if strings.TrimSpace(got) != strings.TrimSpace(test.want) {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

// A request made for one rule must not satisfy a better match of another.
func TestTakenBy(t *testing.T) {
	for name, test := range map[string]struct {
		rules []gatewayRule
		own   string
		want  string // of the first rule's first match
		taken string
	}{
		"a longer prefix takes the own path": {httpRules([]gatewayv1.HTTPRouteMatch{path(prefix, "/")}, []gatewayv1.HTTPRouteMatch{path(prefix, "/api")}), "/api/healthz", "/", ""},
		"an exact path takes it":             {httpRules([]gatewayv1.HTTPRouteMatch{path(prefix, "/a")}, []gatewayv1.HTTPRouteMatch{path(exact, "/a")}), "/a", "/a", "rule 2"},
		"the first of two alike has it":      {httpRules([]gatewayv1.HTTPRouteMatch{path(prefix, "/a")}, []gatewayv1.HTTPRouteMatch{path(prefix, "/a")}), "/", "/a", ""},
		"a method says more":                 {httpRules([]gatewayv1.HTTPRouteMatch{path(prefix, "/")}, []gatewayv1.HTTPRouteMatch{method("GET")}), "/", "/", "rule 2"},
		"another method":                     {httpRules([]gatewayv1.HTTPRouteMatch{path(prefix, "/")}, []gatewayv1.HTTPRouteMatch{method("POST")}), "/", "/", ""},
		"headers that it lacks":              {httpRules([]gatewayv1.HTTPRouteMatch{path(prefix, "/")}, []gatewayv1.HTTPRouteMatch{asking(path(prefix, "/"), gatewayv1.HTTPHeaderMatch{Name: "a", Value: "b"})}), "/", "/", ""},
		"headers that it has, and fewer": {httpRules([]gatewayv1.HTTPRouteMatch{asking(path(prefix, "/"), gatewayv1.HTTPHeaderMatch{Name: "a", Value: "b"}, gatewayv1.HTTPHeaderMatch{Name: "c", Value: "d"})},
			[]gatewayv1.HTTPRouteMatch{asking(path(prefix, "/"), gatewayv1.HTTPHeaderMatch{Name: "A", Value: "b"})}), "/", "/", ""},
		"parameters that it has": {httpRules([]gatewayv1.HTTPRouteMatch{asking(path(prefix, "/"))},
			[]gatewayv1.HTTPRouteMatch{param(path(prefix, "/"), gatewayv1.HTTPQueryParamMatch{Name: "a", Value: "b"})}), "/?a=b", "/", ""},
		"patterns have no place":      {httpRules([]gatewayv1.HTTPRouteMatch{path(prefix, "/")}, []gatewayv1.HTTPRouteMatch{path(regex, "/.*")}), "/", "/", ""},
		"nor has a pattern":           {httpRules([]gatewayv1.HTTPRouteMatch{path(regex, "/")}, []gatewayv1.HTTPRouteMatch{method("GET")}), "/", "/", ""},
		"another match of its own":    {httpRules([]gatewayv1.HTTPRouteMatch{path(prefix, "/"), path(exact, "/")}), "/", "/", ""},
		"an exact path before others": {httpRules([]gatewayv1.HTTPRouteMatch{path(exact, "/abc")}, []gatewayv1.HTTPRouteMatch{path(prefix, "/abc")}), "/", "/abc", ""},
	} {
		t.Run(name, func(t *testing.T) {
			q := httpRequest(test.rules, 0, 0, test.own)
			if got := takenBy(test.rules, 0, 0, q); q.target() != test.want || got != test.taken || strings.Contains(q.says, "takes") != (got != "") {
				t.Errorf("%s (%s) is taken by %q; want %s and %q", q.target(), q.says, got, test.want, test.taken)
			}
		})
	}
}

// Of two rules alike the first gets the requests, whichever they were made for.
func TestTakenByTheFirst(t *testing.T) {
	rules := httpRules([]gatewayv1.HTTPRouteMatch{path(prefix, "/a")}, []gatewayv1.HTTPRouteMatch{path(prefix, "/a")})
	if q := httpRequest(rules, 1, 0, "/"); q.says != "/a (PathPrefix), which rule 1 takes" {
		t.Errorf("got %q", q.says)
	}
}

func TestGRPCRequest(t *testing.T) {
	of := func(kind gatewayv1.GRPCMethodMatchType, service, method string) *gatewayv1.GRPCMethodMatch {
		m := &gatewayv1.GRPCMethodMatch{Type: &kind}
		if service != "" {
			m.Service = &service
		}
		if method != "" {
			m.Method = &method
		}
		return m
	}
	exact, regex := gatewayv1.GRPCMethodMatchExact, gatewayv1.GRPCMethodMatchRegularExpression
	for name, test := range map[string]struct {
		method   *gatewayv1.GRPCMethodMatch
		path     string
		says     string
		untested bool
	}{
		"anything":               {nil, "/grpc.health.v1.Health/Check", "any method", false},
		"without a type":         {&gatewayv1.GRPCMethodMatch{}, "/grpc.health.v1.Health/Check", "// (Exact)", false},
		"a service":              {of(exact, "shop.Cart", ""), "/shop.Cart/Nettrace", "/shop.Cart/ (Exact)", false},
		"the health service":     {of(exact, "grpc.health.v1.Health", ""), "/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/ (Exact)", false},
		"its method":             {of(exact, "grpc.health.v1.Health", "Check"), "/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Check (Exact)", false},
		"its other method":       {of(exact, "grpc.health.v1.Health", "Watch"), "/grpc.health.v1.Health/Watch", "/grpc.health.v1.Health/Watch (Exact)", true},
		"a method":               {of(exact, "shop.Cart", "Empty"), "/shop.Cart/Empty", "/shop.Cart/Empty (Exact)", true},
		"a method of all":        {of(exact, "", "Empty"), "/grpc.health.v1.Health/Empty", "//Empty (Exact)", true},
		"Check of all":           {of(exact, "", "Check"), "/grpc.health.v1.Health/Check", "//Check (Exact)", false},
		"a pattern for all":      {of(regex, ".*", ".*"), "/grpc.health.v1.Health/Check", "/.*/.* (RegularExpression)", false},
		"a pattern for services": {of(regex, "shop\\..+", ""), "/shop.a/Nettrace", "/shop\\..+/ (RegularExpression)", false},
		"a pattern for methods":  {of(regex, "shop\\.Cart", "(Get|Set).*"), "/shop.Cart/Get", "/shop\\.Cart/(Get|Set).* (RegularExpression)", true},
		"a strange pattern":      {of(regex, "(?!x)", ""), "/grpc.health.v1.Health/Check", "/(?!x)/ (RegularExpression)", true},
	} {
		t.Run(name, func(t *testing.T) {
			q := grpcRequest([]gatewayRule{{matches: []gatewayMatch{{method: test.method}}}}, 0, 0, "/")
			if q.path != test.path || q.says != test.says || (q.untested != "") != test.untested {
				t.Errorf("got %s (%s), untested %q; want %s (%s), untested %v", q.path, q.says, q.untested, test.path, test.says, test.untested)
			}
		})
	}
}
