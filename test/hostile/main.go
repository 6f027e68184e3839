// Command hostile is a server that behaves badly in one chosen way, to see that
// a client survives it. No real server can be brought to do this.
//
//	hostile [-listen :8080] MODE
//
// Some of its modes are well behaved, and here because the other servers of the
// tests have nothing like them: websocket, tell, grpc and veiled.
//
// With -ready it answers a readiness probe properly on a port of its own, and with
// -late it is started long before it listens.
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"
)

// behaviour does its worst with a connection of which the request was read.
type behaviour func(conn net.Conn, request []byte)

// behaviours returns all modes by name.
func behaviours() map[string]behaviour {
	return map[string]behaviour{
		"hang":            hang,
		"endless-body":    endlessBody,
		"endless-headers": endlessHeaders,
		"drip":            drip,
		"escape":          escape,
		"escape-text":     escapeText,
		"garbage":         garbage,
		"reset":           reset,
		"continue-flood":  continueFlood,
		"websocket":       websocket,
		"tell":            tell,
	}
}

func main() {
	listen := flag.String("listen", ":8080", "where to misbehave")
	ready := flag.String("ready", "", "where to answer a readiness probe, if anywhere")
	late := flag.Duration("late", 0, "how long to wait before listening")
	flag.Parse()
	behave, handler := behaviours()[flag.Arg(0)], handlers()[flag.Arg(0)]
	if behave == nil && handler == nil {
		modes := slices.Concat(slices.Collect(maps.Keys(behaviours())), slices.Collect(maps.Keys(handlers())))
		slices.Sort(modes)
		log.Fatalf("usage: hostile [-listen ADDRESS] [-ready ADDRESS] [-late DURATION] MODE, one of %s", strings.Join(modes, ", "))
	}
	if *ready != "" {
		go answerReadiness(*ready)
	}
	time.Sleep(*late)
	if handler != nil {
		log.Fatal(serveHTTP(*listen, handler))
	}
	log.Fatal(serve(*listen, behave))
}

func answerReadiness(address string) {
	server := &http.Server{Addr: address, ReadHeaderTimeout: 5 * time.Second, Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})}
	log.Fatal(server.ListenAndServe())
}

// serve lets every connection to the address be misbehaved with. It returns
// only with an error.
func serve(address string, behave behaviour) error {
	listener, err := net.Listen("tcp", address) //nolint:noctx // it listens until it is killed
	if err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, "misbehaving on", address)
	for {
		conn, err := listener.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer conn.Close() //nolint:errcheck // there is nothing to be done about it
			request := make([]byte, 4096)
			if n, err := conn.Read(request); err == nil {
				behave(conn, request[:n])
			}
		}()
	}
}

// hang accepts and never answers.
func hang(conn net.Conn, _ []byte) { _, _ = io.Copy(io.Discard, conn) }

// endlessBody promises a body and never ends it.
func endlessBody(conn net.Conn, _ []byte) {
	flood(conn, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n", strings.Repeat("x", 8192))
}

// endlessHeaders never gets to the body.
func endlessHeaders(conn net.Conn, _ []byte) {
	flood(conn, "HTTP/1.1 200 OK\r\n", "X-More: "+strings.Repeat("y", 1000)+"\r\n")
}

// continueFlood says 100 Continue for ever.
func continueFlood(conn net.Conn, _ []byte) {
	flood(conn, "", "HTTP/1.1 100 Continue\r\n\r\n")
}

// drip sends one byte a second.
func drip(conn net.Conn, _ []byte) {
	for _, b := range []byte("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + strings.Repeat("z", 1000000)) {
		if _, err := conn.Write([]byte{b}); err != nil {
			return
		}
		time.Sleep(time.Second)
	}
}

// escape answers with what turns a careless terminal upside down: a status text,
// headers and a body of escape sequences, and marks that reverse the writing.
func escape(conn net.Conn, _ []byte) {
	evil := "\x1b[2J\x1b[31mPWNED\x1b]0;title\x07\u202eevil"
	body := evil + "<script>alert(1)</script>"
	_, _ = fmt.Fprintf(conn, "HTTP/1.1 500 %s\r\nX-Served-By: %s\r\nContent-Length: %d\r\n\r\n%s", evil, evil, len(body), body)
}

// escapeText does the same with a status text and a body, where a client does not
// refuse them outright as it does in a header.
func escapeText(conn net.Conn, _ []byte) {
	evil := "\x1b[2J\x1b[31mPWNED\x1b]0;title\x07\u202eevil"
	_, _ = fmt.Fprintf(conn, "HTTP/1.1 500 %s\r\nContent-Length: %d\r\n\r\n%s", evil, len(evil), evil)
}

// garbage is no HTTP at all.
func garbage(conn net.Conn, _ []byte) {
	_, _ = conn.Write([]byte("\x00\xff\x1b[31m SSH-2.0-nonsense\r\n\r\n"))
}

// reset breaks the connection off with an RST.
func reset(conn net.Conn, _ []byte) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
}

func flood(conn net.Conn, first, then string) {
	if _, err := io.WriteString(conn, first); err != nil {
		return
	}
	for {
		if _, err := io.WriteString(conn, then); err != nil {
			return
		}
	}
}
