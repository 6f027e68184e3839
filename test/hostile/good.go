package main

import (
	"bufio"
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

// farewell is how long a WebSocket waits for the client to close it.
const farewell = 5 * time.Second

// websocket grants an upgrade to WebSocket at the path /socket (RFC 6455, section
// 4.2.2), names itself, and leaves it to the client to end the connection. Other
// paths are not found, and requests for anything else are bad ones.
func websocket(conn net.Conn, request []byte) {
	asked, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(request)))
	if err != nil || !strings.EqualFold(asked.Header.Get("Upgrade"), "websocket") {
		say(conn, "400 Bad Request", "a WebSocket is all there is here")
		return
	}
	if asked.URL.Path != "/socket" {
		say(conn, "404 Not Found", "the WebSocket is at /socket")
		return
	}
	sum := sha1.Sum([]byte(asked.Header.Get("Sec-Websocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	_, _ = fmt.Fprintf(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\nX-Served-By: %s\r\n\r\n",
		base64.StdEncoding.EncodeToString(sum[:]), hostname())
	_ = conn.SetReadDeadline(time.Now().Add(farewell))
	_, _ = conn.Read(make([]byte, 256))
}

// tell names itself, and logs what it was sent.
func tell(conn net.Conn, request []byte) {
	fmt.Fprintf(os.Stderr, "%s", bytes.ReplaceAll(request, []byte("\r\n"), []byte("\n")))
	say(conn, "200 OK", hostname())
}

// say answers a request with a text.
func say(conn net.Conn, status, text string) {
	_, _ = io.WriteString(conn, fmt.Sprintf("HTTP/1.1 %s\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s", status, len(text), text))
}

func hostname() string {
	name, _ := os.Hostname() // without one it has no name to give
	return name
}
