package route

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
)

// gatewayRule is a rule of an HTTPRoute or a GRPCRoute. What the two have in
// common is written in the types of the former.
type gatewayRule struct {
	name     string
	matches  []gatewayMatch
	filters  []gatewayv1.HTTPRouteFilter
	backends []gatewayv1.HTTPBackendRef
}

// gatewayMatch is a match of a rule. In that of a GRPCRoute only the headers are
// those of HTTP, and method, which may be nil, says the rest.
type gatewayMatch struct {
	gatewayv1.HTTPRouteMatch
	method *gatewayv1.GRPCMethodMatch
}

// rulesOf returns the rules of the route. One without matches has a match for
// everything.
func rulesOf(g target.GatewayRoute) []gatewayRule {
	var all []gatewayRule
	if g.GRPC != nil {
		for i, r := range g.GRPC.Spec.Rules {
			all = append(all, grpcRule(ruleName(i, r.Name), r))
		}
	} else {
		for i, r := range g.HTTP.Spec.Rules {
			rule := gatewayRule{name: ruleName(i, r.Name), filters: r.Filters, backends: r.BackendRefs}
			for _, m := range r.Matches {
				rule.matches = append(rule.matches, gatewayMatch{HTTPRouteMatch: m})
			}
			all = append(all, rule)
		}
	}
	for i := range all {
		if len(all[i].matches) == 0 {
			all[i].matches = []gatewayMatch{{}}
		}
	}
	return all
}

func ruleName(index int, name *gatewayv1.SectionName) string {
	if name != nil && *name != "" {
		return "rule " + string(*name)
	}
	return fmt.Sprintf("rule %d", index+1)
}

func grpcRule(name string, r gatewayv1.GRPCRouteRule) gatewayRule {
	rule := gatewayRule{name: name, filters: httpFilters(r.Filters)}
	for _, m := range r.Matches {
		match := gatewayMatch{method: m.Method}
		for _, h := range m.Headers {
			header := gatewayv1.HTTPHeaderMatch{Name: gatewayv1.HTTPHeaderName(h.Name), Value: h.Value}
			if h.Type != nil {
				kind := gatewayv1.HeaderMatchType(*h.Type)
				header.Type = &kind
			}
			match.Headers = append(match.Headers, header)
		}
		rule.matches = append(rule.matches, match)
	}
	for _, ref := range r.BackendRefs {
		rule.backends = append(rule.backends, gatewayv1.HTTPBackendRef{BackendRef: ref.BackendRef, Filters: httpFilters(ref.Filters)})
	}
	return rule
}

// httpFilters returns filters of a GRPCRoute as those of an HTTPRoute, which
// have the same names.
func httpFilters(filters []gatewayv1.GRPCRouteFilter) []gatewayv1.HTTPRouteFilter {
	var all []gatewayv1.HTTPRouteFilter
	for _, f := range filters {
		all = append(all, gatewayv1.HTTPRouteFilter{
			Type: gatewayv1.HTTPRouteFilterType(f.Type), RequestHeaderModifier: f.RequestHeaderModifier,
			ResponseHeaderModifier: f.ResponseHeaderModifier, RequestMirror: f.RequestMirror, ExtensionRef: f.ExtensionRef,
		})
	}
	return all
}

// share is how a rule treats the target.
type share struct {
	// backend is the target's own reference.
	backend gatewayv1.HTTPBackendRef
	// port is the index of the target's port; missing is set when the Service has
	// no such port, and port is then that of another.
	port    int
	missing bool
	// backends are all that the rule divides its requests among, when there are
	// several.
	backends []Backend
	// uneven is set when other backends get the requests changed differently.
	uneven bool
}

// shareOf returns how the rule treats the target, and false when it does not
// lead there, or only to ports that are not traced.
func shareOf(t *target.Target, g target.GatewayRoute, rule gatewayRule) (share, bool) {
	var s share
	found := false
	for _, ref := range rule.backends {
		namespace, name, ok := g.ServiceOf(ref.BackendObjectReference)
		if !ok || namespace != t.Service.Namespace || name != t.Service.Name {
			continue
		}
		// Of several references the first that gets requests is the one.
		if port, missing, traced := backendPort(t, ref); traced && (!found || target.Weight(s.backend.BackendRef) == 0) {
			s.backend, s.port, s.missing, found = ref, port, missing, true
		}
	}
	if !found {
		return s, false
	}
	active := 0
	for _, ref := range rule.backends {
		s.backends = append(s.backends, backendOf(t, g, ref.BackendRef))
		if target.Weight(ref.BackendRef) > 0 {
			active++
			s.uneven = s.uneven || len(ref.Filters) > 0 || len(s.backend.Filters) > 0
		}
	}
	if active < 2 {
		s.backends, s.uneven = nil, false
	}
	return s, true
}

// backendPort returns the index of the port that the reference to the target
// names. A port that is not among those to trace is none of ours; one that the
// Service does not have is missing.
func backendPort(t *target.Target, ref gatewayv1.HTTPBackendRef) (index int, missing, traced bool) {
	if len(t.Ports) == 0 {
		return 0, false, false
	}
	is := func(p corev1.ServicePort) bool {
		return ref.Port != nil && p.Port == *ref.Port && (p.Protocol == "" || p.Protocol == corev1.ProtocolTCP)
	}
	if i := slices.IndexFunc(t.Ports, func(p target.Port) bool { return is(p.ServicePort) }); i >= 0 {
		return i, false, true
	}
	if slices.ContainsFunc(t.Service.Spec.Ports, is) {
		return 0, false, false
	}
	return 0, true, true
}

func backendOf(t *target.Target, g target.GatewayRoute, ref gatewayv1.BackendRef) Backend {
	b := Backend{Weight: target.Weight(ref)}
	if ref.Port != nil {
		b.Port = *ref.Port
	}
	namespace, name, ok := g.ServiceOf(ref.BackendObjectReference)
	if !ok {
		b.Service = objectName(ref.BackendObjectReference, t.Service.Namespace)
		return b
	}
	b.Service = name
	if namespace != t.Service.Namespace {
		b.Service = namespace + "/" + name
	}
	b.Endpoints = t.Behind(namespace, name, b.Port)
	return b
}

// objectName names what a reference refers to, as seen from the namespace.
func objectName(ref gatewayv1.BackendObjectReference, namespace string) string {
	name := string(ref.Name)
	if ref.Namespace != nil && string(*ref.Namespace) != namespace {
		name = string(*ref.Namespace) + "/" + name
	}
	if ref.Kind != nil && *ref.Kind != "Service" {
		name = strings.ToLower(string(*ref.Kind)) + " " + name
	}
	return name
}
