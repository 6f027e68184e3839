package agent

import (
	"context"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

func TestHTTP1Requests(t *testing.T) {
	const marked = "X-Nettrace-Id: MARKER\r\n"
	const agent = "User-Agent: kubectl-nettrace/test (MARKER)\r\n"
	tests := map[string]struct {
		route wire.Route
		want  string
	}{
		"method": {wire.Route{Method: "OPTIONS", Path: "*"},
			"OPTIONS * HTTP/1.1\r\nHost: shop.example\r\n" + marked + agent + "Accept: */*\r\nConnection: close\r\n\r\n"},
		"POST": {wire.Route{Method: "POST"},
			"POST / HTTP/1.1\r\nHost: shop.example\r\n" + marked + agent + "Accept: */*\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"},
		"headers": {wire.Route{Headers: []wire.Header{{Name: "X-A", Value: "1"}, {Name: "accept", Value: "text/html"}, {Name: "X-A", Value: "2"}}},
			"GET / HTTP/1.1\r\nHost: shop.example\r\n" + marked + agent + "X-A: 1\r\naccept: text/html\r\nX-A: 2\r\nConnection: close\r\n\r\n"},
		"another program's name": {wire.Route{Headers: []wire.Header{{Name: "User-Agent", Value: "curl"}}},
			"GET / HTTP/1.1\r\nHost: shop.example\r\n" + marked + "Accept: */*\r\nUser-Agent: curl\r\nConnection: close\r\n\r\n"},
		"padding": {wire.Route{Padding: 3},
			"GET / HTTP/1.1\r\nHost: shop.example\r\n" + marked + agent + "Accept: */*\r\nX-Nettrace-Padding: XXX\r\nConnection: close\r\n\r\n"},
	}
	for name, test := range tests {
		test.route.Protocol, test.route.Address = wire.HTTP, "10.0.0.1:80"
		plan := planOf(nil, test.route)
		target, err := newTarget(plan, plan.Routes[0], newIndex(nil))
		if err != nil {
			t.Fatal(err)
		}
		if got := string(target.bytes(nil, target.stamp("MARKER"))); got != test.want {
			t.Errorf("%s: got\n%q, want\n%q", name, got, test.want)
		}
	}
}

// TestFieldsOverHTTP2 has the same fields arrive over both versions of HTTP.
func TestFieldsOverHTTP2(t *testing.T) {
	for protocol, start := range map[wire.Protocol]func(http.HandlerFunc) string{
		wire.HTTP: func(h http.HandlerFunc) string { return serve(t, h) },
		wire.H2C:  func(h http.HandlerFunc) string { return serveHTTP2(t, false, h) },
	} {
		var got *http.Request
		address := start(func(w http.ResponseWriter, r *http.Request) {
			got = r
			w.Header().Set("Content-Length", "9")
		})
		route := wire.Route{Protocol: protocol, Address: address, Method: "HEAD", Padding: 20000, Headers: []wire.Header{{Name: "X-A", Value: "1"}, {Name: "x-a", Value: "2"}}}
		if a := askRoute(t, route, 5*time.Second); a.status != 200 || a.err != nil || a.size != 0 {
			t.Fatalf("%s: got %+v", protocol, a)
		}
		if got.Method != "HEAD" || strings.Join(got.Header["X-A"], ",") != "1,2" || got.Header.Get("X-Nettrace-Padding") != strings.Repeat("X", 20000) {
			t.Errorf("%s: the server received %+v", protocol, got.Header)
		}
		route.Method, route.Padding = "POST", 0
		if a := askRoute(t, route, 5*time.Second); a.err != nil && a.status == 0 || got.Method != "POST" || got.ContentLength != 0 {
			t.Errorf("%s: got %+v, the server received %+v", protocol, a, got)
		}
	}
}

// TestTraceContext: each request has one of its own, and its sample tells.
func TestTraceContext(t *testing.T) {
	var mu sync.Mutex
	arrived := map[string]bool{}
	handler := func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		arrived[r.Header.Get("Traceparent")] = true
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, r.Header.Get("Traceparent"))
	}
	plan := planOf(nil, wire.Route{Address: serve(t, handler), Requests: 5}, wire.Route{Protocol: wire.H2C, Address: serveHTTP2(t, false, handler), Requests: 5},
		wire.Route{Protocol: wire.TCP, Address: serve(t, handler), Requests: 1})
	plan.Traceparent = true
	s := run(t, context.Background(), plan)
	form := regexp.MustCompile(`^00-([0-9a-f]{32})-[0-9a-f]{16}-01$`)
	ids := map[string]bool{}
	for context := range arrived {
		if !form.MatchString(context) {
			t.Fatalf("%q is no trace context", context)
		}
		ids[form.FindStringSubmatch(context)[1]] = true
	}
	if len(ids) != 10 {
		t.Errorf("10 requests had %d trace ids", len(ids))
	}
	for route := range 2 {
		for _, sample := range s.cells[route+1].Samples {
			if !ids[sample.TraceID] {
				t.Errorf("route %d: no request had the trace id %q", route+1, sample.TraceID)
			}
		}
	}
	if id := s.cells[3].Samples[0].TraceID; id != "" {
		t.Errorf("a connection without a request has the trace id %q", id)
	}
}
