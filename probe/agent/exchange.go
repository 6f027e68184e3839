package agent

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// The bounds of what is read of one answer, in bytes.
const (
	maxHeader = 64 << 10
	maxSearch = 64 << 10
	maxBody   = 1 << 20
	// readAhead is the size of the read buffer, by which the bounds are exceeded.
	readAhead = 4 << 10
	// maxFraming is what chunked encoding may add to a body.
	maxFraming = 256 << 10
)

// exchange sends one request after the other, each on a connection of its own,
// and keeps the buffers for it. It is for one goroutine.
type exchange struct {
	timeout time.Duration
	dialer  net.Dialer
	request []byte
	source  source
	reader  *bufio.Reader
	body    []byte
	scratch []byte
}

func newExchange(timeout time.Duration) *exchange {
	return &exchange{
		timeout: timeout,
		// Probes for a dead peer are of no use on connections this short.
		dialer:  net.Dialer{KeepAlive: -1},
		reader:  bufio.NewReaderSize(nil, readAhead),
		scratch: make([]byte, 16<<10),
	}
}

// ask sends one request and returns what became of it. When ctx is cancelled,
// the answer is an error of some class. With keep set, the answer has the
// beginning of the body.
//
// No connection is reset on purpose (SO_LINGER 0) to save local ports: to the
// server that would be an error. It was asked to close the connection, and
// mostly does so first, so that the waiting for late packets is on its side.
func (x *exchange) ask(ctx context.Context, t *target, marker string, keep bool) answer {
	a := answer{marker: marker, sent: time.Now()}
	deadline := a.sent.Add(x.timeout)
	conn, err := x.dial(ctx, t, deadline)
	a.phases.Connect = time.Since(a.sent)
	if err != nil {
		a.fail(connecting, err)
		return a
	}
	defer func() { _ = conn.Close() }()
	a.connected = true
	a.local = localAddress(conn)
	_ = conn.SetDeadline(deadline)
	release := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer release()
	stream := conn
	if t.tls != nil {
		secure := tls.Client(conn, t.tls)
		// Closing says goodbye (close_notify), so that the server logs no error.
		defer func() { _ = secure.Close() }()
		stream = secure
		shake(secure, &a)
	}
	if t.Protocol != wire.TCP && a.err == nil {
		x.talk(stream, t, &a, keep)
	}
	a.phases.Total = time.Since(a.sent)
	return a
}

func shake(conn *tls.Conn, a *answer) {
	begin := time.Now()
	if err := conn.Handshake(); err != nil { //nolint:noctx // the connection has a deadline, and is closed with the context
		a.fail(shaking, err)
	}
	a.phases.TLS = time.Since(begin)
}

// dial connects. It is not Dialer.DialTCP, though that spares the parsing of the
// address: it binds a local port before it knows the destination (seen in Go
// 1.26), and then the ports of all destinations together are as few as those
// of one.
func (x *exchange) dial(ctx context.Context, t *target, deadline time.Time) (net.Conn, error) {
	x.dialer.Deadline = deadline
	return x.dialer.DialContext(ctx, "tcp", t.Address)
}

// talk sends the request over a connection and reads the answer.
func (x *exchange) talk(conn net.Conn, t *target, a *answer, keep bool) {
	x.request = t.request(x.request[:0], a.marker)
	// Before writing, since on a short way the answer is there when it returns.
	begin := time.Now()
	_, writing := conn.Write(x.request)
	x.source = source{conn: conn, left: maxHeader + readAhead, full: errLongHeader}
	x.reader.Reset(&x.source)
	_, err := x.reader.Peek(1)
	a.phases.FirstByte = time.Since(begin)
	if err == nil {
		err = x.readAnswer(a, keep)
	}
	// A server may answer without having read the request, and close: then
	// writing fails, and there is an answer nevertheless.
	if err != nil && a.status == 0 && writing != nil {
		err = writing
	}
	if err != nil {
		at := asking
		if a.status != 0 {
			at = reading
		}
		a.fail(at, err)
	}
}

// readAnswer reads the answer's header and body. Interim answers (1xx) are
// passed over, all together within the bound for one header.
func (x *exchange) readAnswer(a *answer, keep bool) error {
	for {
		if first, err := x.reader.Peek(5); string(first) != "HTTP/"[:len(first)] {
			return errGarbage
		} else if err != nil {
			return err
		}
		response, err := http.ReadResponse(x.reader, nil) //nolint:bodyclose // the connection is closed, after no more of the body than is wanted
		switch {
		case err != nil && x.source.err != nil:
			// What is wrong with half a header is that it ends.
			return x.source.err
		case err != nil:
			return err
		case response.StatusCode < 100:
			return errGarbage
		case response.StatusCode < 200 && response.StatusCode != http.StatusSwitchingProtocols:
			continue
		}
		a.status, a.header = response.StatusCode, response.Header
		return x.readBody(response.Body, a, keep)
	}
}

// readBody reads the body to its end, within bounds.
func (x *exchange) readBody(body io.Reader, a *answer, keep bool) error {
	x.source.left, x.source.full = maxBody+maxFraming, errLongBody
	x.body = x.body[:0]
	for total := 0; ; {
		n, err := body.Read(x.scratch)
		total += n
		if keep && len(x.body) < maxSearch {
			x.body = append(x.body, x.scratch[:min(n, maxSearch-len(x.body))]...)
			a.body = x.body
		}
		switch {
		case total > maxBody:
			return errLongBody
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
	}
}

// source reads from a connection until a number of bytes is used up.
type source struct {
	conn net.Conn
	left int
	full error
	// err is what reading has ended with.
	err error
}

func (s *source) Read(p []byte) (int, error) {
	if s.left <= 0 {
		s.err = s.full
		return 0, s.err
	}
	var n int
	n, s.err = s.conn.Read(p[:min(len(p), s.left)])
	s.left -= n
	return n, s.err
}

func localAddress(conn net.Conn) netip.Addr {
	if tcp, ok := conn.LocalAddr().(*net.TCPAddr); ok {
		return tcp.AddrPort().Addr().Unmap()
	}
	return netip.Addr{}
}
