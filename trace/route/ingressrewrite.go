package route

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
)

// dialect is the set of annotations that a controller understands.
type dialect int

const (
	plain dialect = iota
	ingressNginx
	traefik
	haproxy
	haproxyIngress
	nginxInc
	kong
	contour
)

// nginxPrefix is that of the annotations of ingress-nginx, which other
// controllers understand as well.
const nginxPrefix = "nginx.ingress.kubernetes.io/"

// dialectOf returns what annotations count for the Ingress. Where its controller
// is not known, those that it has tell whom they were written for.
func dialectOf(in *target.Ingress) dialect {
	for _, known := range []struct {
		controller string
		dialect    dialect
	}{
		{"k8s.io/ingress-nginx", ingressNginx},
		{"traefik.io/", traefik},
		{"haproxy.org/", haproxy},
		{"haproxy-ingress.github.io/", haproxyIngress},
		{"nginx.org/", nginxInc},
		{"ingress-controllers.konghq.com/", kong},
		{"projectcontour.io/", contour},
	} {
		if strings.HasPrefix(in.Controller, known.controller) {
			return known.dialect
		}
	}
	for key := range in.Annotations {
		if strings.HasPrefix(key, nginxPrefix) {
			return ingressNginx
		}
	}
	return plain
}

// rewritten returns the path as the pods should get it, by the annotations of
// the Ingress; unknown is set where these do not tell. What has no annotation
// arrives as it was sent.
func rewritten(in *target.Ingress, r reading, sent string) (path string, unknown bool) {
	switch dialectOf(in) {
	case ingressNginx:
		return nginxRewritten(in, r, sent)
	case traefik:
		// Middlewares are objects of Traefik's own, which are not read.
		return sent, in.Annotations["traefik.ingress.kubernetes.io/router.middlewares"] != ""
	case haproxy:
		return haproxyRewritten(in.Annotations["haproxy.org/path-rewrite"], sent)
	case haproxyIngress:
		if to := in.Annotations["haproxy-ingress.github.io/rewrite-target"]; to != "" {
			return replaced(sent, r.path, to), r.pattern != nil
		}
	case nginxInc:
		return nginxIncRewritten(in, r, sent)
	case kong:
		strip := in.Annotations["konghq.com/strip-path"] == "true"
		unknown = in.Annotations["konghq.com/rewrite"] != "" || strip && r.pattern != nil
		if strip {
			return replaced(sent, r.path, "/"), unknown
		}
		return sent, unknown
	}
	return sent, false
}

// nginxRewritten applies rewrite-target, which replaces the whole path.
func nginxRewritten(in *target.Ingress, r reading, sent string) (path string, unknown bool) {
	for _, key := range []string{"configuration-snippet", "permanent-redirect", "temporal-redirect"} {
		if in.Annotations[nginxPrefix+key] != "" {
			unknown = true // anything may be written there
		}
	}
	to := in.Annotations[nginxPrefix+"rewrite-target"]
	if to == "" || to == r.path {
		return sent, unknown
	}
	if r.pattern == nil {
		return sent, true // of a default backend
	}
	before, query, hasQuery := strings.Cut(sent, "?")
	path, ok := expanded(to, "$", r.pattern.FindStringSubmatch(before))
	if !ok || !strings.HasPrefix(path, "/") {
		return sent, true
	}
	if hasQuery {
		path += "?" + query
	}
	return path, unknown
}

// haproxyRewritten applies a path that replaces all others, or an expression and
// what replaces what it matches.
func haproxyRewritten(rule, sent string) (path string, unknown bool) {
	words := strings.Fields(rule)
	switch {
	case len(words) == 0:
		return sent, false
	case len(words) > 2 || strings.Contains(rule, "%[") || strings.Contains(strings.TrimSpace(rule), "\n"):
		return sent, true
	case len(words) == 1:
		return words[0], !strings.HasPrefix(rule, "/")
	}
	pattern, err := regexp.Compile(words[0])
	if err != nil || len(words[0]) > maxPattern {
		return sent, true
	}
	found := pattern.FindStringSubmatch(sent)
	if found == nil {
		return sent, false
	}
	path, ok := expanded(words[1], `\`, found)
	return path, !ok || !strings.HasPrefix(path, "/")
}

// nginxIncRewritten applies nginx.org/rewrites, which names a Service and what
// replaces the path of the rule.
func nginxIncRewritten(in *target.Ingress, r reading, sent string) (path string, unknown bool) {
	rules := in.Annotations["nginx.org/rewrites"]
	for rule := range strings.SplitSeq(rules, ";") {
		name, to, ok := strings.Cut(strings.TrimSpace(rule), " ")
		to, isRewrite := strings.CutPrefix(strings.TrimSpace(to), "rewrite=")
		if ok && isRewrite && name == "serviceName="+r.service {
			rest, _ := strings.CutPrefix(sent, r.path)
			return to + rest, r.pattern != nil
		}
	}
	return sent, in.Annotations["nginx.org/rewrite-target"] != ""
}

// expanded puts the groups into a text in which a sign and a digit stand for
// each. It fails where something else is to be put in.
func expanded(text, sign string, groups []string) (string, bool) {
	if groups == nil {
		return "", false
	}
	var made strings.Builder
	for {
		before, rest, more := strings.Cut(text, sign)
		made.WriteString(before)
		if !more {
			return made.String(), true
		}
		if rest == "" || rest[0] < '0' || rest[0] > '9' {
			return "", false
		}
		if group, _ := strconv.Atoi(rest[:1]); group < len(groups) {
			made.WriteString(groups[group])
		}
		text = rest[1:]
	}
}
