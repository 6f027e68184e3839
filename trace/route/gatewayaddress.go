package route

import (
	"cmp"
	"fmt"
	"net"
	"slices"
	"strings"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
)

// gatewayEntries returns the addresses at which the listener is asked: what the
// user names, else what the DNS says, else what is known of the Gateway.
func (l *list) gatewayEntries(a attachment) (entries []target.Entry, why string) {
	switch {
	case l.options.address(a.Name()) != "":
		return []target.Entry{l.options.entry(a.Name(), a.listener.Port)}, ""
	case l.options.ResolveDNS && (a.hostname == "" || strings.HasPrefix(a.hostname, "*")):
		return nil, "it names no host that the DNS could know"
	case l.options.ResolveDNS:
		return []target.Entry{{Host: a.hostname, Source: "DNS"}}, ""
	case len(a.parent.Entries) == 0:
		return nil, "no address of " + a.gateway() + " is known: --address HOST[:PORT] names one"
	}
	// Those of nodes that are not ready come last.
	down := func(e target.Entry) int {
		if node := l.target.Node(e.Node); node != nil && !target.NodeReady(node) {
			return 1
		}
		return 0
	}
	entries = slices.Clone(a.parent.Entries)
	slices.SortStableFunc(entries, func(x, y target.Entry) int { return cmp.Compare(down(x), down(y)) })
	return entries[:min(len(entries), maxGatewayEntries)], ""
}

// describe fills in what the listener and the address say of a route.
func (l *list) describe(r *Route, a attachment, e target.Entry, host string) {
	secure := a.listener.Protocol == gatewayv1.HTTPSProtocolType
	r.Protocol = gatewayProtocol(a.GatewayRoute, l.target.Ports[r.Port], secure)
	r.Host, r.Object, r.Conditions = host, a.Name(), append(r.Conditions, a.conditions()...)
	r.Source = fmt.Sprintf("%s via %s, listener %s", e.Source, a.gateway(), a.listener.Name)
	r.Node, r.Virtual, r.Guessed, r.NodeLocal = e.Node, e.Virtual, e.Guessed, e.Local
	if secure {
		r.ServerName = host
		if name, _, err := net.SplitHostPort(host); err == nil {
			r.ServerName = name
		}
		r.Certificate = gatewayCertificate(a)
	}
	switch node := l.target.Node(e.Node); {
	case r.Untested != "":
	case node != nil && !target.NodeReady(node):
		r.Untested = "the node is not ready"
	}
}

// gatewayCertificate returns what the listener has to show, where it has just one.
func gatewayCertificate(a attachment) *Certificate {
	if a.listener.TLS == nil || len(a.listener.TLS.CertificateRefs) != 1 {
		return nil
	}
	key, ok := target.SecretOf(a.parent.Gateway, a.listener.TLS.CertificateRefs[0])
	if !ok {
		return nil
	}
	sum, read := a.parent.Secrets[key]
	return &Certificate{Secret: key, SHA256: sum, Missing: read && sum == ""}
}
