package agent

import (
	"crypto/tls"
	"fmt"
	"net"
	"strings"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// target is a route with everything made ready that its requests share.
type target struct {
	wire.Route
	tls *tls.Config
	// The request is head, marker, middle, marker, tail.
	head, middle, tail string
	carried            carried
}

// newTarget prepares a route of the plan. An error means that the route cannot
// be asked for as it is written.
func newTarget(plan wire.Plan, route wire.Route, x *index) (*target, error) {
	t := &target{Route: route}
	if route.Protocol == wire.TCP {
		return t, nil
	}
	if t.Host == "" {
		t.Host = route.Address
	}
	if strings.ContainsFunc(t.Host, isUnsafe) || strings.ContainsFunc(plan.UserAgent, isControl) {
		return nil, fmt.Errorf("preparing route %d: characters that no header may hold in %q or %q", route.ID, t.Host, plan.UserAgent)
	}
	if route.Protocol == wire.HTTPS {
		t.tls = newTLS(t.Host)
	}
	t.head = "GET " + escape(route.Path) + " HTTP/1.1\r\nHost: " + t.Host + "\r\nX-Nettrace-Id: "
	t.middle = "\r\nUser-Agent: " + plan.UserAgent + " ("
	t.tail = ")\r\nAccept: */*\r\nConnection: close\r\n\r\n"

	brought := []string{t.head, t.middle, t.tail, plan.Marker(0, 0)}
	if route.Endpoint == 0 {
		// Its own address is what an endpoint may well be known by; but what
		// stands in front of several may print the address it was reached at.
		brought = append(brought, route.Address)
	}
	t.carried = x.carriedIn(brought...)
	return t, nil
}

// newTLS returns a configuration that accepts every certificate: what is wrong
// with one is for others to say, and no secret is sent.
func newTLS(host string) *tls.Config {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = strings.Trim(host, "[]")
	}
	return &tls.Config{ServerName: name, InsecureSkipVerify: true, NextProtos: []string{"http/1.1"}}
}

// request appends the bytes of the request with this marker to buffer.
func (t *target) request(buffer []byte, marker string) []byte {
	for _, part := range [...]string{t.head, marker, t.middle, marker, t.tail} {
		buffer = append(buffer, part...)
	}
	return buffer
}

// escape returns a path as it can stand in a request line: what would end the
// line, or the path in it, and what is not ASCII, gets percent signs. All else
// is sent as it is, also what is not quite right, since this may be the point.
func escape(path string) string {
	if path == "" {
		return "/"
	}
	var escaped strings.Builder
	for i := range len(path) {
		if c := path[i]; c <= ' ' || c >= 0x7f {
			fmt.Fprintf(&escaped, "%%%02X", c)
		} else {
			escaped.WriteByte(c)
		}
	}
	return escaped.String()
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

func isUnsafe(r rune) bool { return isControl(r) || r == ' ' }
