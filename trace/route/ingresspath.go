package route

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
)

// reading is how a controller reads the path of a rule.
type reading struct {
	path string
	// exact is set when nothing but the path itself matches.
	exact bool
	// literal is set when it is known that signs in it have no meaning.
	literal bool
	// mistaken is set when it looks like a pattern all the same.
	mistaken bool
	// service is the name of the Service that the rule leads to.
	service string
	// pattern is set when it is a regular expression, with its anchors and flags.
	pattern *regexp.Regexp
	// source is the expression as it was written.
	source string
	// notes say what is remarkable about it.
	notes []string
	// unread is the reason why no URL can be made for it.
	unread string
}

// reader reads the paths of one host as its controller does.
type reader struct {
	dialect dialect
	// regex says why all paths of the host are regular expressions, if they are.
	regex string
}

func readerOf(in *target.Ingress, host string) reader {
	r := reader{dialect: dialectOf(in)}
	if r.dialect == ingressNginx {
		r.regex = regexOnHost(in, host)
	}
	return r
}

// read returns how the path of a rule is read. The annotations are those of the
// Ingress that the rule stands in.
func (h reader) read(annotations map[string]string, p networkingv1.HTTPIngressPath) reading {
	kind := pathType(p)
	r := reading{
		path: p.Path, exact: kind == networkingv1.PathTypeExact,
		literal: h.dialect != plain || kind != networkingv1.PathTypeImplementationSpecific,
	}
	if p.Backend.Service != nil {
		r.service = p.Backend.Service.Name
	}
	if r.path == "" {
		r.path = "/"
	}
	open := kind == networkingv1.PathTypeImplementationSpecific
	switch h.dialect {
	case ingressNginx:
		if h.regex != "" {
			r.regular("(?i)^", r.path, "", "a regular expression "+h.regex)
		}
	case traefik:
		matcher := annotations["traefik.ingress.kubernetes.io/router.pathmatcher"]
		if open && matcher == "PathRegexp" {
			r.regular("", r.path, "", "a regular expression")
		}
		r.exact = r.exact || open && matcher == "Path"
	case haproxyIngress:
		by := annotations["haproxy-ingress.github.io/path-type"]
		if open && by == "regex" {
			r.regular("^", r.path, "", "a regular expression")
		}
		r.exact = r.exact || open && by == "exact"
	case nginxInc:
		switch annotations["nginx.org/path-regex"] {
		case "case_sensitive":
			r.regular("^", r.path, "", "a regular expression")
		case "case_insensitive":
			r.regular("(?i)^", r.path, "", "a regular expression")
		case "exact":
			r.exact = true
		}
	case kong:
		if rest, ok := strings.CutPrefix(r.path, "/~"); ok && open {
			r.regular("^", rest, "", "a regular expression")
		}
	case contour:
		if open && strings.ContainsAny(r.path, "^+*[]%") {
			r.regular("^(?:", r.path, ")$", "a regular expression")
		}
	}
	return r
}

func pathType(p networkingv1.HTTPIngressPath) networkingv1.PathType {
	if p.PathType == nil {
		return networkingv1.PathTypeImplementationSpecific
	}
	return *p.PathType
}

// regular makes the path a regular expression.
func (r *reading) regular(before, source, after, note string) {
	r.source, r.exact, r.notes = source, false, append(r.notes, note)
	if len(source) > maxPattern {
		r.unread = "the regular expression is too long"
		return
	}
	var err error
	if r.pattern, err = regexp.Compile(before + source + after); err != nil {
		// Controllers in C understand more than Go does, such as (?=…).
		r.unread = "the regular expression is of a kind that cannot be read here, so that no URL is known that it matches"
	}
}

// regexOnHost returns whether ingress-nginx takes all paths of the host for
// regular expressions, which a single one of its Ingresses can ask for, in words
// that say which one does; nothing when none does.
func regexOnHost(in *target.Ingress, host string) string {
	if asksForRegex(in.Ingress, host) {
		return "by its annotations"
	}
	for _, other := range in.Shared {
		if asksForRegex(other, host) {
			return fmt.Sprintf("because of ingress %s/%s", other.Namespace, other.Name)
		}
	}
	return ""
}

// asksForRegex reports whether the Ingress makes paths of the host regular
// expressions: by saying so, or by rewriting one (kubernetes/ingress-nginx
// internal/ingress/controller/template, enforceRegexModifier).
func asksForRegex(in *networkingv1.Ingress, host string) bool {
	rewrite := in.Annotations[nginxPrefix+"rewrite-target"]
	regex := in.Annotations[nginxPrefix+"use-regex"] == "true"
	return slices.ContainsFunc(in.Spec.Rules, func(rule networkingv1.IngressRule) bool {
		if !strings.EqualFold(rule.Host, host) || rule.HTTP == nil {
			return false
		}
		return regex || rewrite != "" && slices.ContainsFunc(rule.HTTP.Paths, func(p networkingv1.HTTPIngressPath) bool { return p.Path != rewrite })
	})
}

// takes reports whether the path of a request matches.
func (r reading) takes(path string) bool {
	path, _, _ = strings.Cut(path, "?")
	switch {
	case r.pattern != nil:
		return r.pattern.MatchString(path)
	case r.exact:
		return path == r.path
	}
	_, ok := below(path, r.path)
	return ok
}

// urls returns the paths to ask for, the best first, and those that are only of
// use if they arrive as own, the path that the pods are known to answer.
func (r *reading) urls(own string) (all, joined []string) {
	switch {
	case r.unread != "":
		return []string{r.path}, nil
	case r.pattern == nil && meant(r.path):
		// A user would send what the author had in mind, and so do we.
		if made := r.intended(own); len(made) > 0 {
			return made, nil
		}
	}
	missing := func(path string) bool { return !r.takes(path) }
	if r.pattern == nil {
		if r.takes(own) {
			all = append(all, own)
		}
		all = append(all, strings.NewReplacer("?", "%3F", "#", "%23").Replace(r.path))
		return all, slices.DeleteFunc([]string{strings.TrimSuffix(r.path, "/") + own}, missing)
	}
	made := samples(r.source, own)
	all = slices.DeleteFunc(append([]string{own}, made...), missing)
	for _, sample := range made {
		joined = append(joined, strings.TrimSuffix(sample, "/")+own)
	}
	if len(all) == 0 {
		r.unread = "no URL is known that the regular expression matches"
		return []string{r.path}, nil
	}
	return all, slices.DeleteFunc(joined, missing)
}

// meant reports whether the path looks like a regular expression or a pattern,
// although the controller compares it letter by letter. Single characters that
// occur in paths, such as those of /$metadata or /a+b, are no sign of it.
func meant(path string) bool {
	for _, sign := range []string{"(", "[", `\`, ".*", ".+", "/^"} {
		if strings.Contains(path, sign) {
			return true
		}
	}
	return strings.HasSuffix(path, "$") || strings.HasSuffix(path, "/*")
}

// intended returns the paths that the pattern was meant for.
func (r *reading) intended(own string) []string {
	pattern := strings.TrimPrefix(r.path, "/^")
	if len(pattern) < len(r.path) && !strings.HasPrefix(pattern, "/") {
		pattern = "/" + pattern
	}
	if prefix, glob := strings.CutSuffix(pattern, "/*"); glob && !meant(prefix) {
		pattern = prefix + "/.*"
	}
	if len(pattern) > maxPattern {
		return nil
	}
	whole, err := regexp.Compile("^(?:" + pattern + ")")
	if err != nil {
		return nil
	}
	made := slices.DeleteFunc(samples(pattern, own), func(path string) bool { return !whole.MatchString(path) })
	if len(made) > 0 && r.literal {
		r.mistaken, r.notes = true, append(r.notes, "compared letter by letter")
	}
	return made
}
