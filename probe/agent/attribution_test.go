package agent

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// app is what one endpoint answers; number counts its requests.
type app func(w http.ResponseWriter, r *http.Request, number int)

func header(value string) app {
	return func(w http.ResponseWriter, _ *http.Request, _ int) { w.Header().Set("X-Pod", value) }
}

func body(text string) app {
	return func(w http.ResponseWriter, _ *http.Request, _ int) { fmt.Fprint(w, text) }
}

func echo(w http.ResponseWriter, r *http.Request, _ int) {
	fmt.Fprintf(w, "%s %s\n%s\n%s", r.Host, r.URL.Path, r.UserAgent(), r.Header.Get("X-Nettrace-Id"))
}

// balancer sends each request to the next of the apps.
func balancer(t *testing.T, apps ...app) string {
	var count atomic.Int64
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		n := int(count.Add(1))
		apps[n%len(apps)](w, r, n)
	})
}

func TestAttribution(t *testing.T) {
	const each = 12
	ip := func(id int, address string) wire.Endpoint {
		return wire.Endpoint{ID: id, Identities: []wire.Identity{{Kind: wire.IdentityIP, Value: address}}}
	}
	two := []wire.Endpoint{named(1, "web-1"), named(2, "web-2")}
	notFound := func(w http.ResponseWriter, _ *http.Request, _ int) { http.NotFound(w, nil) }
	tests := map[string]struct {
		endpoints []wire.Endpoint
		apps      []app
		// middle answers on the way in that is tested; the apps if nil.
		middle []app
		route  wire.Route
		place  string // of the locator, or "none"
		status int
		// want says how often each endpoint is named on that way in.
		want map[int]int
	}{
		"header":         {two, []app{header("web-1"), header("web-2")}, nil, wire.Route{}, "X-Pod", 200, map[int]int{1: 6, 2: 6}},
		"body":           {two, []app{body("I am web-1."), body("I am web-2.")}, nil, wire.Route{}, "body", 200, map[int]int{1: 6, 2: 6}},
		"not found page": {two, []app{func(w http.ResponseWriter, r *http.Request, n int) { w.WriteHeader(404); body("web-1")(w, r, n) }, func(w http.ResponseWriter, r *http.Request, n int) { w.WriteHeader(404); body("web-2")(w, r, n) }}, nil, wire.Route{}, "body", 404, map[int]int{1: 6, 2: 6}},
		"by address":     {[]wire.Endpoint{ip(1, "10.244.0.1"), ip(2, "10.244.0.11")}, []app{body("ip 10.244.0.1"), body("ip 10.244.0.11")}, nil, wire.Route{}, "body", 200, map[int]int{1: 6, 2: 6}},
		"no names":       {two, []app{body("hello"), body("hello")}, nil, wire.Route{}, "none", 200, map[int]int{0: each}},
		"all name the first": {two, []app{body("web-1"), body("web-1")}, nil, wire.Route{},
			"none", 200, map[int]int{0: each}},
		"the proxy's own page": {two, []app{header("web-1"), header("web-2")}, []app{notFound}, wire.Route{},
			"X-Pod", 404, map[int]int{0: each}},
		"the proxy names its upstream": {two, []app{body("web-1"), body("web-2")}, []app{func(w http.ResponseWriter, _ *http.Request, _ int) {
			http.Error(w, "dial tcp web-1:8080: connection refused", 502)
		}}, wire.Route{}, "body", 502, map[int]int{0: each}},
		"the proxy has a cache": {two, []app{body("web-1"), body("web-2")}, []app{func(w http.ResponseWriter, _ *http.Request, _ int) {
			w.Header().Set("Age", "7")
			fmt.Fprint(w, "web-1")
		}}, wire.Route{}, "body", 200, map[int]int{0: each}},
		"names both": {two, []app{header("web-1"), header("web-2")}, []app{header("web-1, web-2")}, wire.Route{}, "X-Pod", 200, map[int]int{0: each}},
		"a pod like its Service, and an echo": {[]wire.Endpoint{named(1, "web")}, []app{echo}, nil, wire.Route{Host: "web.shop.svc"},
			"none", 200, map[int]int{0: each}},
		"an echo of a pod's host name": {two, []app{echo, echo}, nil, wire.Route{Host: "web-1.web.shop.svc"}, "none", 200, map[int]int{0: each}},
		"names itself, and the request does so too": {two, []app{header("web-1"), header("web-2")}, []app{func(w http.ResponseWriter, r *http.Request, _ int) {
			w.Header().Set("X-Pod", r.URL.Path)
		}}, wire.Route{Path: "/web-1"}, "X-Pod", 200, map[int]int{0: each}},
		"a word": {[]wire.Endpoint{named(1, "nginx")}, []app{header("nginx")}, nil, wire.Route{}, "none", 200, map[int]int{0: each}},
		"a shared address": {[]wire.Endpoint{ip(1, "192.0.2.1"), ip(2, "192.0.2.1")}, []app{body("192.0.2.1"), body("192.0.2.1")}, nil, wire.Route{},
			"none", 200, map[int]int{0: each}},
		"the address that asks": {[]wire.Endpoint{ip(1, "127.0.0.1")}, []app{func(w http.ResponseWriter, r *http.Request, _ int) { fmt.Fprint(w, r.RemoteAddr) }},
			nil, wire.Route{}, "none", 200, map[int]int{0: each}},
	}
	for title, test := range tests {
		t.Run(title, func(t *testing.T) {
			var routes []wire.Route
			for i, a := range test.apps {
				routes = append(routes, wire.Route{Address: balancer(t, a), Endpoint: i + 1, Requests: 5, Host: test.route.Host, Path: "/"})
			}
			middle := test.middle
			if middle == nil {
				middle = test.apps
			}
			test.route.Address, test.route.Requests = balancer(t, middle...), each
			s := run(t, context.Background(), planOf(test.endpoints, append(routes, test.route)...))

			place := "none"
			if l, ok := s.locators[0]; ok {
				place = l.Header
				if place == "" {
					place = "body"
				}
			}
			if place != test.place {
				t.Errorf("the locator is %s (%+v), want %s", place, s.locators, test.place)
			}
			for endpoint, want := range test.want {
				o := wire.Outcome{Endpoint: endpoint, Status: test.status}
				if endpoint != 0 {
					o.Rung = wire.RungAnswer
				}
				if got := s.count(len(routes)+1, o); got != want {
					t.Errorf("endpoint %d is named %d times, want %d: %+v", endpoint, got, want, s.cells[len(routes)+1].Tallies)
				}
			}
			for i := range test.apps {
				direct := wire.Outcome{Endpoint: i + 1, Rung: wire.RungDirect, Status: 200}
				if test.status == 404 && test.middle == nil {
					direct.Status = 404
				}
				if got := s.count(i+1, direct); got != 5 {
					t.Errorf("endpoint %d answered %d times directly, want 5: %+v", i+1, got, s.cells[i+1].Tallies)
				}
			}
		})
	}
}

// TestLocatorIsWithdrawn has an endpoint contradict, after the lessons, what
// was learned from it.
func TestLocatorIsWithdrawn(t *testing.T) {
	fickle := func(w http.ResponseWriter, r *http.Request, n int) {
		if n > lessonsEach {
			header("web-2")(w, r, n)
			return
		}
		header("web-1")(w, r, n)
	}
	plan := planOf([]wire.Endpoint{named(1, "web-1"), named(2, "web-2")},
		wire.Route{Address: balancer(t, fickle), Endpoint: 1, Requests: 4},
		wire.Route{Address: balancer(t, header("web-2")), Endpoint: 2, Requests: 4},
		wire.Route{Address: balancer(t, header("web-1"), header("web-2")), Requests: 10})
	s := run(t, context.Background(), plan)
	if l := s.locators[0]; !l.Withdrawn || l.Header != "X-Pod" || l.Endpoints != 2 {
		t.Errorf("the locator is %+v", l)
	}
	if got := s.count(3, wire.Outcome{Status: 200}); got != 10 {
		t.Errorf("some of the 10 answers are still attributed: %+v", s.cells[3].Tallies)
	}
}

// TestGroupsLearnApart has one application behind one port and another behind
// a second port of the same pods.
func TestGroupsLearnApart(t *testing.T) {
	plan := planOf([]wire.Endpoint{named(1, "web-1")},
		wire.Route{Group: 1, Address: balancer(t, header("web-1")), Endpoint: 1, Requests: 3},
		wire.Route{Group: 2, Address: balancer(t, body("metrics")), Endpoint: 1, Requests: 3},
		wire.Route{Group: 1, Address: balancer(t, header("web-1")), Requests: 3},
		wire.Route{Group: 2, Address: balancer(t, header("web-1")), Requests: 3})
	s := run(t, context.Background(), plan)
	if len(s.locators) != 1 || s.locators[1].Endpoints != 1 {
		t.Errorf("the locators are %+v", s.locators)
	}
	if s.count(3, wire.Outcome{Endpoint: 1, Rung: wire.RungAnswer, Status: 200}) != 3 || s.count(4, wire.Outcome{Status: 200}) != 3 {
		t.Errorf("got %+v and %+v", s.cells[3].Tallies, s.cells[4].Tallies)
	}
}

// TestSilentEndpointCanBeNamed: an endpoint that is not reached directly, as
// under a network policy, may well answer on other ways.
func TestSilentEndpointCanBeNamed(t *testing.T) {
	plan := planOf([]wire.Endpoint{named(1, "web-1"), named(2, "web-2")},
		wire.Route{Address: balancer(t, header("web-1")), Endpoint: 1, Requests: 3},
		wire.Route{Address: nobody(t), Endpoint: 2, Requests: 3},
		wire.Route{Address: balancer(t, header("web-2")), Requests: 3})
	s := run(t, context.Background(), plan)
	if s.count(2, wire.Outcome{Error: wire.ErrorRefused}) != 3 {
		t.Errorf("route 2: %+v", s.cells[2].Tallies)
	}
	if s.locators[0].Endpoints != 1 || s.count(3, wire.Outcome{Endpoint: 2, Rung: wire.RungAnswer, Status: 200}) != 3 {
		t.Errorf("got %+v with %+v", s.cells[3].Tallies, s.locators)
	}
}

// TestLessonsInEveryProtocol has endpoints name themselves over each protocol
// that has answers, in the place that is usual there.
func TestLessonsInEveryProtocol(t *testing.T) {
	overHTTP2 := func(secure bool, names ...string) func(t *testing.T) string {
		return func(t *testing.T) string {
			var count atomic.Int64
			return serveHTTP2(t, secure, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, names[int(count.Add(1))%len(names)]) })
		}
	}
	overGRPC := func(secure bool, names ...string) func(t *testing.T) string {
		return func(t *testing.T) string {
			var count atomic.Int64
			return serveHTTP2(t, secure, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set(http.TrailerPrefix+"X-Pod", names[int(count.Add(1))%len(names)])
				says(message("\x08\x01"), "0")(w, r)
			})
		}
	}
	overTLS := func(_ bool, names ...string) func(t *testing.T) string {
		return func(t *testing.T) string {
			var count atomic.Int64
			return serveTLS(t, nil, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("X-Pod", names[int(count.Add(1))%len(names)])
			})
		}
	}
	overWebSocket := func(_ bool, names ...string) func(t *testing.T) string {
		return func(t *testing.T) string {
			var count atomic.Int64
			return listen(t, func(conn net.Conn) {
				text := strings.Replace(switching, "\r\n\r\n", "\r\nX-Pod: "+names[int(count.Add(1))%len(names)]+"\r\n\r\n", 1)
				switches(text, func(net.Conn, *http.Request) {})(conn)
			})
		}
	}
	for protocol, server := range map[wire.Protocol]func(secure bool, names ...string) func(t *testing.T) string{
		wire.HTTPS: overTLS, wire.H2: overHTTP2, wire.H2C: overHTTP2, wire.GRPC: overGRPC, wire.GRPCS: overGRPC, wire.WS: overWebSocket,
	} {
		t.Run(string(protocol), func(t *testing.T) {
			at := func(names ...string) string { return server(protocol.Secure(), names...)(t) }
			s := run(t, context.Background(), planOf([]wire.Endpoint{named(1, "web-1"), named(2, "web-2")},
				wire.Route{Protocol: protocol, Address: at("web-1"), Endpoint: 1, Requests: 4},
				wire.Route{Protocol: protocol, Address: at("web-2"), Endpoint: 2, Requests: 4},
				wire.Route{Protocol: protocol, Address: at("web-1", "web-2"), Requests: 10}))
			counts := map[int]int{}
			for _, tally := range s.cells[3].Tallies {
				if tally.Rung == wire.RungAnswer && tally.Error == "" {
					counts[tally.Endpoint] += tally.Count
				}
			}
			if counts[1] != 5 || counts[2] != 5 {
				t.Errorf("got %+v with %+v", s.cells[3].Tallies, s.locators)
			}
		})
	}
}

// TestLessonsOnDifferentPaths: the endpoints of a group may have readiness paths
// of their own, and one may be asked on two.
func TestLessonsOnDifferentPaths(t *testing.T) {
	pod := func(name string) app {
		return func(w http.ResponseWriter, r *http.Request, _ int) {
			w.Header().Set("X-Pod", name)
			fmt.Fprint(w, r.URL.Path)
		}
	}
	s := run(t, context.Background(), planOf([]wire.Endpoint{named(1, "web-1"), named(2, "web-2")},
		wire.Route{Address: balancer(t, pod("web-1")), Path: "/healthz", Endpoint: 1, Requests: 3},
		wire.Route{Address: balancer(t, pod("web-1")), Path: "/web-1/ready", Endpoint: 1, Requests: 3},
		wire.Route{Address: balancer(t, pod("web-2")), Path: "/ready?full", Endpoint: 2, Requests: 3},
		wire.Route{Address: balancer(t, pod("web-1"), pod("web-2")), Path: "/api", Requests: 10}))
	for endpoint := 1; endpoint <= 2; endpoint++ {
		if got := s.count(4, wire.Outcome{Endpoint: endpoint, Rung: wire.RungAnswer, Status: 200}); got != 5 {
			t.Errorf("endpoint %d is named %d times, want 5: %+v with %+v", endpoint, got, s.cells[4].Tallies, s.locators)
		}
	}
}
