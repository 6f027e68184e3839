package verdict

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
)

// wall reports whether the outcome is a redirect or a refusal by which a proxy
// keeps requests from the pods: no pod gives it when it is asked directly, and
// it is not known to be a pod's. A load balancer may do no more than pass packets
// on; without anything to compare with, it counts as one of these.
func (b Baseline) wall(r route.Route, o wire.Outcome) bool {
	if !speaksItself(r.Kind) && !(r.Kind == route.LoadBalancer && b.Measured) {
		return false
	}
	return o.Error == "" && o.Endpoint == 0 && !b.Statuses[o.Status] && (redirects(o.Status) || forbids(o.Status))
}

func redirects(status int) bool { return slices.Contains([]int{301, 302, 303, 307, 308}, status) }

func forbids(status int) bool { return slices.Contains([]int{401, 403, 407}, status) }

// stopped reports whether a proxy stopped the cell's requests: all answers are
// walls, and most requests were answered.
func (b Baseline) stopped(r route.Route, tallies []wire.Tally) bool {
	walls, others, failed := 0, 0, 0
	for _, tally := range tallies {
		switch {
		case b.wall(r, tally.Outcome):
			walls += tally.Count
		case tally.Status != 0:
			others += tally.Count
		default:
			failed += tally.Count
		}
	}
	return walls > 0 && others == 0 && walls >= failed
}

// whatStops says in words what the walls of a cell are.
func (b Baseline) whatStops(r route.Route, tallies []wire.Tally, samples []wire.Sample) string {
	var said []string
	for _, tally := range tallies {
		text := ""
		switch {
		case redirects(tally.Status):
			text = redirected(r, tally.Status, samples)
		case tally.Status == 401:
			text = "asks for authentication (401)"
		case tally.Status == 407:
			text = "asks for authentication by a proxy (407)"
		case tally.Status == 403 && b.Measured:
			text = "forbidden (403), by a proxy: no pod gave it"
		case tally.Status == 403:
			text = "forbidden (403); no pod could be asked whether it is its own"
		}
		if text != "" {
			said = append(said, text)
		}
	}
	return strings.Join(said, "; ")
}

// redirected says where answers of the status lead to.
func redirected(r route.Route, status int, samples []wire.Sample) string {
	for _, sample := range samples {
		location, found := strings.CutPrefix(sample.Detail, "Location: ")
		switch {
		case sample.Status != status || !found:
		case sameButSecure(r, location):
			return fmt.Sprintf("redirects HTTP to HTTPS (%d)", status)
		default:
			return fmt.Sprintf("redirects to %s (%d)", location, status)
		}
	}
	return fmt.Sprintf("redirects (%d)", status)
}

// sameButSecure reports whether the location is what was asked for, but over
// TLS. Ports differ then, too, and queries are left out of locations.
func sameButSecure(r route.Route, location string) bool {
	to, err := url.Parse(location)
	if err != nil || r.Protocol.Secure() || to.Scheme != "https" {
		return false
	}
	host := r.Host
	if name, _, err := net.SplitHostPort(r.Host); err == nil {
		host = name
	}
	path, _, _ := strings.Cut(r.Path, "?")
	return strings.EqualFold(to.Hostname(), strings.Trim(host, "[]")) && strings.TrimSuffix(to.EscapedPath(), "/") == strings.TrimSuffix(path, "/")
}
