package route

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
)

// The bounds of the ways through Gateways: for one rule, for one Gateway, and
// for all.
const (
	maxGatewayMatches = 8
	maxGatewayEntries = 3
	maxGateways       = 50
)

// gatewayWay is a way through a Gateway, and what arrives at its end.
type gatewayWay struct {
	Route
	arriving Arriving
}

// gateways adds the ways through the Gateway API: for each route, each listener
// that it attaches to, each match of its rules and each address of the Gateway
// one.
func (l *list) gateways() {
	if len(l.target.Ports) == 0 || len(l.options.Via) > 0 && !slices.Contains(l.options.Via, Gateway) {
		return
	}
	var all []gatewayWay
	for _, g := range l.target.GatewayRoutes {
		if !l.options.through(g.Name()) {
			continue
		}
		all = append(all, l.gatewayRoute(g)...)
	}
	all = withoutRepeats(all, func(w gatewayWay) Route { return w.Route })
	more := len(all) - maxGateways
	for _, w := range all[:min(len(all), maxGateways)] {
		l.addThrough(w.Route, w.arriving)
	}
	if more > 0 {
		l.add(Route{Kind: Gateway, Group: 1, Endpoint: -1, Untested: fmt.Sprintf("only %d ways through Gateways are tested, and there are %d more", maxGateways, more)})
	}
}

// gatewayRoute returns the ways through one route.
func (l *list) gatewayRoute(g target.GatewayRoute) []gatewayWay {
	var all []gatewayWay
	seen := map[string]bool{} // two references may lead to one listener
	rules := rulesOf(g)
	for _, p := range g.Parents {
		attached, why, wrong := attach(g, p)
		if why != "" {
			unasked := l.unasked(g, 0, "", why)
			if wrong {
				unasked[0].Conditions = attachment{GatewayRoute: g, parent: p}.unattached(why)
			}
			all = append(all, unasked...)
		}
		for _, a := range attached {
			key := a.gateway() + " " + string(a.listener.Name)
			if seen[key] {
				continue
			}
			seen[key] = true
			for i := range rules {
				all = append(all, l.gatewayRule(a, rules, i)...)
			}
		}
	}
	return all
}

// unasked returns a way about which only can be said why it is not tested.
func (l *list) unasked(g target.GatewayRoute, port int, rule, why string) []gatewayWay {
	p := l.target.Ports[port]
	r := Route{Kind: Gateway, Port: port, Group: port + 1, Endpoint: -1, Object: g.Name(), Rule: rule, Protocol: gatewayProtocol(g, p, false)}
	r.Untested = why
	return []gatewayWay{{r, Arriving{Host: host(l.target, p), Path: p.Path, Unknown: true}}}
}

// gatewayRule returns the ways through one rule at one listener.
func (l *list) gatewayRule(a attachment, rules []gatewayRule, index int) []gatewayWay {
	rule := rules[index]
	s, ok := shareOf(l.target, a.GatewayRoute, rule)
	if !ok {
		return nil
	}
	var all []gatewayWay
	for i := range rule.matches {
		if i == maxGatewayMatches {
			why := fmt.Sprintf("only %d matches of a rule are tested, and there are %d more", maxGatewayMatches, len(rule.matches)-maxGatewayMatches)
			all = append(all, l.unasked(a.GatewayRoute, s.port, rule.name, why)...)
			break
		}
		own := cmp.Or(l.target.Ports[s.port].Path, "/")
		q := httpRequest
		if a.GRPC != nil {
			q = grpcRequest
		}
		asks := q(rules, index, i, own)
		if a.GRPC == nil {
			asks.trails = gatewayTrails(rules, index, i, own, asks)
		}
		for _, q := range append([]request{asks}, a.given(l.options.Requests, rules, index, i, asks)...) {
			all = append(all, l.gatewayMatch(a, s, rule, q)...)
		}
	}
	return all
}

// gatewayMatch returns the ways for one request, one for each address.
func (l *list) gatewayMatch(a attachment, s share, rule gatewayRule, q request) []gatewayWay {
	name := cmp.Or(q.host, concrete(a.hostname), host(l.target, l.target.Ports[s.port]))
	f := through(q, name, slices.Concat(rule.filters, s.backend.Filters))
	f.Unknown = f.Unknown || s.uneven
	if a.GRPC != nil {
		// Whatever else the port is said to speak, this is gRPC.
		f.Protocol = gatewayProtocol(a.GatewayRoute, l.target.Ports[s.port], l.target.Ports[s.port].Speaks.Secure())
	}
	untested := q.untested
	if target.Weight(s.backend.BackendRef) == 0 {
		untested = rule.name + " gives it the weight 0"
	}
	entries, why := l.gatewayEntries(a)
	if len(entries) == 0 {
		untested = cmp.Or(untested, why)
		entries = []target.Entry{{Host: name, Source: "no address is known"}}
	}
	var all []gatewayWay
	for _, e := range entries {
		number, ok := e.Number(a.listener.Port)
		if !ok {
			number = a.listener.Port
		}
		r := base(l.target, s.port, Gateway, e.Host, number)
		if !ok {
			r.Untested = fmt.Sprintf("nothing at %s is known to lead to port %d of the listener", e.Source, a.listener.Port)
		}
		r.Conditions = l.lacking(a, s)
		l.describe(&r, a, e, name)
		r.Method, r.Path, r.Headers = q.method, q.target(), q.headers
		r.Rule = ruleText(a, q, slices.Concat(f.notes, texts(l.lacking(a, s))))
		r.Backends, r.Given = s.backends, q.given
		if !s.uneven {
			r.Trails = q.arriving(name, slices.Concat(rule.filters, s.backend.Filters))
		}
		r.Untested = cmp.Or(untested, r.Untested)
		all = append(all, gatewayWay{r, f.Arriving})
	}
	return all
}

// gatewayProtocol returns what the route's clients speak.
func gatewayProtocol(g target.GatewayRoute, p target.Port, secure bool) wire.Protocol {
	plain, tls := wire.HTTP, wire.HTTPS
	switch {
	case g.GRPC != nil:
		plain, tls = wire.GRPC, wire.GRPCS
	case p.Speaks == wire.WS || p.Speaks == wire.WSS:
		plain, tls = wire.WS, wire.WSS
	}
	if secure {
		return tls
	}
	return plain
}

// ruleText says which rule it is and what is special about it.
func ruleText(a attachment, q request, notes []string) string {
	text := cmp.Or(a.hostname, "*") + q.says
	if a.GRPC != nil {
		text = cmp.Or(a.hostname, "*") + " " + q.says
	}
	return strings.Join(append([]string{text}, notes...), "; ")
}

// lacking returns what the rule's reference to the target lacks.
func (l *list) lacking(a attachment, s share) []Condition {
	var all []Condition
	if s.missing {
		all = append(all, missingPort(portText(s.backend.Port)))
	}
	if service := l.target.Service.Namespace + "/" + l.target.Service.Name; slices.Contains(a.Ungranted, service) {
		all = append(all, Condition{Type: Ungranted, Text: "no ReferenceGrant in " + l.target.Service.Namespace + " allows it"})
	}
	return all
}

func missingPort(port string) Condition {
	return Condition{Type: MissingPort, Text: "leads to port " + port + ", which the Service does not have"}
}

func texts(conditions []Condition) []string {
	var all []string
	for _, c := range conditions {
		all = append(all, c.Text)
	}
	return all
}

func portText(port *gatewayv1.PortNumber) string {
	if port == nil {
		return "(none)"
	}
	return strconv.Itoa(int(*port))
}
