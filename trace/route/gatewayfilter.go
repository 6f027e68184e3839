package route

import (
	"slices"
	"strings"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// filtered is a request on its way through the filters of a rule.
type filtered struct {
	Arriving
	path, query string
	// prefix is what of the path the match has matched, if it is one of prefixes.
	prefix string
	// notes are what else the filters do, in words.
	notes []string
}

// through returns the request as it leaves the filters, one after the other.
func through(q request, host string, filters []gatewayv1.HTTPRouteFilter) filtered {
	f := filtered{path: q.path, query: q.query, prefix: q.prefix}
	f.Host, f.Method, f.Headers = host, q.method, slices.Clone(q.headers)
	for _, filter := range filters {
		f.pass(filter)
	}
	f.Path = withQuery(f.path, f.query)
	return f
}

func (f *filtered) pass(filter gatewayv1.HTTPRouteFilter) {
	switch filter.Type {
	case gatewayv1.HTTPRouteFilterURLRewrite:
		if filter.URLRewrite != nil {
			f.rewrite(*filter.URLRewrite)
		}
	case gatewayv1.HTTPRouteFilterRequestHeaderModifier:
		if filter.RequestHeaderModifier != nil {
			f.modify(*filter.RequestHeaderModifier)
		}
	case gatewayv1.HTTPRouteFilterRequestRedirect:
		f.notes = append(f.notes, "answers a redirect")
	case gatewayv1.HTTPRouteFilterRequestMirror:
		note := "mirrors, not followed"
		if m := filter.RequestMirror; m != nil {
			note = "mirrors to " + objectName(m.BackendRef, "") + ", not followed"
		}
		f.notes = append(f.notes, note)
	case gatewayv1.HTTPRouteFilterExternalAuth:
		f.notes = append(f.notes, "asks another service for permission")
	case gatewayv1.HTTPRouteFilterResponseHeaderModifier, gatewayv1.HTTPRouteFilterCORS:
		// These change answers only.
	default:
		note := "filter " + string(filter.Type)
		if ref := filter.ExtensionRef; ref != nil {
			note += " " + strings.ToLower(string(ref.Kind)) + " " + string(ref.Name)
		}
		f.notes = append(f.notes, note+" may change the request")
		f.Unknown = true
	}
}

func (f *filtered) rewrite(by gatewayv1.HTTPURLRewriteFilter) {
	if by.Hostname != nil {
		f.Host = string(*by.Hostname)
	}
	if by.Path == nil {
		return
	}
	before := f.path
	switch by.Path.Type {
	case gatewayv1.FullPathHTTPPathModifier:
		if full := by.Path.ReplaceFullPath; full != nil {
			f.path = *full
		}
	case gatewayv1.PrefixMatchHTTPPathModifier:
		f.path = replaced(f.path, f.prefix, said(by.Path.ReplacePrefixMatch))
	}
	if !strings.HasPrefix(f.path, "/") {
		f.path = "/" + f.path
	}
	if f.path != before {
		f.notes = append(f.notes, "rewritten to "+f.path)
	}
}

// modify changes headers as they are told: set replaces what is there, add
// leaves it. The name of the host is a header like others; what the probe has to
// set itself cannot be asked for and is passed over.
func (f *filtered) modify(by gatewayv1.HTTPHeaderFilter) {
	remove := func(name string) {
		f.Headers = slices.DeleteFunc(f.Headers, func(h wire.Header) bool { return strings.EqualFold(h.Name, name) })
	}
	for _, h := range by.Set {
		switch {
		case strings.EqualFold(string(h.Name), "host"):
			f.Host = h.Value
		case !unsendable(string(h.Name)):
			remove(string(h.Name))
			f.Headers = append(f.Headers, wire.Header{Name: string(h.Name), Value: h.Value})
		}
	}
	for _, h := range by.Add {
		if !unsendable(string(h.Name)) {
			f.Headers = append(f.Headers, wire.Header{Name: string(h.Name), Value: h.Value})
		}
	}
	for _, name := range by.Remove {
		remove(name)
	}
}
