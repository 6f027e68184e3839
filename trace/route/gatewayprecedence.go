package route

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// takenBy returns the name of the rule that gets the request in the place of
// the one that it was made for, by the order that the Gateway API prescribes
// (HTTPRouteRule.Matches), or nothing. Other routes are not looked at, nor are
// regular expressions, whose place in that order is each implementation's own.
func takenBy(rules []gatewayRule, rule, index int, q request) string {
	mine := rules[rule].matches[index].HTTPRouteMatch
	if kind, _ := pathOf(mine); kind == gatewayv1.PathMatchRegularExpression {
		return ""
	}
	for i, other := range rules {
		for _, m := range other.matches {
			if i != rule && satisfies(q, m.HTTPRouteMatch) && cmp.Or(precedes(m.HTTPRouteMatch, mine), cmp.Compare(i, rule)) < 0 {
				return other.name
			}
		}
	}
	return ""
}

// precedes compares two matches that one request satisfies, the one that gets it
// first.
func precedes(a, b gatewayv1.HTTPRouteMatch) int {
	rank := func(m gatewayv1.HTTPRouteMatch) []int {
		kind, value := pathOf(m)
		exact, method := 0, 0
		if kind == gatewayv1.PathMatchExact {
			exact = 1
		}
		if m.Method != nil {
			method = 1
		}
		return []int{exact, len(value), method, len(m.Headers), len(m.QueryParams)}
	}
	return slices.Compare(rank(b), rank(a))
}

// satisfies reports whether the request is sure to satisfy the match.
func satisfies(q request, m gatewayv1.HTTPRouteMatch) bool {
	kind, value := pathOf(m)
	switch kind {
	case gatewayv1.PathMatchExact:
		if q.path != value {
			return false
		}
	case gatewayv1.PathMatchPathPrefix:
		if _, ok := below(q.path, value); !ok {
			return false
		}
	default:
		return false
	}
	if m.Method != nil && string(*m.Method) != cmp.Or(q.method, http.MethodGet) {
		return false
	}
	for _, h := range m.Headers {
		if h.Type != nil && *h.Type != gatewayv1.HeaderMatchExact || !slices.ContainsFunc(q.headers, func(has wire.Header) bool {
			return strings.EqualFold(has.Name, string(h.Name)) && has.Value == h.Value
		}) {
			return false
		}
	}
	has, _ := url.ParseQuery(q.query)
	for _, p := range m.QueryParams {
		if p.Type != nil && *p.Type != gatewayv1.QueryParamMatchExact || has.Get(string(p.Name)) != p.Value {
			return false
		}
	}
	return true
}
