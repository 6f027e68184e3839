package route

import (
	"cmp"
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
)

// maxEntries is how many addresses of one controller are asked. Of more, one of
// each kind stands for the others.
const maxEntries = 4

// address returns the address that the user names for the proxy of the object, or for
// all proxies.
func (o Options) address(object string) string { return cmp.Or(o.Addresses[object], o.Address) }

// entry returns that address for a port of the proxy.
func (o Options) entry(object string, port int32) target.Entry {
	e := target.Entry{Host: strings.Trim(o.address(object), "[]"), Source: "--address"}
	if name, text, err := net.SplitHostPort(o.address(object)); err == nil {
		number, _ := strconv.ParseInt(text, 10, 32)
		e.Host, e.Numbers = name, map[int32]int32{port: int32(number)}
	}
	return e
}

// ingressEntries returns the addresses at which the rule is asked: what the user
// names, else what the DNS says, else what is known of the controller.
func (l *list) ingressEntries(rule ingressRule, port int32) (entries []target.Entry, why string) {
	switch {
	case l.options.address(rule.object()) != "":
		return []target.Entry{l.options.entry(rule.object(), port)}, ""
	case l.options.ResolveDNS && (rule.host == "" || strings.HasPrefix(rule.host, "*")):
		return nil, "it names no host that the DNS could know"
	case l.options.ResolveDNS:
		return []target.Entry{{Host: rule.host, Source: "DNS"}}, ""
	case len(rule.Entries) == 0:
		return nil, rule.NoEntry + "; --address HOST[:PORT] names one"
	case len(rule.Entries) <= maxEntries:
		return rule.Entries, ""
	}
	seen := map[string]bool{}
	for _, e := range rule.Entries {
		kind := "name"
		if address(e.Host) {
			kind = fmt.Sprint("IPv6 ", target.IPv6(e.Host))
		}
		if !seen[kind] {
			seen[kind] = true
			e.Source += fmt.Sprintf(", one of %d addresses", len(rule.Entries))
			entries = append(entries, e)
		}
	}
	return entries, ""
}

// through returns a route to a port of the proxy at the entry, which may be an
// empty one where no address is known.
func (l *list) through(index int, e target.Entry, port int32) Route {
	number, ok := e.Number(port)
	r := base(l.target, index, Ingress, e.Host, number)
	if l.target.Ports[index].Speaks == "" {
		r.Untested = "" // the proxy speaks another protocol
	}
	r.Source, r.Guessed, r.Node, r.Virtual, r.Inside, r.NodeLocal = e.Source, e.Guessed, e.Node, e.Virtual, e.Inside, e.Local
	node := l.target.Node(e.Node)
	switch {
	case e.Host == "":
		r.Address, r.Number = "", 0
	case !ok:
		r.Address, r.Number = e.Host, 0
		r.Untested = fmt.Sprintf("nothing there is known to lead to port %d of the controller", port)
	case node != nil && !target.NodeReady(node):
		r.Untested = "the node is not ready"
	}
	return r
}

// certificate returns what is to be shown for the host of the rule, if that is
// known, and whether it is served over TLS.
func (rule ingressRule) certificate() (certificate *Certificate, secure bool) {
	best := 0
	for _, tls := range rule.Spec.TLS {
		fit := 0
		if len(tls.Hosts) == 0 {
			fit = 1 // for all
		}
		for _, h := range tls.Hosts {
			switch h = strings.ToLower(h); {
			case rule.host != "" && h == rule.host:
				fit = 3
			case rule.host != "" && strings.HasPrefix(h, "*.") && strings.HasSuffix(rule.host, h[1:]) && !strings.Contains(strings.TrimSuffix(rule.host, h[1:]), "."):
				fit = max(fit, 2)
			}
		}
		if fit <= best {
			continue
		}
		best, certificate = fit, nil
		if tls.SecretName != "" {
			sum, read := rule.Secrets[tls.SecretName]
			certificate = &Certificate{Secret: rule.Namespace + "/" + tls.SecretName, SHA256: sum, Missing: read && sum == ""}
		}
	}
	return certificate, best > 0
}

// hostname returns the name without a port.
func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return host
}
