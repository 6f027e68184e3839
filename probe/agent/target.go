package agent

import (
	"cmp"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// target is a route with everything made ready that its requests share.
type target struct {
	wire.Route
	tls *tls.Config
	// named is set when the address has a name that is to be resolved.
	named bool
	// traced is set when requests carry a trace context.
	traced bool
	fields []field
	// request is what is sent over HTTP/1.1.
	request []segment
	// asked is what the reader of an answer must know of the request: nil, or
	// that its method was HEAD.
	asked   *http.Request
	carried carried
}

// newTarget prepares a route of the plan. An error means that the route cannot
// be asked for as it is written.
func newTarget(plan wire.Plan, route wire.Route, x *index) (*target, error) {
	t := &target{Route: route, named: isNamed(route.Address)}
	if err := check(plan, route); err != nil {
		return nil, fmt.Errorf("preparing route %d: %w", route.ID, err)
	}
	t.Host = cmp.Or(t.Host, route.Address)
	t.Path = escape(t.Path)
	if t.grpc() {
		t.Method = http.MethodPost
		t.Path = escape(cmp.Or(route.Path, healthPath))
	}
	t.Method = cmp.Or(t.Method, http.MethodGet)
	if t.Method == http.MethodHead {
		t.asked = &http.Request{Method: http.MethodHead}
	}
	if t.Protocol.Secure() {
		t.tls = newTLS(cmp.Or(route.ServerName, t.Host), t.http2())
	}
	if t.Protocol.Web() {
		t.traced = plan.Traceparent
		t.fields = t.allFields(plan)
		t.request = t.segments(t.fields)
	}
	t.carried = x.carriedIn(t.brought(plan)...)
	return t, nil
}

// brought returns what a request tells its receiver.
func (t *target) brought(plan wire.Plan) []string {
	texts := []string{plan.Marker(0, 0), t.ServerName, string(t.Payload)}
	if t.Protocol.Web() {
		// Nobody is called after a long row of the same letter.
		short := slices.DeleteFunc(slices.Clone(t.fields), func(f field) bool { return f.name == paddingField })
		for _, part := range t.segments(short) {
			texts = append(texts, part.text)
		}
	}
	if t.Endpoint == 0 {
		// Its own address is what an endpoint may well be known by; but what
		// stands in front of several may print the address it was reached at.
		texts = append(texts, t.Address)
	}
	return texts
}

// marked reports whether the path of each request has its marker.
func (t *target) marked() bool { return t.Protocol.Web() && strings.Contains(t.Path, wire.MarkerSlot) }

// http2 reports whether HTTP/2 is spoken.
func (t *target) http2() bool {
	return t.Protocol == wire.H2 || t.Protocol == wire.H2C || t.grpc()
}

func (t *target) grpc() bool { return t.Protocol == wire.GRPC || t.Protocol == wire.GRPCS }

func (t *target) websocket() bool { return t.Protocol == wire.WS || t.Protocol == wire.WSS }

// newTLS returns a configuration that accepts every certificate: what is wrong
// with one is for others to say, and no secret is sent but what the route's own
// headers hold.
func newTLS(host string, http2 bool) *tls.Config {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = strings.Trim(host, "[]")
	}
	protocol := "http/1.1"
	if http2 {
		protocol = "h2"
	}
	return &tls.Config{ServerName: name, InsecureSkipVerify: true, NextProtos: []string{protocol}}
}

// isNamed reports whether an address has a name for its host.
func isNamed(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	_, err = netip.ParseAddr(host)
	return err != nil
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
