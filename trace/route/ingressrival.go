package route

import (
	"cmp"
	"fmt"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
)

// rival is a path of the same host that leads elsewhere.
type rival struct {
	reading
	name string
	// older is set when it stands in an Ingress that was there before, and even in one
	// that came in the same second, so that nothing says which of the two is served.
	older, even bool
}

// rivals returns the paths of the rule's host, in all Ingresses that share it,
// that lead to another Service or port. Canaries take a part of the requests of
// a rule and no path of their own.
func (rule ingressRule) rivals(h reader) []rival {
	var all []rival
	for _, in := range append([]*networkingv1.Ingress{rule.Ingress.Ingress}, rule.Shared...) {
		if in.Annotations[nginxPrefix+"canary"] == "true" || rule.Annotations[nginxPrefix+"canary"] == "true" {
			continue
		}
		for _, other := range in.Spec.Rules {
			if other.HTTP == nil || !strings.EqualFold(other.Host, rule.host) {
				continue
			}
			for _, p := range other.HTTP.Paths {
				if to := p.Backend.Service; to != nil && rule.isBackend(in, to) {
					continue
				}
				all = append(all, rival{
					h.read(in.Annotations, p), fmt.Sprintf("ingress %s/%s", in.Namespace, in.Name),
					in.CreationTimestamp.Before(&rule.CreationTimestamp),
					(in.Namespace != rule.Namespace || in.Name != rule.Name) && in.CreationTimestamp.Equal(&rule.CreationTimestamp),
				})
			}
		}
	}
	return all
}

// isBackend reports whether the backend in the Ingress is that of the rule.
func (rule ingressRule) isBackend(in *networkingv1.Ingress, to *networkingv1.IngressServiceBackend) bool {
	return in.Namespace == rule.Namespace && to.Name == rule.service && to.Port == rule.backend
}

// loses says which of the rivals takes the path of a request in the place of this
// rule, if one does or may: one that is more specific, or the same and no newer.
func (r reading) loses(rivals []rival, path string) string {
	for _, other := range rivals {
		order := specificity(other.reading, r)
		switch {
		case other.unread != "" || !other.takes(path):
		case order > 0 || order == 0 && other.older:
			return fmt.Sprintf("%s takes %s for another backend", other.name, other.path)
		case order == 0 && other.even:
			return fmt.Sprintf("%s has %s for another backend, too, and is as old", other.name, other.path)
		}
	}
	return ""
}

// specificity is above zero when a comes before b where both match: an exact path
// comes before others, and a longer one before a shorter.
func specificity(a, b reading) int {
	rank := func(r reading) int {
		if r.exact {
			return 1
		}
		return 0
	}
	return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(len(strings.TrimSuffix(a.path, "/")), len(strings.TrimSuffix(b.path, "/"))))
}

// maxHosts bounds how many hosts of an Ingress are looked at to find one that
// leaves a path to the default backend.
const maxHosts = 20

// unruled returns a host at which the pods' own path matches no rule, so that
// the default backend gets it; an empty one, where every host of the Ingress has
// rules for it, stands for a name that it has no rules for.
func (rule ingressRule) unruled(own string) string {
	seen := map[string]bool{}
	for _, r := range rule.Spec.Rules {
		rule.host = strings.ToLower(r.Host)
		if rule.host == "" || seen[rule.host] || len(seen) == maxHosts {
			continue
		}
		seen[rule.host] = true
		rule.service = "" // all are rivals of the default backend
		h := readerOf(rule.Ingress, rule.host)
		taken := false
		for _, other := range rule.rivals(h) {
			taken = taken || other.unread != "" || other.takes(own)
		}
		if !taken {
			return rule.host
		}
	}
	return ""
}
