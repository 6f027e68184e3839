package route

import (
	"cmp"
	"slices"
	"strings"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// intersect returns the hostname for which both a listener and a route are. An
// empty one stands for all, and a wildcard for all names that end as it does,
// with any number of labels before (HTTPRouteSpec.Hostnames in the Gateway API).
func intersect(listener, route string) (string, bool) {
	switch {
	case listener == "" || within(route, listener):
		return route, true
	case route == "" || within(listener, route):
		return listener, true
	}
	return "", false
}

// within reports whether the pattern stands for all that the hostname stands
// for.
func within(hostname, pattern string) bool {
	suffix, wildcard := strings.CutPrefix(pattern, "*")
	return hostname == pattern && pattern != "" || wildcard && strings.HasSuffix(strings.TrimPrefix(hostname, "*"), suffix)
}

// specific compares hostnames by how much they say, the most first: by their
// length, and those without a wildcard before all others.
func specific(a, b string) int {
	precise := func(hostname string) int {
		if strings.HasPrefix(hostname, "*") {
			return 0
		}
		return len(hostname)
	}
	return cmp.Or(cmp.Compare(precise(b), precise(a)), cmp.Compare(len(b), len(a)))
}

// concrete returns a name that the hostname stands for.
func concrete(hostname string) string {
	if suffix, wildcard := strings.CutPrefix(hostname, "*"); wildcard {
		return "nettrace" + suffix
	}
	return hostname
}

// hostnameAt returns the hostname by which the route is best asked for at the
// listener: the most specific one of those that both are for, and that no other
// listener takes. When there is none it returns the reason, and the most
// specific of those that the route is for.
func hostnameAt(gateway *gatewayv1.Gateway, l gatewayv1.Listener, hostnames []gatewayv1.Hostname) (hostname, against string) {
	wanted := []string{""}
	if len(hostnames) > 0 {
		wanted = nil
		for _, h := range hostnames {
			wanted = append(wanted, strings.ToLower(string(h)))
		}
	}
	slices.SortStableFunc(wanted, specific)
	own := listenerHostname(l)
	var met []string
	for _, w := range wanted {
		if both, ok := intersect(own, w); ok {
			met = append(met, both)
		}
	}
	for _, both := range met {
		if taken := takenAt(gateway, l, both); taken == "" {
			return both, ""
		} else if against == "" {
			hostname, against = both, "listener "+string(l.Name)+" leaves "+both+" to listener "+taken
		}
	}
	if len(met) == 0 {
		return wanted[0], "listener " + string(l.Name) + " is for " + own + " and not for " + strings.Join(wanted, ", ")
	}
	return hostname, against
}

// takenAt returns the name of the listener that gets the requests for the
// hostname in the place of l: one at the same port that is for it more
// specifically.
func takenAt(gateway *gatewayv1.Gateway, l gatewayv1.Listener, hostname string) string {
	for _, other := range gateway.Spec.Listeners {
		theirs := listenerHostname(other)
		if other.Port == l.Port && other.Protocol == l.Protocol && specific(theirs, listenerHostname(l)) < 0 && within(concrete(hostname), theirs) {
			return string(other.Name)
		}
	}
	return ""
}

func listenerHostname(l gatewayv1.Listener) string {
	if l.Hostname == nil {
		return ""
	}
	return strings.ToLower(string(*l.Hostname))
}
