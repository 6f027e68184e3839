package route

import (
	"fmt"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// healthPath is what gRPC servers are asked for.
const healthPath = "/" + healthService + "/" + healthMethod

// ingressRequest is a request for a rule, and what becomes of it.
type ingressRequest struct {
	path string
	// given is set where it was chosen elsewhere.
	given bool
	// host is set where another name is asked for than the rule's own.
	host     string
	arriving Arriving
	// notes say what is special about it, and against what speaks against its
	// arriving at the target.
	notes    []string
	against  []Condition
	untested string
	trails   []Trail
}

// ask returns the request that is best sent for the rule, for the host called
// name: of those that match, and that no other rule takes, the one that arrives
// as the pods' own path, which they are known to answer; else the first.
func (rule ingressRule) ask(own, name string) ingressRequest {
	h := readerOf(rule.Ingress, rule.host)
	var r reading
	if rule.path != nil {
		r = h.read(rule.Annotations, *rule.path)
	} else {
		h.regex = ""
		r = h.read(nil, networkingv1.HTTPIngressPath{Path: "/"})
	}
	rivals := rule.rivals(h)
	var q ingressRequest
	best := -1
	urls, joined := r.urls(own)
	for i, url := range slices.Concat(urls, joined) {
		arrives, unknown := rewritten(rule.Ingress, r, url)
		rival := r.loses(rivals, url)
		known := !unknown && arrives == own
		good := 0
		if rival == "" {
			good += 2
		}
		if known {
			good++
		}
		if good <= best || i >= len(urls) && !known {
			continue
		}
		best = good
		q = ingressRequest{path: url, arriving: Arriving{Host: name, Path: arrives, Unknown: unknown}}
		if rival != "" {
			q.against = []Condition{{Type: Shadowed, Text: rival}}
		}
	}
	if r.mistaken {
		q.against = append(q.against, Condition{Type: Literal, Path: r.path, Text: fmt.Sprintf("path %s is compared letter by letter", r.path)})
	}
	q.notes, q.untested = r.notes, r.unread
	rule.upstream(&q)
	rule.canary(&q)
	if len(q.against) == 0 && q.untested == "" {
		q.trails = rule.trails(r, rivals, own)
	}
	return q
}

// upstream applies what changes the host.
func (rule ingressRule) upstream(q *ingressRequest) {
	switch dialectOf(rule.Ingress) {
	case ingressNginx:
		if name := rule.Annotations[nginxPrefix+"upstream-vhost"]; strings.Contains(name, "$") {
			q.arriving.Unknown = true
		} else if name != "" {
			q.arriving.Host = name
		}
	case haproxy:
		if name := rule.Annotations["haproxy.org/set-host"]; name != "" {
			q.arriving.Host = name
		}
	case kong:
		// Then the pods get a host of the controller's own.
		q.arriving.Unknown = q.arriving.Unknown || rule.Annotations["konghq.com/preserve-host"] == "false"
	}
}

// canary adds what it takes to be led to an Ingress that gets only a part of the
// requests for its rules.
func (rule ingressRule) canary(q *ingressRequest) {
	if dialectOf(rule.Ingress) != ingressNginx || rule.Annotations[nginxPrefix+"canary"] != "true" {
		return
	}
	value := rule.Annotations[nginxPrefix+"canary-by-header-value"]
	header := rule.Annotations[nginxPrefix+"canary-by-header"]
	cookie := rule.Annotations[nginxPrefix+"canary-by-cookie"]
	switch {
	case header != "" && value == "":
		q.arriving.Headers = []wire.Header{{Name: header, Value: "always"}}
	case header != "":
		q.arriving.Headers = []wire.Header{{Name: header, Value: value}}
	case cookie != "":
		q.arriving.Headers = []wire.Header{{Name: "Cookie", Value: cookie + "=always"}}
	default:
		q.untested = "it is a canary, and gets only a part of the requests"
		return
	}
	q.notes = append(q.notes, "a canary, asked for with the header "+q.arriving.Headers[0].Name)
}
