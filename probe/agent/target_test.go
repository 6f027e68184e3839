package agent

import (
	"cmp"
	"net/netip"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

func TestEscape(t *testing.T) {
	for path, want := range map[string]string{
		"": "/", "/": "/", "/a?b=c&d=%20": "/a?b=c&d=%20", "/a b": "/a%20b", "/a\r\nX: y": "/a%0D%0AX:%20y", "/ü": "/%C3%BC", "/api(/.*)?$": "/api(/.*)?$",
	} {
		if got := escape(path); got != want {
			t.Errorf("escape(%q) = %q, want %q", path, got, want)
		}
	}
}

func TestServerName(t *testing.T) {
	for host, want := range map[string]string{
		"shop.example": "shop.example", "shop.example:8443": "shop.example", "[fd00::1]:443": "fd00::1", "[fd00::1]": "fd00::1", "10.0.0.1:443": "10.0.0.1",
	} {
		if got := newTLS(host, false).ServerName; got != want {
			t.Errorf("the server name for %s is %s, want %s", host, got, want)
		}
	}
}

// TestWhatRequestsCarry: an endpoint's own address proves something in its own
// answer, but not in an answer on another route to the same address.
func TestWhatRequestsCarry(t *testing.T) {
	x := shop()
	tests := map[string]struct {
		route wire.Route
		want  []string
	}{
		"nothing":         {wire.Route{Address: "10.96.0.7:80", Host: "shop.example"}, nil},
		"a direct route":  {wire.Route{Address: "10.244.0.1:80", Host: "shop.example", Endpoint: 1}, nil},
		"without a host":  {wire.Route{Address: "10.244.0.1:80", Endpoint: 1}, []string{"10.244.0.1"}},
		"another route":   {wire.Route{Address: "10.244.0.1:80", Host: "shop.example"}, []string{"10.244.0.1"}},
		"the Host header": {wire.Route{Address: "10.96.0.7:80", Host: "web-1.example"}, []string{"web-1"}},
		"a header":        {wire.Route{Address: "10.96.0.7:80", Headers: []wire.Header{{Name: "X-User", Value: "web-1"}}}, []string{"web-1"}},
		"a header's name": {wire.Route{Address: "10.96.0.7:80", Headers: []wire.Header{{Name: "Web-1", Value: "x"}}}, []string{"web-1"}},
		"the padding":     {wire.Route{Address: "10.96.0.7:80", Padding: 1000}, nil},
		"the server name": {wire.Route{Protocol: wire.HTTPS, Address: "10.96.0.7:80", ServerName: "web-2.example"}, []string{"web-2"}},
		"over HTTP/2":     {wire.Route{Protocol: wire.H2C, Address: "10.96.0.7:80", Path: "/web-2", Headers: []wire.Header{{Name: "X-User", Value: "web-1"}}}, []string{"web-1", "web-2"}},
		"a method's name": {wire.Route{Protocol: wire.GRPC, Address: "10.96.0.7:80", Path: "/web-2/Get"}, []string{"web-2"}},
		"a payload":       {wire.Route{Protocol: wire.UDP, Address: "10.96.0.7:80", Payload: []byte("for web-1")}, []string{"web-1"}},
		"a name":          {wire.Route{Protocol: wire.TCP, Address: "web-1.web.shop.svc:80"}, []string{"web-1"}},
		"the path":        {wire.Route{Address: "10.96.0.7:80", Path: "/web-2?x=web%2D1"}, []string{"web-1", "web-2"}},
	}
	for title, test := range tests {
		test.route.Protocol = cmp.Or(test.route.Protocol, wire.HTTP)
		target, err := newTarget(wire.Plan{Run: "f00"}, test.route, x)
		if err != nil {
			t.Fatal(err)
		}
		for _, identity := range test.want {
			if !target.carried[identity] {
				t.Errorf("%s: %s is not seen", title, identity)
			}
		}
		if len(target.carried) != len(test.want) {
			t.Errorf("%s: got %v, want %v", title, target.carried, test.want)
		}
	}
}

// TestWhatANameIsResolvedTo counts as the address that a request was sent to.
func TestWhatANameIsResolvedTo(t *testing.T) {
	x := shop()
	to := &answer{local: netip.MustParseAddr("10.244.0.3"), remote: netip.MustParseAddr("10.244.0.1")}
	for address, want := range map[string]bool{"web.shop.svc:80": true, "10.96.0.7:80": false} {
		for _, endpoint := range []int{0, 1} {
			target, err := newTarget(wire.Plan{Run: "f00"}, wire.Route{Protocol: wire.HTTP, Address: address, Host: "shop.example", Endpoint: endpoint}, x)
			if err != nil {
				t.Fatal(err)
			}
			got := target.carriedOver(to)
			if got["10.244.0.1"] != (want && endpoint == 0) || !got["10.244.0.3"] {
				t.Errorf("%s of endpoint %d: got %v", address, endpoint, got)
			}
		}
	}
}
