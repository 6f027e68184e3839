package route

import (
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
)

// attachment is a route at a listener of one of its parents.
type attachment struct {
	target.GatewayRoute
	parent   target.GatewayParent
	listener gatewayv1.Listener
	// hostname is the one to ask for; it may be a wildcard, or empty, which
	// stands for all.
	hostname string
	// against is why the listener should not let the route attach, or nil.
	against *Condition
}

// gateway returns the name of the Gateway.
func (a attachment) gateway() string {
	return "gateway " + a.parent.Gateway.Namespace + "/" + a.parent.Gateway.Name
}

// attach returns the route at each listener of the parent that should let it
// attach. When none should, it is to be asked for at the first all the same, so
// that traffic can say whether it is served; and only when there is no listener
// for its protocol nothing is returned but the reason; that stands against the route
// where wrong is set, and is a limit of ours else.
func attach(g target.GatewayRoute, p target.GatewayParent) (attached []attachment, why string, wrong bool) {
	if p.Gateway == nil {
		return nil, p.Why, p.Missing
	}
	var refused []attachment
	var reasons []string
	for _, l := range p.Gateway.Spec.Listeners {
		if s := p.Reference.SectionName; s != nil && *s != "" && *s != l.Name {
			continue
		}
		if n := p.Reference.Port; n != nil && *n != l.Port {
			continue
		}
		if l.Protocol != gatewayv1.HTTPProtocolType && l.Protocol != gatewayv1.HTTPSProtocolType || passes(l) {
			reasons = append(reasons, fmt.Sprintf("listener %s is for %s that is not followed", l.Name, l.Protocol))
			continue
		}
		a := attachment{GatewayRoute: g, parent: p, listener: l}
		hostname, elsewhere := hostnameAt(p.Gateway, l, g.Hostnames())
		a.hostname = hostname
		if elsewhere != "" {
			a.against = &Condition{Type: OtherHostname, Text: elsewhere}
		}
		if reason := forbids(p.Gateway, l, g); reason != "" {
			a.against = &Condition{Type: NotAllowed, Text: reason}
		}
		if a.against != nil {
			refused = append(refused, a)
		} else {
			attached = append(attached, a)
		}
	}
	switch {
	case len(attached) > 0:
		return attached, "", false
	case len(refused) > 0:
		return refused[:1], "", false
	case len(reasons) > 0:
		return nil, strings.Join(reasons, "; "), false
	}
	return nil, noListener(p), true
}

func passes(l gatewayv1.Listener) bool {
	return l.TLS != nil && l.TLS.Mode != nil && *l.TLS.Mode == gatewayv1.TLSModePassthrough
}

func noListener(p target.GatewayParent) string {
	text := fmt.Sprintf("gateway %s/%s has no listener", p.Gateway.Namespace, p.Gateway.Name)
	if s := p.Reference.SectionName; s != nil {
		text += " called " + string(*s)
	}
	if n := p.Reference.Port; n != nil {
		text += fmt.Sprintf(" at port %d", *n)
	}
	return text
}

// forbids returns the reason why the listener does not allow the route, as far
// as it can be known.
func forbids(gateway *gatewayv1.Gateway, l gatewayv1.Listener, g target.GatewayRoute) string {
	allowed := l.AllowedRoutes
	if allowed == nil {
		allowed = &gatewayv1.AllowedRoutes{}
	}
	if len(allowed.Kinds) > 0 && !slices.ContainsFunc(allowed.Kinds, func(k gatewayv1.RouteGroupKind) bool {
		return strings.EqualFold(string(k.Kind), g.Kind()) && (k.Group == nil || *k.Group == gatewayv1.GroupName)
	}) {
		return fmt.Sprintf("listener %s allows no %s", l.Name, g.Kind())
	}
	from := gatewayv1.NamespacesFromSame
	var selector *metav1.LabelSelector
	if n := allowed.Namespaces; n != nil {
		if selector = n.Selector; n.From != nil {
			from = *n.From
		}
	}
	namespace := g.Meta().Namespace
	switch from {
	case gatewayv1.NamespacesFromSame:
		if namespace != gateway.Namespace {
			return fmt.Sprintf("listener %s allows routes of namespace %s only", l.Name, gateway.Namespace)
		}
	case gatewayv1.NamespacesFromNone:
		return fmt.Sprintf("listener %s allows no routes", l.Name)
	case gatewayv1.NamespacesFromSelector:
		chosen, err := metav1.LabelSelectorAsSelector(selector)
		if err == nil && g.Labels != nil && !chosen.Matches(labels.Set(g.Labels)) {
			return fmt.Sprintf("listener %s does not select namespace %s", l.Name, namespace)
		}
	}
	return ""
}
