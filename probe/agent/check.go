package agent

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// The bounds of what a route may have sent.
const (
	maxPadding = 64 << 10
	// maxPayload is what fits into a datagram over IPv4.
	maxPayload = 65507
)

// check reports the first reason why a route cannot be asked for. Whatever
// could make one request two, or something else than the plan says, is refused.
func check(plan wire.Plan, r wire.Route) error {
	switch r.Protocol {
	case wire.TCP:
		return nil
	case wire.UDP:
		if len(r.Payload) > maxPayload {
			return fmt.Errorf("a payload of %d bytes does not fit into a datagram", len(r.Payload))
		}
		return nil
	case wire.DNS:
		return checkLookup(r.Lookup)
	case wire.HTTP, wire.HTTPS, wire.H2, wire.H2C, wire.GRPC, wire.GRPCS, wire.WS, wire.WSS:
		return checkRequest(plan, r)
	}
	return fmt.Errorf("unknown protocol %q", r.Protocol)
}

func checkLookup(l *wire.Lookup) error {
	switch {
	case l == nil || l.Name == "":
		return errors.New("no name to look up")
	case strings.ContainsFunc(l.Name, isUnsafe):
		return fmt.Errorf("characters that no name may hold in %q", l.Name)
	}
	switch l.Type {
	case wire.RecordA, wire.RecordAAAA, wire.RecordSRV, wire.RecordCNAME:
		return nil
	}
	return fmt.Errorf("unknown type of record %q", l.Type)
}

func checkRequest(plan wire.Plan, r wire.Route) error {
	t := &target{Route: r}
	switch {
	case strings.ContainsFunc(r.Host, isUnsafe), strings.ContainsFunc(r.Address, isUnsafe), strings.ContainsFunc(plan.UserAgent, isControl):
		return fmt.Errorf("characters that no header may hold in %q, %q or %q", r.Host, r.Address, plan.UserAgent)
	case strings.ContainsFunc(r.ServerName, isUnsafe):
		return fmt.Errorf("characters that no name may hold in %q", r.ServerName)
	case r.Padding < 0 || r.Padding > maxPadding:
		return fmt.Errorf("a padding of %d bytes", r.Padding)
	case t.http2() && r.Path != "" && r.Path != "*" && r.Path[0] != '/':
		return fmt.Errorf("HTTP/2 cannot ask for %q", r.Path)
	case t.http2() && strings.ContainsFunc(cmp.Or(r.Host, r.Address), isNoHost):
		return fmt.Errorf("HTTP/2 cannot ask %q", r.Host)
	}
	if err := checkMethod(t); err != nil {
		return err
	}
	for _, h := range r.Headers {
		if err := checkHeader(plan, h); err != nil {
			return err
		}
	}
	return nil
}

// checkMethod lets only methods pass that are meant to change nothing, and POST
// without a body, because some health checks want it.
func checkMethod(t *target) error {
	allowed := []string{"", http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodPost}
	switch {
	case t.grpc():
		allowed = []string{"", http.MethodPost}
	case t.websocket():
		allowed = []string{"", http.MethodGet}
	}
	if !slices.Contains(allowed, t.Method) {
		return fmt.Errorf("the method %q is not sent over %s", t.Method, t.Protocol)
	}
	return nil
}

// checkHeader refuses a header that could end the request, or that says how its
// parts are told from each other, and what the probe itself has to set.
func checkHeader(plan wire.Plan, h wire.Header) error {
	if h.Name == "" || strings.ContainsFunc(h.Name, isNoToken) || strings.ContainsFunc(h.Value, isControl) {
		return fmt.Errorf("characters that no header may hold in that of the name %q", h.Name)
	}
	own := []string{
		"Host", "Connection", "Content-Length", "Expect", "Http2-Settings", "Keep-Alive", "Proxy-Connection", "Te", "Trailer",
		"Transfer-Encoding", "Upgrade", "Sec-Websocket-Key", "Sec-Websocket-Version", "X-Nettrace-Id", paddingField,
	}
	if plan.Traceparent {
		own = append(own, "Traceparent")
	}
	if slices.ContainsFunc(own, func(name string) bool { return strings.EqualFold(name, h.Name) }) {
		return fmt.Errorf("the header %s is for the probe to set", h.Name)
	}
	return nil
}

// isNoHost reports whether no host has such a character (RFC 3986, section
// 3.2.2).
func isNoHost(r rune) bool {
	return r <= ' ' || r >= 0x7f || strings.ContainsRune("\"#/<>?@\\^`{|}", r)
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

func isUnsafe(r rune) bool { return isControl(r) || r == ' ' }

// isNoToken reports whether no header name has such a character (RFC 9110,
// section 5.6.2).
func isNoToken(r rune) bool {
	return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
}
