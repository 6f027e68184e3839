package agent

import (
	"context"
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// listen serves each connection to a new local address with handle, and closes
// it afterwards.
func listen(t *testing.T, handle func(net.Conn)) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = conn.Close() }()
				handle(conn)
			}()
		}
	}()
	return listener.Addr().String()
}

// script answers each request with a fixed text and closes the connection.
func script(t *testing.T, text string) string {
	t.Helper()
	return listen(t, func(conn net.Conn) {
		readRequest(conn)
		_, _ = io.WriteString(conn, text)
	})
}

// readRequest waits for a request, so that closing does not reset.
func readRequest(conn net.Conn) {
	_, _ = conn.Read(make([]byte, 64<<10))
}

// flood writes text until the client has had enough.
func flood(conn net.Conn, text string) {
	for {
		if _, err := io.WriteString(conn, text); err != nil {
			return
		}
	}
}

// untilClosed keeps a connection open until the client closes it.
func untilClosed(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }

// reset ends a connection with RST.
func reset(conn net.Conn) {
	_ = conn.(*net.TCPConn).SetLinger(0)
	_ = conn.Close()
}

// serve answers with an HTTP handler at a new local address.
func serve(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

// serveTLS is like serve, over TLS and with a certificate nobody trusts.
func serveTLS(t *testing.T, config *tls.Config, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.TLS = config
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

// nobody is an address at which nothing listens.
func nobody(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}

// named returns an endpoint that is known by these names.
func named(id int, names ...string) wire.Endpoint {
	endpoint := wire.Endpoint{ID: id}
	for _, name := range names {
		endpoint.Identities = append(endpoint.Identities, wire.Identity{Kind: wire.IdentityName, Value: name})
	}
	return endpoint
}

// planOf returns a fast plan over the routes, which it numbers.
func planOf(endpoints []wire.Endpoint, routes ...wire.Route) wire.Plan {
	for i := range routes {
		routes[i].ID = i + 1
		if routes[i].Protocol == "" {
			routes[i].Protocol = wire.HTTP
		}
		if routes[i].Host == "" {
			routes[i].Host = "shop.example"
		}
	}
	return wire.Plan{
		Version: wire.Version, Run: "f00", Vantage: 1, UserAgent: "kubectl-nettrace/test",
		Rate: 1e6, Concurrency: 8, Timeout: 5 * time.Second, Deadline: time.Minute,
		Endpoints: endpoints, Routes: routes,
	}
}

// seen are the records of one run.
type seen struct {
	locators map[int]wire.Locator
	cells    map[int]wire.Cell
	end      *wire.End
	records  []wire.Record
}

// run carries out a plan, and fails the test when the records do not add up.
func run(t *testing.T, ctx context.Context, plan wire.Plan) seen {
	t.Helper()
	s := seen{locators: map[int]wire.Locator{}, cells: map[int]wire.Cell{}}
	err := Run(ctx, plan, "test", func(r wire.Record) error {
		s.records = append(s.records, r)
		switch {
		case r.Locator != nil:
			s.locators[r.Locator.Group] = *r.Locator
		case r.Cell != nil:
			s.cells[r.Cell.Route] = *r.Cell
		case r.End != nil:
			s.end = r.End
		}
		return nil
	})
	if err != nil {
		t.Fatalf("Run: %v", err)
	}
	s.check(t, plan)
	return s
}

func (s seen) check(t *testing.T, plan wire.Plan) {
	t.Helper()
	sent := 0
	for _, cell := range s.cells {
		sent += cell.Sent
		counted := 0
		for _, tally := range cell.Tallies {
			counted += tally.Count
		}
		if counted != cell.Sent {
			t.Errorf("route %d: sent %d, but the tallies hold %d", cell.Route, cell.Sent, counted)
		}
	}
	for i, r := range s.records {
		if r.Number != i+1 {
			t.Errorf("record %d has number %d", i+1, r.Number)
		}
	}
	if s.end == nil || s.end.Cells != len(plan.Routes) || len(s.cells) != len(plan.Routes) || s.end.Requests != sent {
		t.Errorf("the end %+v does not match %d requests in %d cells", s.end, sent, len(s.cells))
	}
	if first, last := s.records[0], s.records[len(s.records)-1]; first.Hello == nil || last.End == nil {
		t.Errorf("the records begin with %+v and end with %+v", first, last)
	}
}

// count returns how often an outcome occurred on a route.
func (s seen) count(route int, o wire.Outcome) int {
	for _, tally := range s.cells[route].Tallies {
		if tally.Outcome == o {
			return tally.Count
		}
	}
	return 0
}
