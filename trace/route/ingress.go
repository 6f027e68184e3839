package route

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
)

// maxIngresses bounds the ways through Ingresses that are asked.
const maxIngresses = 50

// ingressRule is a path of an Ingress that leads to the target, or its default
// backend, which has no path.
type ingressRule struct {
	*target.Ingress
	host    string
	path    *networkingv1.HTTPIngressPath
	service string
	backend networkingv1.ServiceBackendPort
}

// ingressWay is a way through an Ingress, and what arrives at its end.
type ingressWay struct {
	Route
	arriving Arriving
}

// ingresses adds the ways through Ingresses: for each rule that leads to the
// target, each address of its controller one.
func (l *list) ingresses() {
	if len(l.target.Ports) == 0 || len(l.options.Via) > 0 && !slices.Contains(l.options.Via, Ingress) {
		return
	}
	var all []ingressWay
	seen := map[string]bool{} // a rule may stand there twice
	left := 0
	for i := range l.target.Ingresses {
		for _, rule := range ingressRules(&l.target.Ingresses[i], l.target.Service.Name) {
			if !l.options.through(rule.object()) {
				continue
			}
			if len(all) >= maxIngresses {
				left++
				continue
			}
			for _, w := range l.ingressRule(rule) {
				if key := fmt.Sprint(w.Object, w.Rule, w.Address, w.Port, w.Host, w.Path, w.Method, w.Headers); !seen[key] {
					seen[key] = true
					all = append(all, w)
				}
			}
		}
	}
	for _, w := range withoutRepeats(all, func(w ingressWay) Route { return w.Route }) {
		l.addThrough(w.Route, w.arriving)
	}
	if left > 0 {
		l.add(Route{Kind: Ingress, Group: 1, Endpoint: -1, Untested: fmt.Sprintf("only the first %d ways through Ingresses are tested; there are %d more rules", maxIngresses, left)})
	}
}

// ingressRules returns the rules of the Ingress that lead to the Service.
func ingressRules(in *target.Ingress, service string) []ingressRule {
	var all []ingressRule
	for _, rule := range in.Spec.Rules {
		if rule.HTTP == nil {
			continue
		}
		for i := range rule.HTTP.Paths {
			if to := rule.HTTP.Paths[i].Backend.Service; to != nil && to.Name == service {
				all = append(all, ingressRule{in, strings.ToLower(rule.Host), &rule.HTTP.Paths[i], service, to.Port})
			}
		}
	}
	if to := in.Spec.DefaultBackend; to != nil && to.Service != nil && to.Service.Name == service {
		all = append(all, ingressRule{Ingress: in, service: service, backend: to.Service.Port})
	}
	return all
}

// ingressRule returns the ways for one rule.
func (l *list) ingressRule(rule ingressRule) []ingressWay {
	to, ok := ingressPort(l.target, rule.backend)
	if !ok {
		return nil // its port is not to be traced
	}
	p := l.target.Ports[to.port]
	inner := rule.inner(p)
	own := cmp.Or(p.Path, "/")
	if grpc := inner == wire.GRPC || inner == wire.GRPCS; grpc {
		own = healthPath
	}
	if rule.path == nil {
		rule.host = rule.unruled(own)
	}
	name := cmp.Or(concrete(rule.host), host(l.target, p))
	q := rule.ask(own, name)
	if own == healthPath && q.arriving.Path != own {
		q.untested = cmp.Or(q.untested, "gRPC servers are asked at "+healthPath+", which does not lead there")
	}
	certificate, secure := rule.certificate()
	port := int32(80)
	if secure {
		port = 443
	}
	entries, why := l.ingressEntries(rule, port)
	if len(entries) == 0 {
		q.untested = cmp.Or(q.untested, why)
		entries = []target.Entry{{}}
	}
	var all []ingressWay
	for _, q := range append([]ingressRequest{q}, rule.given(l.options.Requests, q, name)...) {
		for _, e := range entries {
			r := l.through(to.port, e, port)
			r.Protocol, r.Host, r.Path = outer(inner, secure), cmp.Or(q.host, name), q.path
			r.Method, r.Headers = q.arriving.Method, q.arriving.Headers
			r.Object = rule.object()
			r.Conditions = slices.Concat(to.conditions(), q.against)
			r.Rule = strings.Join(slices.Concat([]string{rule.text()}, q.notes, texts(to.conditions())), "; ")
			r.Untested = cmp.Or(to.untested, q.untested, r.Untested)
			r.Trails, r.Given = q.trails, q.given
			if inner != p.Speaks {
				q.arriving.Protocol = inner
			}
			if secure {
				r.ServerName, r.Certificate = hostname(r.Host), certificate
			}
			all = append(all, ingressWay{r, q.arriving})
		}
	}
	return all
}

// object names the Ingress, as [Route] has it.
func (rule ingressRule) object() string { return "ingress " + rule.Namespace + "/" + rule.Name }

// text writes the rule as it stands in the Ingress.
func (rule ingressRule) text() string {
	if rule.path == nil && rule.host != "" {
		return "default backend at " + rule.host
	}
	if rule.path == nil {
		return "default backend"
	}
	return fmt.Sprintf("%s%s (%s)", cmp.Or(rule.host, "*"), rule.path.Path, pathType(*rule.path))
}

// inner returns the protocol in which the controller speaks to the pods: what an
// annotation says; else the port's own, if it is one that has requests.
func (rule ingressRule) inner(p target.Port) wire.Protocol {
	if dialectOf(rule.Ingress) == ingressNginx {
		switch strings.ToUpper(rule.Annotations[nginxPrefix+"backend-protocol"]) {
		case "HTTPS":
			if p.Speaks == wire.WSS {
				return wire.WSS
			}
			return wire.HTTPS
		case "GRPC":
			return wire.GRPC
		case "GRPCS":
			return wire.GRPCS
		}
	}
	if p.Speaks.Web() {
		return p.Speaks
	}
	// An Ingress is for HTTP, and so are the pods behind it.
	return wire.HTTP
}

// outer returns the protocol in which clients speak to the controller.
func outer(inner wire.Protocol, secure bool) wire.Protocol {
	plain, tls := wire.HTTP, wire.HTTPS
	switch inner {
	case wire.GRPC, wire.GRPCS:
		plain, tls = wire.GRPC, wire.GRPCS
	case wire.WS, wire.WSS:
		plain, tls = wire.WS, wire.WSS
	}
	if secure {
		return tls
	}
	return plain
}

// ingressBackend is the port of the target that a rule leads to.
type ingressBackend struct {
	port int
	// missing names a port that the Service does not have; port is then another
	// one. It is asked for all the same, to see what the controller answers.
	missing  string
	untested string
}

func (b ingressBackend) conditions() []Condition {
	if b.missing == "" {
		return nil
	}
	return []Condition{missingPort(b.missing)}
}

// ingressPort returns the port that the rule leads to, and false when that is
// one of the Service's that is not to be traced.
func ingressPort(t *target.Target, wanted networkingv1.ServiceBackendPort) (ingressBackend, bool) {
	is := func(p corev1.ServicePort) bool {
		return wanted.Name != "" && p.Name == wanted.Name || wanted.Name == "" && p.Port == wanted.Number
	}
	find := func(matches func(corev1.ServicePort) bool) int {
		return slices.IndexFunc(t.Ports, func(p target.Port) bool { return matches(p.ServicePort) })
	}
	tcp := func(p corev1.ServicePort) bool { return is(p) && sameProtocol(p.Protocol, corev1.ProtocolTCP) }
	if i := find(tcp); i >= 0 {
		return ingressBackend{port: i}, true
	}
	if slices.ContainsFunc(t.Service.Spec.Ports, tcp) {
		return ingressBackend{}, false
	}
	if i := find(is); i >= 0 {
		return ingressBackend{port: i, untested: fmt.Sprintf("an Ingress is for HTTP, and the port for %s", t.Ports[i].Protocol)}, true
	}
	if slices.ContainsFunc(t.Service.Spec.Ports, is) {
		return ingressBackend{}, false
	}
	missing := cmp.Or(wanted.Name, strconv.Itoa(int(wanted.Number)))
	// Some take the target port for the port (ingress-nginx does).
	i := find(func(p corev1.ServicePort) bool { return p.TargetPort.String() == missing })
	return ingressBackend{port: max(0, i), missing: missing}, true
}
