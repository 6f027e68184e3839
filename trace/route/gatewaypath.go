package route

import (
	"cmp"
	"regexp"
	"strings"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// pathOf returns the type and value of a match's path, with the API's defaults.
func pathOf(m gatewayv1.HTTPRouteMatch) (gatewayv1.PathMatchType, string) {
	kind, value := gatewayv1.PathMatchPathPrefix, "/"
	if m.Path == nil {
		return kind, value
	}
	if m.Path.Type != nil {
		kind = *m.Path.Type
	}
	if m.Path.Value != nil {
		value = *m.Path.Value
	}
	return kind, value
}

// below returns what of the path comes after the prefix, and whether it lies
// under it. Prefixes end where elements of the path do, and a slash at their end
// says nothing.
func below(path, prefix string) (rest string, ok bool) {
	prefix = strings.TrimSuffix(prefix, "/")
	rest, ok = strings.CutPrefix(path, prefix)
	return rest, ok && (rest == "" || rest[0] == '/')
}

// replaced returns the path with another prefix.
func replaced(path, prefix, by string) string {
	rest, _ := below(path, prefix)
	return cmp.Or(strings.TrimSuffix(by, "/")+rest, "/")
}

// prefixPaths returns the paths that are to be tried under a prefix, the best
// first: the port's own path, which is known to be answered; else the one that
// arrives as the port's own when the prefix is replaced; else the prefix.
func prefixPaths(own, prefix string, by *string) []string {
	var all []string
	if _, ok := below(own, prefix); ok {
		all = append(all, own)
	}
	if by != nil {
		target := *by
		if !strings.HasPrefix(target, "/") {
			target = "/" + target
		}
		if rest, ok := below(own, target); ok {
			if rest == "/" {
				rest = ""
			}
			all = append(all, cmp.Or(strings.TrimSuffix(prefix, "/")+rest, "/"))
		}
	}
	return append(all, prefix)
}

// regexPath returns a path that the pattern matches as a whole: the port's own
// or one that is made up.
func regexPath(own, pattern string) (string, error) {
	whole, err := regexp.Compile("^(?:" + pattern + ")$")
	if err == nil && whole.MatchString(own) {
		return own, nil
	}
	path, err := example(pattern)
	if err != nil {
		return "", err
	}
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	return path, nil
}

// prefixReplacement returns what the filters replace a matched prefix by, or
// nil.
func prefixReplacement(filters []gatewayv1.HTTPRouteFilter) *string {
	for _, f := range filters {
		if f.URLRewrite != nil && f.URLRewrite.Path != nil && f.URLRewrite.Path.Type == gatewayv1.PrefixMatchHTTPPathModifier {
			if by := f.URLRewrite.Path.ReplacePrefixMatch; by != nil {
				return by
			}
			empty := ""
			return &empty
		}
	}
	return nil
}
