package route

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// request is one that satisfies a match.
type request struct {
	method, path string
	// given is set where it was chosen elsewhere.
	given bool
	// host is set where another name is asked for than the route is asked by.
	host string
	// query comes after the path, without the question mark.
	query   string
	headers []wire.Header
	// says is the match in words; prefix is its path where it matches prefixes.
	says, prefix string
	// untested is the reason why the request is not sent.
	untested string
	// trails are sent beside it.
	trails []Trail
}

// target returns the request's path with its query.
func (q request) target() string { return withQuery(q.path, q.query) }

func withQuery(path, query string) string {
	if query == "" {
		return path
	}
	return path + "?" + query
}

// httpRequest returns a request for the rule's match with the index. Own is the
// path that the port's pods are asked for. Of several paths that would do, the
// first is taken that no other rule has a better match for.
func httpRequest(rules []gatewayRule, rule, index int, own string) request {
	m := rules[rule].matches[index].HTTPRouteMatch
	own, ownQuery, _ := strings.Cut(own, "?")
	var q request
	if m.Method != nil && *m.Method != gatewayv1.HTTPMethodGet {
		q.method = string(*m.Method)
		if q.method != http.MethodHead && q.method != http.MethodOptions {
			q.untested = fmt.Sprintf("it is for the method %s, which may have effects", q.method)
		}
	}
	kind, value := pathOf(m)
	q.says = fmt.Sprintf("%s (%s)", value, kind)
	paths := []string{value}
	switch kind {
	case gatewayv1.PathMatchPathPrefix:
		q.prefix = value
		paths = prefixPaths(own, value, prefixReplacement(rules[rule].filters))
	case gatewayv1.PathMatchExact:
	case gatewayv1.PathMatchRegularExpression:
		path, err := regexPath(own, value)
		if err != nil {
			q.untested = err.Error()
		}
		paths = []string{path}
	default:
		q.untested = fmt.Sprintf("matches of the type %s are not understood", kind)
	}
	var params []string
	q.ask(m)
	for _, p := range m.QueryParams {
		regex := p.Type != nil && *p.Type == gatewayv1.QueryParamMatchRegularExpression
		params = append(params, url.QueryEscape(string(p.Name))+"="+url.QueryEscape(q.value("query", string(p.Name), p.Value, regex)))
	}
	taken := ""
	for i, path := range paths {
		q.path, q.query = path, strings.Join(params, "&")
		if ownQuery != "" && (i < len(paths)-1 || q.prefix == "" && path == own) {
			q.query = strings.Join(slices.Concat(params, []string{ownQuery}), "&")
		}
		if taken = takenBy(rules, rule, index, q); taken == "" {
			break
		}
	}
	if taken != "" {
		q.says += ", which " + taken + " takes"
	}
	return q
}

// ask adds what the match asks of the headers and of the method, which is said
// as well.
func (q *request) ask(m gatewayv1.HTTPRouteMatch) {
	if m.Method != nil {
		q.says += ", method " + string(*m.Method)
	}
	for _, h := range m.Headers {
		regex := h.Type != nil && *h.Type == gatewayv1.HeaderMatchRegularExpression
		name := string(h.Name)
		if unsendable(name) && q.untested == "" {
			q.untested = fmt.Sprintf("it is for requests with a header %s, which cannot be chosen", name)
		}
		// Of several matches for one header only the first counts.
		if !slices.ContainsFunc(q.headers, func(known wire.Header) bool { return strings.EqualFold(known.Name, name) }) {
			q.headers = append(q.headers, wire.Header{Name: name, Value: q.value("header", name, h.Value, regex)})
		}
	}
}

// value returns a value that satisfies a match of a header or query parameter.
func (q *request) value(what, name, value string, regex bool) string {
	q.says += fmt.Sprintf(", %s %s: %s", what, name, value)
	if !regex {
		return value
	}
	text, err := example(value)
	if err != nil && q.untested == "" {
		q.untested = err.Error()
	}
	return text
}

// unsendable reports whether the probe sets the header itself, or could not send
// it.
func unsendable(name string) bool {
	own := []string{
		"Host", "Connection", "Content-Length", "Expect", "Http2-Settings", "Keep-Alive", "Proxy-Connection", "Te", "Trailer",
		"Transfer-Encoding", "Upgrade", "Sec-Websocket-Key", "Sec-Websocket-Version", "Traceparent", "X-Nettrace-Id", "X-Nettrace-Padding",
	}
	return name == "" || strings.HasPrefix(name, ":") || slices.ContainsFunc(own, func(o string) bool { return strings.EqualFold(o, name) })
}
