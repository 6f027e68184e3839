package agent

import (
	"bufio"
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// acceptOf returns what a server must say to a key.
func acceptOf(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// switches answers an upgrade with a text, in which KEY is what must be said.
func switches(text string, then func(net.Conn, *http.Request)) func(net.Conn) {
	return func(conn net.Conn) {
		reader := bufio.NewReader(conn)
		r, err := http.ReadRequest(reader)
		if err != nil {
			return
		}
		_, _ = io.WriteString(conn, strings.ReplaceAll(text, "KEY", acceptOf(r.Header.Get("Sec-WebSocket-Key"))))
		then(conn, r)
	}
}

const switching = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Accept: KEY\r\n\r\n"

func TestWebSocket(t *testing.T) {
	var asked *http.Request
	var frame []byte
	done := make(chan struct{})
	address := listen(t, switches(switching, func(conn net.Conn, r *http.Request) {
		asked = r
		// A greeting that nobody reads must not make the client reset.
		_, _ = conn.Write([]byte{0x81, 2, 'h', 'i'})
		frame = make([]byte, 8)
		_, _ = io.ReadFull(conn, frame)
		_, _ = conn.Write([]byte{0x88, 0})
		_ = conn.Close()
		close(done)
	}))
	a := askRoute(t, wire.Route{Protocol: wire.WS, Address: address, Path: "/socket"}, 5*time.Second)
	if a.status != 101 || a.err != nil || a.phases.FirstByte <= 0 {
		t.Fatalf("got %+v", a)
	}
	<-done
	key, err := base64.StdEncoding.DecodeString(asked.Header.Get("Sec-WebSocket-Key"))
	if err != nil || len(key) != 16 || asked.Header.Get("Sec-WebSocket-Version") != "13" || asked.Header.Get("Upgrade") != "websocket" ||
		asked.Header.Get("Connection") != "Upgrade" || asked.Method != "GET" || asked.URL.Path != "/socket" || asked.Header.Get("X-Nettrace-Id") != "MARKER" {
		t.Errorf("the server received %+v", asked)
	}
	mask := frame[2:6]
	if want := []byte{0x88, 0x82}; !bytes.Equal(frame[:2], want) || frame[6]^mask[0] != 0x03 || frame[7]^mask[1] != 0xe8 {
		t.Errorf("the connection was closed with % x", frame)
	}
}

func TestWebSocketAnswers(t *testing.T) {
	without := func(line string) string { return strings.Replace(switching, line, "", 1) }
	tests := map[string]struct {
		text   string
		status int
		class  wire.ErrorClass
	}{
		"good":                  {switching, 101, ""},
		"wrong accept":          {strings.Replace(switching, "KEY", "KEY=", 1), 101, wire.ErrorProtocol},
		"no accept":             {without("Sec-WebSocket-Accept: KEY\r\n"), 101, wire.ErrorProtocol},
		"no upgrade":            {without("Upgrade: WebSocket\r\n"), 101, wire.ErrorProtocol},
		"no connection":         {without("Connection: keep-alive, Upgrade\r\n"), 101, wire.ErrorProtocol},
		"another upgrade":       {strings.Replace(switching, "WebSocket\r\n", "h2c\r\n", 1), 101, wire.ErrorProtocol},
		"not found":             {"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno", 404, ""},
		"no upgrade but a page": {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", 200, ""},
		"upgrade required":      {"HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n", 426, ""},
		"nothing":               {"", 0, wire.ErrorReset},
		"garbage":               {"\x81\x02hi", 0, wire.ErrorProtocol},
	}
	for name, test := range tests {
		a := exchangeOnce(t, wire.WS, listen(t, switches(test.text, func(net.Conn, *http.Request) {})), 5*time.Second)
		if a.status != test.status || a.class != test.class {
			t.Errorf("%s: got status %d, class %q (%v); want %d, %q", name, a.status, a.class, a.err, test.status, test.class)
		}
	}
}

// TestWebSocketFarewell has servers that do not close: nobody waits for long,
// and none of it counts as the time of the request.
func TestWebSocketFarewell(t *testing.T) {
	for name, then := range map[string]func(net.Conn, *http.Request){
		"silence": func(conn net.Conn, _ *http.Request) { untilClosed(conn) },
		"endless": func(conn net.Conn, _ *http.Request) { flood(conn, "\x81\x02hi") },
		"reset":   func(conn net.Conn, _ *http.Request) { reset(conn) },
	} {
		a := exchangeOnce(t, wire.WS, listen(t, switches(switching, then)), time.Hour)
		if a.status != 101 || a.err != nil {
			t.Errorf("%s: got %+v", name, a)
		}
	}
}

func TestWebSocketOverTLS(t *testing.T) {
	address := serveTLS(t, nil, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Upgrade", "websocket")
		w.Header().Set("Connection", "Upgrade")
		w.Header().Set("Sec-WebSocket-Accept", acceptOf(r.Header.Get("Sec-WebSocket-Key")))
		w.WriteHeader(http.StatusSwitchingProtocols)
	})
	if a := exchangeOnce(t, wire.WSS, address, 5*time.Second); a.status != 101 || a.err != nil || a.phases.TLS <= 0 || a.certificate == nil {
		t.Errorf("got %+v", a)
	}
}
