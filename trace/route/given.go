package route

import (
	"cmp"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// Request is what a client asks for, whichever way takes it.
type Request struct {
	// Host is the name that is asked for; an empty one stands for that which each rule
	// is asked by anyway.
	Host, Path string
	// Method is that of the request; empty means GET.
	Method  string
	Headers []wire.Header
	// Trails are those of the rule that it was made for. They are no part of what makes
	// two requests the same.
	Trails []Trail
}

// Requests returns what routes through the object ask for over HTTP, each once, as far as
// it is asked.
func Requests(routes []Route, object string) []Request {
	var all []Request
	for _, r := range routes {
		if r.Object != object || r.Contrast || r.Untested != "" || !r.Protocol.Web() || calls(r.Protocol) {
			continue
		}
		all = append(all, Request{Host: r.Host, Path: r.Path, Method: r.Method, Headers: r.Headers, Trails: r.Trails})
	}
	return Distinct(all)
}

// calls reports whether gRPC is spoken, which has methods to call and no pages.
func calls(p wire.Protocol) bool { return p == wire.GRPC || p == wire.GRPCS }

// Like reports whether another request is the same, of whatever host where it names none.
func (q Request) Like(other Request) bool {
	if q.Host == "" {
		q.Host = other.Host
	}
	q.Trails, other.Trails = nil, nil
	return reflect.DeepEqual(q, other)
}

// Distinct returns the different ones of the requests, in their order, each with the
// trails of one that has any.
func Distinct(requests []Request) []Request {
	var all []Request
	for _, q := range requests {
		i := slices.IndexFunc(all, func(known Request) bool { return known.Host == q.Host && q.Like(known) })
		switch {
		case i < 0:
			all = append(all, q)
		case len(all[i].Trails) == 0:
			all[i].Trails = q.Trails
		}
	}
	return all
}

// through reports whether ways through the object are to be asked.
func (o Options) through(object string) bool {
	return len(o.Through) == 0 || slices.Contains(o.Through, object)
}

// given returns the requests that were chosen elsewhere as they go by the rule: those
// that it is sure to get, but for the one that it is asked anyway. Name is the host of
// that one.
func (rule ingressRule) given(wanted []Request, own ingressRequest, name string) []ingressRequest {
	if rule.path == nil || rule.Annotations[nginxPrefix+"canary"] == "true" || own.untested != "" || own.path == healthPath {
		return nil
	}
	h := readerOf(rule.Ingress, rule.host)
	r := h.read(rule.Annotations, *rule.path)
	rivals := rule.rivals(h)
	var all []ingressRequest
	for _, want := range wanted {
		host := cmp.Or(want.Host, name)
		same := host == name && want.Path == own.path && want.Method == "" && len(want.Headers) == 0
		if same || r.unread != "" || !serves(rule.host, host, name) || !r.takes(want.Path) || r.loses(rivals, want.Path) != "" || rule.yields(h, r, want.Path) {
			continue
		}
		arrives, unknown := rewritten(rule.Ingress, r, want.Path)
		q := ingressRequest{path: want.Path, host: host, notes: r.notes, given: true}
		q.arriving = Arriving{Host: host, Path: arrives, Unknown: unknown, Method: want.Method, Headers: slices.Clone(want.Headers)}
		for _, t := range want.Trails {
			if sample := t.sample(); !r.takes(sample) || r.loses(rivals, sample) != "" || rule.yields(h, r, sample) {
				continue
			}
			t.Arrives = ""
			if arrives, unknown := rewritten(rule.Ingress, r, t.Sent); !unknown {
				t.Arrives = arrives
			}
			q.trails = append(q.trails, t)
		}
		rule.upstream(&q)
		all = append(all, q)
	}
	return all
}

// yields reports whether another path of the Ingress takes that of a request in the place
// of this rule, wherever it leads.
func (rule ingressRule) yields(h reader, r reading, path string) bool {
	for _, other := range rule.Spec.Rules {
		if other.HTTP == nil || !strings.EqualFold(other.Host, rule.host) {
			continue
		}
		for _, p := range other.HTTP.Paths {
			if theirs := h.read(rule.Annotations, p); theirs.unread == "" && theirs.takes(path) && specificity(theirs, r) > 0 {
				return true
			}
		}
	}
	return false
}

// serves reports whether a rule for the hostname, which is asked by a name of its own,
// is for the host as well.
func serves(hostname, host, name string) bool {
	return host == name || hostname == "" || within(host, hostname)
}

// given returns the requests that were chosen elsewhere, as far as the rule's match is
// sure to get them at the listener, but for the one that it is asked anyway.
func (a attachment) given(wanted []Request, rules []gatewayRule, rule, index int, own request) []request {
	if a.GRPC != nil || own.untested != "" {
		return nil
	}
	var all []request
	for _, want := range wanted {
		q := httpRequest(rules, rule, index, want.Path)
		q.host, q.given = want.Host, true
		if rules[rule].matches[index].Method == nil {
			q.method = want.Method
		}
		if same := q.target() == own.target() && q.method == own.method && (q.host == "" || q.host == concrete(a.hostname)); same && reflect.DeepEqual(want.Headers, own.headers) {
			continue
		}
		if q.untested == "" && q.target() == want.Path && methodOf(q.method) == methodOf(want.Method) &&
			allIn(q.headers, want.Headers) && a.serves(want.Host) {
			if q.headers = slices.Clone(want.Headers); takenBy(rules, rule, index, q) == "" {
				q.trails = slices.DeleteFunc(slices.Clone(want.Trails), func(t Trail) bool {
					return httpRequest(rules, rule, index, t.sample()).target() != t.sample()
				})
				all = append(all, q)
			}
		}
	}
	return all
}

func methodOf(name string) string { return cmp.Or(name, http.MethodGet) }

// allIn reports whether all headers are among the others.
func allIn(headers, others []wire.Header) bool {
	return !slices.ContainsFunc(headers, func(h wire.Header) bool {
		return !slices.ContainsFunc(others, func(o wire.Header) bool { return strings.EqualFold(o.Name, h.Name) && o.Value == h.Value })
	})
}

// serves reports whether the route is for the host at the listener; an empty one stands
// for that by which it is asked anyway.
func (a attachment) serves(host string) bool {
	own := listenerHostname(a.listener)
	switch {
	case host == "" || host == concrete(a.hostname):
		return true
	case own != "" && !within(host, own) || takenAt(a.parent.Gateway, a.listener, host) != "":
		return false
	}
	names := a.Hostnames()
	for _, n := range names {
		if within(host, strings.ToLower(string(n))) {
			return true
		}
	}
	return len(names) == 0
}

// withoutRepeats returns the ways without those requests from elsewhere that another
// rule of the same object is asked as well.
func withoutRepeats[T any](ways []T, of func(T) Route) []T {
	key := func(r Route) string {
		return fmt.Sprint(r.Object, r.Address, r.Protocol, r.Host, r.Path, r.Method, r.Headers)
	}
	asked := map[string]bool{}
	for _, w := range ways {
		if r := of(w); !r.Given && r.Untested == "" {
			asked[key(r)] = true
		}
	}
	return slices.DeleteFunc(ways, func(w T) bool {
		r := of(w)
		if !r.Given {
			return false
		}
		repeated := asked[key(r)]
		asked[key(r)] = true
		return repeated
	})
}
