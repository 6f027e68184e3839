package agent

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// exchangeOnce asks a server once, as the engine does.
func exchangeOnce(t *testing.T, protocol wire.Protocol, address string, timeout time.Duration) answer {
	t.Helper()
	plan := planOf(nil, wire.Route{Protocol: protocol, Address: address, Path: "/x"})
	target, err := newTarget(plan, plan.Routes[0], newIndex(nil))
	if err != nil {
		t.Fatal(err)
	}
	return newExchange(timeout).ask(context.Background(), target, "MARKER", true)
}

func TestRequestBytes(t *testing.T) {
	var got string
	address := listen(t, func(conn net.Conn) {
		reader := bufio.NewReader(conn)
		for !strings.HasSuffix(got, "\r\n\r\n") {
			line, err := reader.ReadString('\n')
			if err != nil {
				return
			}
			got += line
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 204 No Content\r\n\r\n")
	})
	if a := exchangeOnce(t, wire.HTTP, address, 5*time.Second); a.status != 204 || a.err != nil {
		t.Fatalf("got %+v", a)
	}
	want := "GET /x HTTP/1.1\r\nHost: shop.example\r\nX-Nettrace-Id: MARKER\r\n" +
		"User-Agent: kubectl-nettrace/test (MARKER)\r\nAccept: */*\r\nConnection: close\r\n\r\n"
	if got != want {
		t.Errorf("the server received\n%q, want\n%q", got, want)
	}
}

// TestScripts covers answers that a server can give at once.
func TestScripts(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\n"
	long := strings.Repeat("x", 100<<10)
	tests := map[string]struct {
		text   string
		status int
		class  wire.ErrorClass
		body   string
	}{
		"length":               {ok + "Content-Length: 2\r\n\r\nhi", 200, "", "hi"},
		"more than its length": {ok + "Content-Length: 2\r\n\r\nhi there", 200, "", "hi"},
		"until the end":        {"HTTP/1.0 200 OK\r\n\r\nhi", 200, "", "hi"},
		"chunked":              {ok + "Transfer-Encoding: chunked\r\n\r\n1\r\nh\r\n1\r\ni\r\n0\r\n\r\n", 200, "", "hi"},
		"trailer":              {ok + "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX: y\r\n\r\n", 200, "", "hi"},
		"no reason":            {"HTTP/1.1 404\r\nContent-Length: 0\r\n\r\n", 404, "", ""},
		"odd status":           {"HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n", 999, "", ""},
		"no status":            {"HTTP/1.1 000 None\r\nContent-Length: 0\r\n\r\n", 0, wire.ErrorProtocol, ""},
		"long status":          {"HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n", 0, wire.ErrorProtocol, ""},
		"continue":             {"HTTP/1.1 100 Continue\r\n\r\n" + ok + "Content-Length: 2\r\n\r\nhi", 200, "", "hi"},
		"early hints":          {"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + ok + "Content-Length: 2\r\n\r\nhi", 200, "", "hi"},
		"switching protocols":  {"HTTP/1.1 101 Switching Protocols\r\n\r\n", 101, "", ""},
		"redirect":             {"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", 302, "", ""},
		"nothing":              {"", 0, wire.ErrorReset, ""},
		"half a header":        {"HTTP/1.1 200 OK\r\nContent-Le", 0, wire.ErrorReset, ""},
		"three letters":        {"HTT", 0, wire.ErrorReset, ""},
		"half a body":          {ok + "Content-Length: 9\r\n\r\nhi", 200, wire.ErrorReset, "hi"},
		"half a chunk":         {ok + "Transfer-Encoding: chunked\r\n\r\n9\r\nhi", 200, wire.ErrorReset, "hi"},
		"no chunk":             {ok + "Transfer-Encoding: chunked\r\n\r\nzzz\r\n", 200, wire.ErrorProtocol, ""},
		"banner":               {"SSH-2.0-OpenSSH_9.2\r\n", 0, wire.ErrorProtocol, ""},
		"banner without end":   {"220", 0, wire.ErrorProtocol, ""},
		"TLS alert":            {"\x15\x03\x01\x00\x02\x02\x46", 0, wire.ErrorProtocol, ""},
		"no header":            {"HTTP/1.1 200 OK\r\nthis is no header\r\n\r\n", 0, wire.ErrorProtocol, ""},
		"two lengths":          {ok + "Content-Length: 2\r\nContent-Length: 3\r\n\r\nhi", 0, wire.ErrorProtocol, ""},
		"long header":          {ok + "X: " + long + "\r\n\r\n", 0, wire.ErrorProtocol, ""},
		"long status line":     {"HTTP/1.1 200 " + long + "\r\n\r\n", 0, wire.ErrorProtocol, ""},
		"header just fits":     {ok + "X: " + long[:60<<10] + "\r\nContent-Length: 2\r\n\r\nhi", 200, "", "hi"},
		"as long as can be":    {ok + "Content-Length: 1048576\r\n\r\n" + strings.Repeat("x", 1<<20), 200, "", long[:64<<10]},
		"too long by one byte": {ok + "Content-Length: 1048577\r\n\r\n" + strings.Repeat("x", 1<<20+1), 200, wire.ErrorEndless, long[:64<<10]},
		"long body":            {ok + fmt.Sprintf("Content-Length: %d\r\n\r\n", len(long)) + long, 200, "", long[:64<<10]},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			a := exchangeOnce(t, wire.HTTP, script(t, test.text), 5*time.Second)
			if a.status != test.status || a.class != test.class || string(a.body) != test.body {
				t.Errorf("got status %d, class %q, %d bytes of body (%v); want %d, %q, %d",
					a.status, a.class, len(a.body), a.err, test.status, test.class, len(test.body))
			}
			if a.arrived() != (test.status != 0) {
				t.Errorf("arrived is %v", a.arrived())
			}
		})
	}
}

// TestBehaviour covers servers that are slow, endless or break off.
func TestBehaviour(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\n"
	drip := func(conn net.Conn, begin string) {
		readRequest(conn)
		_, _ = io.WriteString(conn, begin)
		for {
			time.Sleep(20 * time.Millisecond)
			if _, err := io.WriteString(conn, "x"); err != nil {
				return
			}
		}
	}
	begin := func(text string, then func(net.Conn)) func(net.Conn) {
		return func(conn net.Conn) {
			readRequest(conn)
			_, _ = io.WriteString(conn, text)
			then(conn)
		}
	}
	long, short := 20*time.Second, 200*time.Millisecond
	tests := map[string]struct {
		handle  func(net.Conn)
		timeout time.Duration
		status  int
		class   wire.ErrorClass
	}{
		"silence":          {untilClosed, short, 0, wire.ErrorTimeout},
		"half a header":    {begin(ok+"X", untilClosed), short, 0, wire.ErrorTimeout},
		"slow header":      {func(c net.Conn) { drip(c, ok+"X: ") }, short, 0, wire.ErrorTimeout},
		"slow body":        {func(c net.Conn) { drip(c, ok+"\r\n") }, short, 200, wire.ErrorEndless},
		"body never comes": {begin(ok+"Content-Length: 5\r\n\r\n", untilClosed), short, 200, wire.ErrorEndless},
		"endless body":     {begin(ok+"\r\n", func(c net.Conn) { flood(c, strings.Repeat("x", 4096)) }), long, 200, wire.ErrorEndless},
		"endless chunks":   {begin(ok+"Transfer-Encoding: chunked\r\n\r\n", func(c net.Conn) { flood(c, "1\r\nx\r\n") }), long, 200, wire.ErrorEndless},
		"endless header":   {begin(ok, func(c net.Conn) { flood(c, "X: y\r\n") }), long, 0, wire.ErrorProtocol},
		"endless line":     {begin(ok+"X: ", func(c net.Conn) { flood(c, "yyyyyyyy") }), long, 0, wire.ErrorProtocol},
		"endless interim":  {begin("", func(c net.Conn) { flood(c, "HTTP/1.1 100 Continue\r\n\r\n") }), long, 0, wire.ErrorProtocol},
		"endless garbage":  {begin("", func(c net.Conn) { flood(c, "\x00\xff") }), long, 0, wire.ErrorProtocol},
		"endless trailer":  {begin(ok+"Transfer-Encoding: chunked\r\n\r\n0\r\n", func(c net.Conn) { flood(c, "X: y\r\n") }), long, 200, wire.ErrorProtocol},
		"reset":            {begin("", reset), long, 0, wire.ErrorReset},
		"reset in header":  {begin("HTTP/1.1 2", reset), long, 0, wire.ErrorReset},
		"closed unread":    {func(net.Conn) {}, long, 0, wire.ErrorReset},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := exchangeOnce(t, wire.HTTP, listen(t, test.handle), test.timeout)
			if a.status != test.status || a.class != test.class {
				t.Errorf("got status %d, class %q (%v); want %d, %q", a.status, a.class, a.err, test.status, test.class)
			}
			if a.detail() == "" {
				t.Error("got no detail")
			}
		})
	}
}

// TestPhases has a server delay its header and its body: no phase can be
// shorter than that.
func TestPhases(t *testing.T) {
	const wait = 20 * time.Millisecond
	address := listen(t, func(conn net.Conn) {
		readRequest(conn)
		time.Sleep(wait)
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n")
		time.Sleep(wait)
		_, _ = io.WriteString(conn, "x")
	})
	p := exchangeOnce(t, wire.HTTP, address, 5*time.Second).phases
	if p.Connect <= 0 || p.TLS != 0 || p.FirstByte < wait || p.Total < 2*wait {
		t.Errorf("got %+v", p)
	}
}

func TestConnecting(t *testing.T) {
	tests := map[string]struct {
		address string
		class   wire.ErrorClass
	}{
		"refused":   {nobody(t), wire.ErrorRefused},
		"no name":   {"no..name:80", wire.ErrorDNS},
		"no port":   {"127.0.0.1", wire.ErrorLocal},
		"odd port":  {"127.0.0.1:nettrace", wire.ErrorDNS},
		"broadcast": {"255.255.255.255:80", wire.ErrorUnreachable},
	}
	for name, test := range tests {
		for _, protocol := range []wire.Protocol{wire.HTTP, wire.HTTPS, wire.TCP} {
			t.Run(name+" "+string(protocol), func(t *testing.T) {
				a := exchangeOnce(t, protocol, test.address, time.Second)
				if a.class != test.class || a.arrived() {
					t.Errorf("got %q (%v), want %q", a.class, a.err, test.class)
				}
			})
		}
	}
	t.Run("tcp", func(t *testing.T) {
		a := exchangeOnce(t, wire.TCP, listen(t, untilClosed), 5*time.Second)
		if !a.arrived() || a.status != 0 || a.phases.Connect <= 0 || a.phases.Total < a.phases.Connect {
			t.Errorf("got %+v", a)
		}
	})
}

func TestTLS(t *testing.T) {
	var sni, proto string
	good := serveTLS(t, &tls.Config{GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		sni, proto = hello.ServerName, strings.Join(hello.SupportedProtos, ",")
		return nil, nil
	}}, func(http.ResponseWriter, *http.Request) {})
	onlyOther := serveTLS(t, &tls.Config{NextProtos: []string{"mqtt"}}, func(http.ResponseWriter, *http.Request) {})
	tests := map[string]struct {
		protocol wire.Protocol
		address  string
		status   int
		class    wire.ErrorClass
	}{
		"untrusted certificate":     {wire.HTTPS, good, 200, ""},
		"no common protocol":        {wire.HTTPS, onlyOther, 0, wire.ErrorTLS},
		"TLS to plain":              {wire.HTTPS, script(t, "HTTP/1.1 400 Bad Request\r\n\r\n"), 0, wire.ErrorTLS},
		"plain to TLS":              {wire.HTTP, good, 400, ""},
		"closed in the handshake":   {wire.HTTPS, script(t, ""), 0, wire.ErrorReset},
		"silent in the handshake":   {wire.HTTPS, listen(t, untilClosed), 0, wire.ErrorTimeout},
		"unfinished TLS record":     {wire.HTTPS, script(t, "\x16\x03\x03"), 0, wire.ErrorReset},
		"alert instead of greeting": {wire.HTTPS, script(t, "\x15\x03\x03\x00\x02\x02\x28"), 0, wire.ErrorTLS},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			a := exchangeOnce(t, test.protocol, test.address, time.Second)
			if a.status != test.status || a.class != test.class {
				t.Errorf("got status %d, class %q (%v); want %d, %q", a.status, a.class, a.err, test.status, test.class)
			}
		})
	}
	if sni != "shop.example" || proto != "http/1.1" {
		t.Errorf("the server saw name %q and protocols %q", sni, proto)
	}
}
