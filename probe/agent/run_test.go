package agent

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// TestInterleaving sends one request at a time, so that the order in which
// they arrive is the order in which they were sent.
func TestInterleaving(t *testing.T) {
	var mu sync.Mutex
	var got []string
	address := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, strings.TrimPrefix(r.Header.Get("X-Nettrace-Id"), "f00-1-"))
	})
	plan := planOf([]wire.Endpoint{named(1, "web-1")},
		wire.Route{Address: address, Requests: 3}, wire.Route{Address: address, Endpoint: 1, Requests: 4}, wire.Route{Address: address, Requests: 2})
	plan.Concurrency = 1
	run(t, context.Background(), plan)
	if len(got) != 9 || !slices.Equal(got[:3], []string{"2-1", "2-2", "2-3"}) || got[8] != "2-4" {
		t.Fatalf("got %v, want the lessons of route 2 at first, and its last request at the end", got)
	}
	drawn := slices.Sorted(slices.Values(got[3:8])) // in whatever order
	if want := []string{"1-1", "1-2", "1-3", "3-1", "3-2"}; !slices.Equal(drawn, want) {
		t.Errorf("got %v between them, want %v", drawn, want)
	}
}

func TestConcurrencyIsBounded(t *testing.T) {
	var now, most atomic.Int64
	address := serve(t, func(http.ResponseWriter, *http.Request) {
		n := now.Add(1)
		for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
		}
		time.Sleep(5 * time.Millisecond)
		now.Add(-1)
	})
	plan := planOf(nil, wire.Route{Address: address, Requests: 60})
	plan.Concurrency = 3
	run(t, context.Background(), plan)
	if most.Load() != 3 {
		t.Errorf("%d requests were in flight at once, want 3", most.Load())
	}
}

// TestStopping ends plans while requests hang: these must not be counted.
func TestStopping(t *testing.T) {
	hang := make(chan struct{})
	t.Cleanup(func() { close(hang) })
	var asked atomic.Int64
	start := func(t *testing.T, then func()) wire.Plan {
		asked.Store(0)
		address := serve(t, func(_ http.ResponseWriter, r *http.Request) {
			if asked.Add(1) == 30 {
				then()
			}
			if asked.Load() >= 30 {
				select {
				case <-hang:
				case <-r.Context().Done():
				}
			}
		})
		plan := planOf(nil, wire.Route{Address: address, Requests: 1000}, wire.Route{Address: address, Requests: 1000})
		plan.Timeout = time.Hour
		return plan
	}
	check := func(t *testing.T, s seen, reason wire.StopReason) {
		t.Helper()
		if s.end.Stopped != reason || s.end.Requests >= 30 || s.end.Requests < 29-8 {
			t.Errorf("got %+v, want %q and the requests before the 30th", s.end, reason)
		}
		for route := range s.cells {
			if got := s.count(route, wire.Outcome{Status: 200}); got != s.cells[route].Sent {
				t.Errorf("route %d: %+v, want nothing but answers", route, s.cells[route].Tallies)
			}
		}
	}
	t.Run("signal", func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		check(t, run(t, ctx, start(t, cancel)), wire.StopSignal)
	})
	t.Run("deadline", func(t *testing.T) {
		plan := start(t, func() {})
		plan.Deadline = 500 * time.Millisecond
		check(t, run(t, context.Background(), plan), wire.StopDeadline)
	})
	t.Run("before the beginning", func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if s := run(t, ctx, start(t, func() {})); s.end.Stopped != wire.StopSignal || s.end.Requests != 0 {
			t.Errorf("got %+v", s.end)
		}
	})
	t.Run("while connecting", func(t *testing.T) {
		// A full backlog: the kernel answers no more handshakes.
		address := deaf(t)
		plan := planOf(nil, wire.Route{Address: address, Requests: 10})
		plan.Timeout, plan.Deadline = time.Hour, 200*time.Millisecond
		if s := run(t, context.Background(), plan); s.end.Stopped != wire.StopDeadline || s.end.Requests != 0 {
			t.Errorf("got %+v", s.end)
		}
	})
	t.Run("not at all", func(t *testing.T) {
		plan := start(t, func() {})
		plan.Routes = plan.Routes[:1]
		plan.Routes[0].Requests = 20
		if s := run(t, context.Background(), plan); s.end.Stopped != "" || s.end.Requests != 20 {
			t.Errorf("got %+v", s.end)
		}
	})
}

// TestStopsOnErrors has a route that works at first and then fails.
func TestStopsOnErrors(t *testing.T) {
	var count atomic.Int64
	address := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		if count.Add(1) > 15 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	plan := planOf([]wire.Endpoint{named(1, "web-1")}, wire.Route{Address: address, Endpoint: 1, Requests: 500})
	plan.Concurrency = 1
	s := run(t, context.Background(), plan)
	if s.end.Stopped != wire.StopErrors || s.end.Requests != 25 {
		t.Errorf("got %+v, want it stopped after 25", s.end)
	}
}

// Who watches wants to know when each request failed, and goes on: without the endpoint
// that has gone, and with what leads to several.
func TestGoesOnForAWatch(t *testing.T) {
	failing := func() string {
		var count atomic.Int64
		return serve(t, func(w http.ResponseWriter, _ *http.Request) {
			if count.Add(1) > 15 {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
		})
	}
	plan := planOf([]wire.Endpoint{named(1, "web-1")}, wire.Route{Address: failing(), Endpoint: 1, Requests: 100}, wire.Route{Address: failing(), Requests: 100})
	plan.Concurrency, plan.Troubles = 1, 50
	s := run(t, context.Background(), plan)
	if s.end.Stopped != "" {
		t.Errorf("stopped for %q", s.end.Stopped)
	}
	for route, want := range map[int]struct{ sent, troubles int }{1: {25, 10}, 2: {100, 50}} {
		c := s.cells[route]
		if c.Sent != want.sent || len(c.Troubles) != want.troubles {
			t.Errorf("route %d: %d sent, %d troubles, want %+v", route, c.Sent, len(c.Troubles), want)
		}
		for i, f := range c.Troubles {
			if f.Status != http.StatusServiceUnavailable || f.Sent.IsZero() || i > 0 && f.Sent.Before(c.Troubles[i-1].Sent) {
				t.Errorf("route %d: trouble %d is %+v", route, i, f)
			}
		}
	}
}

func TestGivesUpOnTheDead(t *testing.T) {
	silent := listen(t, untilClosed)
	alive := serve(t, func(http.ResponseWriter, *http.Request) {})
	plan := planOf([]wire.Endpoint{named(1, "web-1"), named(2, "web-2")},
		wire.Route{Address: silent, Endpoint: 1, Requests: 20},
		wire.Route{Address: alive, Endpoint: 2, Requests: 20},
		wire.Route{Address: silent, Requests: 20})
	plan.Timeout = 50 * time.Millisecond
	s := run(t, context.Background(), plan)
	for route, want := range map[int]int{1: 3, 2: 20, 3: 10} {
		if c := s.cells[route]; c.Sent != want || c.GaveUp != (want < 20) {
			t.Errorf("route %d: sent %d, gave up %v; want %d", route, c.Sent, c.GaveUp, want)
		}
	}
	if s.end.Stopped != "" {
		t.Errorf("stopped for %q", s.end.Stopped)
	}
}

// TestGivesUpSoonerWhenAllAreDead: where no endpoint answers directly, there
// is no need to ask ten times on the other routes.
func TestGivesUpSoonerWhenAllAreDead(t *testing.T) {
	silent := listen(t, untilClosed)
	plan := planOf([]wire.Endpoint{named(1, "web-1")},
		wire.Route{Address: silent, Endpoint: 1, Requests: 20}, wire.Route{Address: silent, Requests: 20})
	plan.Timeout = 50 * time.Millisecond
	if s := run(t, context.Background(), plan); s.cells[2].Sent != 3 || !s.cells[2].GaveUp {
		t.Errorf("sent %d, gave up %v", s.cells[2].Sent, s.cells[2].GaveUp)
	}
}

// TestLessonsEnd asks more silent endpoints than there are workers: the other
// routes must get their turn before all of these have been waited for.
func TestLessonsEnd(t *testing.T) {
	const pods = 30
	var asked, before atomic.Int64
	silent := listen(t, func(conn net.Conn) {
		asked.Add(1)
		untilClosed(conn)
	})
	alive := serve(t, func(http.ResponseWriter, *http.Request) { before.Store(asked.Load()) })
	routes := []wire.Route{{Address: alive, Requests: 1}}
	var endpoints []wire.Endpoint
	for i := range pods {
		endpoints = append(endpoints, named(i+1, fmt.Sprintf("web-%d", i)))
		routes = append(routes, wire.Route{Address: silent, Endpoint: i + 1, Requests: 1})
	}
	plan := planOf(endpoints, routes...)
	plan.Concurrency, plan.Timeout = 2, 100*time.Millisecond
	s := run(t, context.Background(), plan)
	if s.end.Requests != pods+1 || before.Load() == pods {
		t.Errorf("%d requests; the route was asked after %d silent pods", s.end.Requests, before.Load())
	}
}

// TestNothingWasLeft: an end that comes when all is done stops nothing.
func TestNothingWasLeft(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for requests, want := range map[int]wire.StopReason{0: "", 1: wire.StopSignal} {
		if s := run(t, ctx, planOf(nil, wire.Route{Address: nobody(t), Requests: requests})); s.end.Stopped != want {
			t.Errorf("with %d requests planned: got %+v", requests, s.end)
		}
	}
}

// protocols are all that there are.
func protocols() []wire.Protocol {
	return []wire.Protocol{
		wire.HTTP, wire.HTTPS, wire.H2, wire.H2C, wire.GRPC, wire.GRPCS, wire.WS, wire.WSS, wire.TCP, wire.UDP, wire.DNS,
	}
}

// everywhere returns a route for each protocol to a server that handles all
// connections alike, and is deaf to datagrams.
func everywhere(t *testing.T, requests int, handle func(net.Conn)) []wire.Route {
	t.Helper()
	var routes []wire.Route
	for i, protocol := range protocols() {
		r := wire.Route{Protocol: protocol, Address: listen(t, handle), Requests: requests, Endpoint: i % 2}
		switch protocol {
		case wire.UDP:
			r.Address = serveUDP(t, func([]byte) [][]byte { return nil })
		case wire.DNS:
			r.Endpoint, r.Lookup = 0, &wire.Lookup{Name: "web.test.", Type: wire.RecordCNAME}
		}
		routes = append(routes, r)
	}
	return routes
}

// noServerDNS returns what connects to a DNS server that says nothing, and for
// which the resolver would wait for ever.
func noServerDNS(t *testing.T) dialer {
	t.Helper()
	return func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		t.Cleanup(func() { _ = client.Close() })
		go untilClosed(server)
		return patient{client}, nil
	}
}

// patient is a connection on which only cancelling has an effect.
type patient struct{ net.Conn }

func (p patient) SetDeadline(deadline time.Time) error {
	if deadline.After(time.Now()) {
		return nil
	}
	return p.Conn.SetDeadline(deadline)
}

// nothingLeft fails the test when something that the engine, or net/http or the
// resolver for it, has started still runs after a while.
func nothingLeft(t *testing.T) {
	t.Helper()
	var stacks string
	for range 500 {
		buffer := make([]byte, 4<<20)
		stacks = string(buffer[:runtime.Stack(buffer, true)])
		left := slices.ContainsFunc([]string{
			"agent.(*engine)", "agent.(*exchange)", "agent.(*tap)", "agent.(*frames)", "http.(*http2ClientConn)", "http.(*http2clientStream)", "net.(*Resolver)",
		}, func(name string) bool { return strings.Contains(stacks, name) })
		if !left {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("something still runs:\n%s", stacks)
}

func TestNothingIsLeftBehind(t *testing.T) {
	address := serve(t, func(http.ResponseWriter, *http.Request) {})
	ok := func(w http.ResponseWriter, r *http.Request) { says(message("\x08\x01"), "0")(w, r) }
	routes := append(everywhere(t, 50, untilClosed),
		wire.Route{Address: address, Endpoint: 1, Requests: 50}, wire.Route{Address: nobody(t), Requests: 50},
		wire.Route{Address: address, Protocol: wire.HTTPS, Requests: 50}, wire.Route{Address: address, Protocol: wire.H2C, Requests: 50},
		wire.Route{Address: serveHTTP2(t, false, ok), Protocol: wire.GRPC, Requests: 50},
		wire.Route{Address: serveHTTP2(t, true, ok), Protocol: wire.H2, Requests: 50})
	plan := planOf([]wire.Endpoint{named(1, "web-1")}, routes...)
	plan.Timeout, plan.Deadline = 100*time.Millisecond, 250*time.Millisecond
	runWith(t, plan, noServerDNS(t))
	nothingLeft(t)
}

// TestCancelling breaks off a request over each protocol that would wait for an
// hour.
func TestCancelling(t *testing.T) {
	for _, protocol := range protocols() {
		if protocol == wire.TCP {
			continue
		}
		t.Run(string(protocol), func(t *testing.T) {
			route := everywhere(t, 1, untilClosed)[slices.Index(protocols(), protocol)]
			plan := planOf(nil, route)
			plan.Timeout, plan.Deadline = time.Hour, 50*time.Millisecond
			if end := runWith(t, plan, noServerDNS(t)); end.Stopped != wire.StopDeadline || end.Requests != 0 {
				t.Errorf("got %+v", end)
			}
		})
	}
	nothingLeft(t)
}

// runWith carries out a plan with DNS servers of the test's own.
func runWith(t *testing.T, plan wire.Plan, dial dialer) *wire.End {
	t.Helper()
	e, err := newEngine(plan)
	if err != nil {
		t.Fatal(err)
	}
	e.dialDNS = dial
	var end *wire.End
	out := &outlet{emit: func(r wire.Record) error { end = r.End; return nil }}
	e.run(context.Background(), out)
	e.report(out)
	return end
}

func TestEmitFails(t *testing.T) {
	address := serve(t, func(http.ResponseWriter, *http.Request) {})
	broken := errors.New("broken pipe")
	for _, failing := range []int{1, 2} {
		records := 0
		err := Run(context.Background(), planOf(nil, wire.Route{Address: address, Requests: 1}), "test", func(wire.Record) error {
			records++
			if records == failing {
				return broken
			}
			return nil
		})
		if !errors.Is(err, broken) || records != failing {
			t.Errorf("got %v after %d records", err, records)
		}
	}
}

func TestPlansThatCannotBe(t *testing.T) {
	good := planOf(nil, wire.Route{Address: "127.0.0.1:1"})
	for title, spoil := range map[string]func(*wire.Plan){
		"version":    func(p *wire.Plan) { p.Version++ },
		"rate":       func(p *wire.Plan) { p.Rate = 0 },
		"host":       func(p *wire.Plan) { p.Routes[0].Host = "a\r\nX: y" },
		"blank":      func(p *wire.Plan) { p.Routes[0].Host = "a b" },
		"user agent": func(p *wire.Plan) { p.UserAgent = "a\nb" },
		"protocol":   func(p *wire.Plan) { p.Routes[0].Protocol = "gopher" },
	} {
		plan := good
		plan.Routes = slices.Clone(good.Routes)
		spoil(&plan)
		err := Run(context.Background(), plan, "test", func(wire.Record) error {
			t.Errorf("%s: got a record", title)
			return nil
		})
		if err == nil {
			t.Errorf("%s: got no error", title)
		}
	}
}

// TestHostileServers has one of everything in one plan, which must end.
func TestHostileServers(t *testing.T) {
	servers := []func(net.Conn){
		untilClosed, func(net.Conn) {}, reset,
		func(c net.Conn) { readRequest(c); flood(c, "HTTP/1.1 100 Continue\r\n\r\n") },
		func(c net.Conn) { readRequest(c); flood(c, "HTTP/1.1 200 OK\r\n\r\nweb-1 ") },
		func(c net.Conn) { readRequest(c); flood(c, "\xff\x00\r\n") },
		func(c net.Conn) { readRequest(c); flood(c, frame(frameSettings, 0, 0, "")) },
	}
	var routes []wire.Route
	for _, server := range servers {
		for _, r := range everywhere(t, 4, server) {
			if r.Protocol != wire.DNS {
				routes = append(routes, r)
			}
		}
	}
	plan := planOf([]wire.Endpoint{named(1, "web-1")}, routes...)
	plan.Timeout = 300 * time.Millisecond
	s := run(t, context.Background(), plan)
	if s.end.Stopped != "" {
		t.Errorf("got %+v", s.end)
	}
}
