package agent

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// serveHTTP2 answers with a handler over HTTP/2: over TLS, or in the clear and
// then with nothing else.
func serveHTTP2(t *testing.T, secure bool, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	if secure {
		server.EnableHTTP2 = true
		server.StartTLS()
	} else {
		server.Config.Protocols = &http.Protocols{}
		server.Config.Protocols.SetUnencryptedHTTP2(true)
		server.Start()
	}
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

// askRoute asks for a route once, as the engine does.
func askRoute(t *testing.T, route wire.Route, timeout time.Duration) answer {
	t.Helper()
	plan := planOf(nil, route)
	target, err := newTarget(plan, plan.Routes[0], newIndex(nil))
	if err != nil {
		t.Fatal(err)
	}
	return newExchange(timeout).ask(context.Background(), target, "MARKER", true)
}

func TestHTTP2(t *testing.T) {
	for protocol, scheme := range map[wire.Protocol]string{wire.H2: "https", wire.H2C: "http"} {
		var got string
		address := serveHTTP2(t, protocol.Secure(), func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			got = fmt.Sprint(r.Proto, " ", r.TLS != nil, " ", r.Method, " ", r.RequestURI, " ", r.Host, " ", len(body), " ", r.Header)
			w.Header().Set("Trailer", "X-Late")
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, "hi")
			w.Header().Set("X-Late", "y")
		})
		for _, path := range []string{"/x?y=%20", "/api(/.*)?$", "//x", "/#x"} {
			a := askRoute(t, wire.Route{Protocol: protocol, Address: address, Path: path}, 5*time.Second)
			if a.status != 404 || a.err != nil || string(a.body) != "hi" || a.size != 2 {
				t.Fatalf("%s: got %+v", protocol, a)
			}
			if p := a.phases; p.Connect <= 0 || (p.TLS > 0) != protocol.Secure() || p.FirstByte <= 0 || p.Total < p.Connect+p.TLS+p.FirstByte {
				t.Errorf("%s: got %+v", protocol, p)
			}
			want := fmt.Sprint("HTTP/2.0 ", scheme == "https", " GET ", path, " shop.example 0 ",
				http.Header{"X-Nettrace-Id": {"MARKER"}, "User-Agent": {"kubectl-nettrace/test (MARKER)"}, "Accept": {"*/*"}})
			if got != want {
				t.Errorf("%s: the server received\n%s, want\n%s", protocol, got, want)
			}
		}
	}
}

// TestHTTP2Phases has a server delay its header and its body: the settings that
// it sends at once are no answer.
func TestHTTP2Phases(t *testing.T) {
	const wait = 20 * time.Millisecond
	address := serveHTTP2(t, false, func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(wait)
		w.(http.Flusher).Flush()
		time.Sleep(wait)
		_, _ = io.WriteString(w, "x")
	})
	p := exchangeOnce(t, wire.H2C, address, 5*time.Second).phases
	if p.FirstByte < wait || p.Total < 2*wait {
		t.Errorf("got %+v", p)
	}
}

func TestHTTP2Refused(t *testing.T) {
	ok := func(http.ResponseWriter, *http.Request) {}
	// It reads all, since closing earlier would reset the connection and what was
	// said might be lost.
	http1 := listen(t, func(conn net.Conn) {
		readRequestHTTP2(conn)
		_, _ = io.WriteString(conn, "HTTP/1.1 505 HTTP Version Not Supported\r\n\r\n")
		untilClosed(conn)
	})
	only := func(protocols ...string) string { return serveTLS(t, &tls.Config{NextProtos: protocols}, ok) }
	tests := map[string]struct {
		protocol wire.Protocol
		address  string
		class    wire.ErrorClass
		detail   string
	}{
		"other protocols over TLS": {wire.H2, only("mqtt"), wire.ErrorTLS, "no application protocol"},
		"none agreed on":           {wire.H2, listen(t, withoutALPN(t)), wire.ErrorProtocol, "in the TLS handshake: the server does not agree (by ALPN) to speak HTTP/2"},
		"HTTP/1.1 in the clear":    {wire.H2C, http1, wire.ErrorProtocol, "the answer is not HTTP/2"},
		"gRPC to HTTP/1.1":         {wire.GRPC, http1, wire.ErrorProtocol, "the answer is not HTTP/2"},
		"TLS to plain":             {wire.H2, serve(t, ok), wire.ErrorTLS, ""},
		"plain to TLS":             {wire.H2C, serveHTTP2(t, true, ok), wire.ErrorReset, ""},
		"refused":                  {wire.H2, nobody(t), wire.ErrorRefused, ""},
	}
	for name, test := range tests {
		a := exchangeOnce(t, test.protocol, test.address, 5*time.Second)
		if a.status != 0 || a.class != test.class || !strings.Contains(a.detail(), test.detail) {
			t.Errorf("%s: got status %d, class %q, %q; want %q, %q", name, a.status, a.class, a.detail(), test.class, test.detail)
		}
	}
}

// withoutALPN makes a TLS handshake that agrees on no protocol.
func withoutALPN(t *testing.T) func(net.Conn) {
	server := httptest.NewUnstartedServer(nil)
	server.StartTLS()
	t.Cleanup(server.Close)
	config := &tls.Config{Certificates: server.TLS.Certificates}
	return func(conn net.Conn) { _ = tls.Server(conn, config).Handshake(); untilClosed(conn) }
}

// frame returns a frame of HTTP/2.
func frame(kind, flags byte, stream uint32, payload string) string {
	size := len(payload)
	head := []byte{byte(size >> 16), byte(size >> 8), byte(size), kind, flags}
	return string(binary.BigEndian.AppendUint32(head, stream)) + payload
}

// What a server writes: fields are literals that are not indexed (RFC 7541,
// section 6.2.2), and 0x88 is the status 200.
const (
	endStream, endHeaders = 0x1, 0x4
	ok200                 = "\x88"
)

func literal(name, value string) string {
	return "\x00" + string(rune(len(name))) + name + string(rune(len(value))) + value
}

func number(n uint32) string { return string(binary.BigEndian.AppendUint32(nil, n)) }

// readRequestHTTP2 waits for the header of a request.
func readRequestHTTP2(conn net.Conn) {
	_, _ = io.CopyN(io.Discard, conn, int64(len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")))
	for {
		var head [9]byte
		if _, err := io.ReadFull(conn, head[:]); err != nil {
			return
		}
		_, _ = io.CopyN(io.Discard, conn, int64(head[1])<<8|int64(head[2]))
		if head[3] == frameHeaders {
			return
		}
	}
}

// TestFrames covers what a server can say at once over HTTP/2.
func TestFrames(t *testing.T) {
	var complaints bytes.Buffer
	log.SetOutput(&complaints)
	defer log.SetOutput(log.Default().Writer())
	settings := frame(frameSettings, 0, 0, "")
	header := frame(frameHeaders, endHeaders, 1, ok200)
	whole := frame(frameHeaders, endHeaders|endStream, 1, ok200)
	data := func(text string) string { return frame(frameData, endStream, 1, text) }
	tests := map[string]struct {
		text   string
		status int
		class  wire.ErrorClass
		body   string
	}{
		"no body":                {settings + whole, 200, "", ""},
		"body":                   {settings + header + data("hi"), 200, "", "hi"},
		"interim":                {settings + frame(frameHeaders, endHeaders, 1, literal(":status", "103")) + header + data("hi"), 200, "", "hi"},
		"frames to be ignored":   {settings + frame(0xa, 0, 0, "alt-svc") + frame(framePriority, 0, 1, "12345") + header + frame(0xff, 0, 1, "") + data("hi"), 200, "", "hi"},
		"trailer":                {settings + header + frame(frameData, 0, 1, "hi") + frame(frameHeaders, endHeaders|endStream, 1, literal("x", "y")), 200, "", "hi"},
		"nothing":                {"", 0, wire.ErrorReset, ""},
		"one zero":               {"\x00", 0, wire.ErrorReset, ""},
		"settings only":          {settings, 0, wire.ErrorReset, ""},
		"half a header":          {settings + header[:9], 0, wire.ErrorReset, ""},
		"half a body":            {settings + header + frame(frameData, 0, 1, "hi"), 200, wire.ErrorReset, "hi"},
		"banner":                 {"220 mail.example ESMTP\r\n", 0, wire.ErrorProtocol, ""},
		"short banner":           {"hi", 0, wire.ErrorProtocol, ""},
		"HTTP/1.1":               {"HTTP/1.1 400 Bad Request\r\n\r\n", 0, wire.ErrorProtocol, ""},
		"no settings":            {whole, 0, wire.ErrorProtocol, ""},
		"zeros":                  {strings.Repeat("\x00", 100), 0, wire.ErrorProtocol, ""},
		"no status":              {settings + frame(frameHeaders, endHeaders|endStream, 1, literal("x", "y")), 0, wire.ErrorProtocol, ""},
		"status 0":               {settings + frame(frameHeaders, endHeaders|endStream, 1, literal(":status", "0")), 0, wire.ErrorProtocol, ""},
		"long status":            {settings + frame(frameHeaders, endHeaders|endStream, 1, literal(":status", "2000")), 0, wire.ErrorProtocol, ""},
		"negative status":        {settings + frame(frameHeaders, endHeaders|endStream, 1, literal(":status", "-200")), 0, wire.ErrorProtocol, ""},
		"control characters":     {settings + frame(frameHeaders, endHeaders|endStream, 1, ok200+literal("x", "a\x1b[2J")), 0, wire.ErrorProtocol, ""},
		"the same in a trailer":  {settings + header + frame(frameHeaders, endHeaders|endStream, 1, literal("x", "a\r\nb")), 200, wire.ErrorProtocol, ""},
		"no compressed header":   {settings + frame(frameHeaders, endHeaders|endStream, 1, "\xff\xff\xff\xff\xff\xff"), 0, wire.ErrorProtocol, ""},
		"data at first":          {settings + data("hi"), 0, wire.ErrorProtocol, ""},
		"data on another stream": {settings + header + frame(frameData, 0, 3, "hi"), 200, wire.ErrorProtocol, ""},
		"data after the end":     {settings + header + data("hi") + data("ho"), 200, "", "hi"},
		"a push":                 {settings + frame(0x5, endHeaders, 1, "\x00\x00\x00\x02"+ok200), 0, wire.ErrorProtocol, ""},
		"large frame":            {settings + header + frame(frameData, endStream, 1, strings.Repeat("x", maxFrame+1)), 200, wire.ErrorProtocol, ""},
		"too much":               {settings + frame(frameHeaders, endHeaders, 1, ok200+literal("content-length", "1")) + data("hi"), 200, wire.ErrorProtocol, "h"},
		"too little":             {settings + frame(frameHeaders, endHeaders, 1, ok200+literal("content-length", "9")) + data("hi"), 200, wire.ErrorReset, "hi"},
		"reset":                  {settings + frame(frameReset, 0, 1, number(2)), 0, wire.ErrorReset, ""},
		"reset, not understood":  {settings + frame(frameReset, 0, 1, number(codeProtocol)), 0, wire.ErrorProtocol, ""},
		"wants HTTP/1.1":         {settings + frame(frameReset, 0, 1, number(codeHTTP11)), 0, wire.ErrorProtocol, ""},
		"reset in the body":      {settings + header + frame(frameData, 0, 1, "hi") + frame(frameReset, 0, 1, number(2)), 200, wire.ErrorReset, "hi"},
		"goes away":              {settings + frame(frameGoAway, 0, 0, number(0)+number(0)), 0, wire.ErrorReset, ""},
		"goes away in anger":     {settings + frame(frameGoAway, 0, 0, number(0)+number(11)+"too many pings"), 0, wire.ErrorReset, ""},
		"goes away, answers":     {settings + frame(frameGoAway, 0, 0, number(1)+number(0)) + whole, 200, "", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			address := listen(t, func(conn net.Conn) {
				readRequestHTTP2(conn)
				_, _ = io.WriteString(conn, test.text)
			})
			a := exchangeOnce(t, wire.H2C, address, 5*time.Second)
			if a.status != test.status || a.class != test.class || string(a.body) != test.body {
				t.Errorf("got status %d, class %q, body %q (%v); want %d, %q, %q", a.status, a.class, a.body, a.err, test.status, test.class, test.body)
			}
		})
	}
	if complaints.Len() != 0 {
		t.Errorf("the program's log has:\n%s", &complaints)
	}
}

// TestTooManyFrames: a server that sends as fast as it can, without being allowed
// to, runs into one of two bounds: of what may be sent, or of what is read. Which
// one comes first is a matter of luck.
func TestTooManyFrames(t *testing.T) {
	begin := frame(frameSettings, 0, 0, "") + frame(frameHeaders, endHeaders, 1, ok200)
	a := exchangeOnce(t, wire.H2C, listen(t, func(conn net.Conn) {
		readRequestHTTP2(conn)
		go untilClosed(conn)
		_, _ = io.WriteString(conn, begin)
		flood(conn, frame(frameData, 0, 1, strings.Repeat("x", maxFrame)))
	}), 20*time.Second)
	if a.status != 200 || a.class != wire.ErrorProtocol && a.class != wire.ErrorEndless {
		t.Errorf("got status %d, class %q (%v); want 200 and an answer that is broken off", a.status, a.class, a.err)
	}
}

// TestFramesWithoutEnd covers servers that are slow or never come to an end.
func TestFramesWithoutEnd(t *testing.T) {
	settings := frame(frameSettings, 0, 0, "")
	header := frame(frameHeaders, endHeaders, 1, ok200)
	begin := func(text string, then func(net.Conn)) func(net.Conn) {
		return func(conn net.Conn) {
			readRequestHTTP2(conn)
			_, _ = io.WriteString(conn, text)
			then(conn)
		}
	}
	// The client answers pings and settings: a server that does not read that
	// would stop it.
	endless := func(begin, then string) func(net.Conn) {
		return func(conn net.Conn) {
			readRequestHTTP2(conn)
			go untilClosed(conn)
			_, _ = io.WriteString(conn, begin)
			flood(conn, strings.Repeat(then, 100))
		}
	}
	drip := func(begin, then string) func(net.Conn) {
		return func(conn net.Conn) {
			readRequestHTTP2(conn)
			_, _ = io.WriteString(conn, begin)
			for {
				for _, c := range []byte(then) {
					time.Sleep(5 * time.Millisecond)
					if _, err := conn.Write([]byte{c}); err != nil {
						return
					}
				}
			}
		}
	}
	patient, short := 20*time.Second, 200*time.Millisecond
	tests := map[string]struct {
		handle  func(net.Conn)
		timeout time.Duration
		status  int
		class   wire.ErrorClass
	}{
		"silence":              {untilClosed, short, 0, wire.ErrorTimeout},
		"settings, silence":    {begin(settings, untilClosed), short, 0, wire.ErrorTimeout},
		"no streams":           {begin(frame(frameSettings, 0, 0, "\x00\x03"+number(0)), untilClosed), short, 0, wire.ErrorTimeout},
		"header, silence":      {begin(settings+header, untilClosed), short, 200, wire.ErrorEndless},
		"slow settings":        {drip("", "\x00\x00\x00\x04\x00\x00\x00\x00\x00"), short, 0, wire.ErrorTimeout},
		"slow body":            {drip(settings+header, frame(frameData, 0, 1, "x")), short, 200, wire.ErrorEndless},
		"banner, silence":      {begin("220", untilClosed), short, 0, wire.ErrorProtocol},
		"reset":                {begin("", reset), patient, 0, wire.ErrorReset},
		"reset after settings": {begin(settings, reset), patient, 0, wire.ErrorReset},
		"pings":                {endless(settings, frame(0x6, 0, 0, "12345678")), patient, 0, wire.ErrorProtocol},
		"settings":             {endless("", settings), patient, 0, wire.ErrorProtocol},
		"window updates":       {endless(settings, frame(0x8, 0, 0, number(1))), patient, 0, wire.ErrorProtocol},
		"unknown frames":       {endless(settings, frame(0x20, 0, 0, "x")), patient, 0, wire.ErrorProtocol},
		"interim answers":      {endless(settings, frame(frameHeaders, endHeaders, 1, literal(":status", "103"))), patient, 0, wire.ErrorProtocol},
		"continuation":         {endless(settings+frame(frameHeaders, 0, 1, ok200), frame(frameContinuation, 0, 1, literal("x", "y"))), patient, 0, wire.ErrorProtocol},
		"empty continuation":   {endless(settings+frame(frameHeaders, 0, 1, ok200), frame(frameContinuation, 0, 1, "")), patient, 0, wire.ErrorProtocol},
		"trailer":              {endless(settings+header+frame(frameHeaders, 0, 1, ""), frame(frameContinuation, 0, 1, literal("x", "y"))), patient, 200, wire.ErrorProtocol},
		"body in small pieces": {endless(settings+header, frame(frameData, 0, 1, "x")), patient, 200, wire.ErrorEndless},
		"body of nothing":      {endless(settings+header, frame(frameData, 0, 1, "")), patient, 200, wire.ErrorEndless},
		"garbage":              {endless(settings, "\x00\xff"), patient, 0, wire.ErrorProtocol},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := exchangeOnce(t, wire.H2C, listen(t, test.handle), test.timeout)
			if a.status != test.status || a.class != test.class {
				t.Errorf("got status %d, class %q (%v); want %d, %q", a.status, a.class, a.err, test.status, test.class)
			}
		})
	}
}

// TestBodiesOverHTTP2: what counts is how long the body is.
func TestBodiesOverHTTP2(t *testing.T) {
	for size, class := range map[int]wire.ErrorClass{0: "", 1: "", maxBody: "", maxBody + 1: wire.ErrorEndless, 1 << 40: wire.ErrorEndless} {
		address := serveHTTP2(t, false, func(w http.ResponseWriter, r *http.Request) {
			for left := size; left > 0 && r.Context().Err() == nil; left -= 8 << 10 {
				_, _ = io.WriteString(w, strings.Repeat("x", min(left, 8<<10)))
			}
		})
		a := exchangeOnce(t, wire.H2C, address, 20*time.Second)
		if a.status != 200 || a.class != class || class == "" && a.size != size || class != "" && a.size != 0 || len(a.body) != min(size, maxSearch) {
			t.Errorf("%d bytes: got status %d, class %q (%v), size %d, %d bytes kept", size, a.status, a.class, a.err, a.size, len(a.body))
		}
	}
}

// TestCompressionIsLeftAlone: a small answer that would unpack to a large one is
// taken for what it is.
func TestCompressionIsLeftAlone(t *testing.T) {
	for _, protocol := range []wire.Protocol{wire.HTTP, wire.H2C} {
		handler := func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = fmt.Fprintf(w, "not gzip, but asked for %q", r.Header["Accept-Encoding"])
		}
		address := serve(t, handler)
		if protocol == wire.H2C {
			address = serveHTTP2(t, false, handler)
		}
		if a := exchangeOnce(t, protocol, address, 5*time.Second); a.err != nil || string(a.body) != "not gzip, but asked for []" {
			t.Errorf("%s: got %q, %v", protocol, a.body, a.err)
		}
	}
}
