package route

import (
	"cmp"
	"regexp"
	"strings"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// Trail is a request for a rule that is sent to see with which path it arrives:
// beneath the part of its path that the rule is for, and that proxies are often
// told to strip. It has a [wire.MarkerSlot].
type Trail struct {
	// Sent is the path, and Arrives that with which the pods should get it, if the
	// configuration tells.
	Sent, Arrives string
	// Prefix is the part that the rule is for, and Bare what is left without it.
	Prefix, Bare string
	// Known is set where one of Sent and Bare is what the pods are asked for on the
	// port itself; else both are made up, and nobody knows them.
	Known bool
}

// sample returns a path as it may be sent.
func (t Trail) sample() string { return strings.Replace(t.Sent, wire.MarkerSlot, "0a-1-1-1", 1) }

// madeUp is a path that no application knows: most name it on the page that says so.
const madeUp = "/nettrace/" + wire.MarkerSlot

// trailsUnder returns the trails beneath a prefix. Own is the path that the port's
// pods are asked for: one beneath the prefix is asked for as it is, and any other
// behind it.
func trailsUnder(prefix, own string) []Trail {
	prefix = strings.TrimSuffix(prefix, "/")
	if prefix == "" || strings.ContainsAny(prefix, "?#%") {
		return nil
	}
	own, query, _ := strings.Cut(own, "?")
	if query != "" {
		query += "&"
	}
	query = "?" + query + "nettrace=" + wire.MarkerSlot
	if rest, ok := below(own, prefix); ok {
		own = rest
	}
	return []Trail{
		{Sent: prefix + own + query, Prefix: prefix, Bare: cmp.Or(own, "/") + query, Known: true},
		{Sent: prefix + madeUp, Prefix: prefix, Bare: madeUp},
	}
}

// trails returns the trails for the rule, as far as it gets them all.
func (rule ingressRule) trails(r reading, rivals []rival, own string) []Trail {
	if r.exact || r.mistaken || r.unread != "" || rule.path == nil {
		return nil
	}
	prefix := r.path
	if r.pattern != nil {
		prefix = literalHead(r.source)
	}
	var all []Trail
	for _, t := range trailsUnder(prefix, own) {
		sample := t.sample()
		if !r.takes(sample) || r.loses(rivals, sample) != "" {
			continue
		}
		if arrives, unknown := rewritten(rule.Ingress, r, t.Sent); !unknown {
			t.Arrives = arrives
		}
		all = append(all, t)
	}
	return all
}

// literalHead returns the elements with which all paths begin that an expression of
// the usual kind matches, such as /api of /api(/|$)(.*).
func literalHead(source string) string {
	head := regexp.MustCompile(`^\^?((?:/[A-Za-z0-9_-]+)+)(?:/|\(|$)`).FindStringSubmatch(source)
	if head == nil {
		return ""
	}
	return head[1]
}

// gatewayTrails returns the trails for a request that a rule's match of prefixes
// takes.
func gatewayTrails(rules []gatewayRule, rule, index int, own string, q request) []Trail {
	if q.prefix == "" || q.untested != "" || q.method != "" {
		return nil
	}
	var all []Trail
	for _, t := range trailsUnder(q.prefix, own) {
		asked := q
		asked.path, asked.query, _ = strings.Cut(t.Sent, "?")
		if takenBy(rules, rule, index, asked) == "" {
			all = append(all, t)
		}
	}
	return all
}

// arriving fills in how the trails leave the filters of the rule.
func (q request) arriving(host string, filters []gatewayv1.HTTPRouteFilter) []Trail {
	var all []Trail
	for _, t := range q.trails {
		asked := q
		asked.path, asked.query, _ = strings.Cut(t.Sent, "?")
		if f := through(asked, host, filters); !f.Unknown {
			t.Arrives = f.Path
		}
		all = append(all, t)
	}
	return all
}
