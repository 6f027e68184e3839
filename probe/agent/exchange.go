package agent

import (
	"bufio"
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"time"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// exchange sends one request after the other, each on a connection of its own,
// and keeps the buffers for it. It is for one goroutine.
type exchange struct {
	timeout time.Duration
	dialer  net.Dialer
	// dialDNS connects to DNS servers; nil means as usual.
	dialDNS dialer
	// through makes the connections over TCP; nil means the system's way.
	through Dial
	request []byte
	source  source
	reader  *bufio.Reader
	body    []byte
	scratch []byte
	// http2 speaks HTTP/2 over frames; nil until it is needed.
	http2  *http.Transport
	frames *frames
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
	s := t.stamp(marker)
	a := answer{marker: marker, traceID: s.traceID, sent: time.Now()}
	deadline := a.sent.Add(x.timeout)
	if t.Protocol == wire.DNS {
		x.lookUp(ctx, t, &a, deadline)
		return a
	}
	conn, err := x.dial(ctx, t, &a, deadline)
	if err != nil {
		a.fail(connecting, err)
		return a
	}
	defer func() { _ = conn.Close() }()
	a.replied = t.Protocol == wire.TCP
	a.local, a.remote = localAddress(conn), remoteAddress(conn)
	_ = conn.SetDeadline(deadline)
	release := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer release()
	stream := conn
	if t.tls != nil {
		secure := tls.Client(conn, t.tls)
		// Closing says goodbye (close_notify), so that the server logs no error.
		defer func() { _ = secure.Close() }()
		stream = secure
		shake(secure, t, &a)
	}
	if a.err == nil {
		x.speak(ctx, stream, t, s, &a, keep)
	}
	a.phases.Total = time.Since(a.sent)
	if t.websocket() && a.status == http.StatusSwitchingProtocols && a.err == nil {
		closeWebSocket(stream)
	}
	return a
}

// speak does over a connection what the protocol asks for.
func (x *exchange) speak(ctx context.Context, conn net.Conn, t *target, s stamp, a *answer, keep bool) {
	switch {
	case t.Protocol == wire.TCP:
	case t.Protocol == wire.UDP:
		x.datagram(conn, t, a)
	case t.http2():
		x.talkHTTP2(ctx, conn, t, s, a, keep)
	default:
		x.talk(conn, t, s, a, keep)
		if t.websocket() && a.status == http.StatusSwitchingProtocols && !granted(a.header, s.key) {
			a.fail(asking, errNotGranted)
		}
	}
}

// shake makes the TLS handshake, keeps what the server showed of itself, and sees to it that it agreed on HTTP/2 where
// that is to be spoken.
func shake(conn *tls.Conn, t *target, a *answer) {
	begin := time.Now()
	err := conn.Handshake() //nolint:noctx // the connection has a deadline, and is closed with the context
	a.phases.TLS = time.Since(begin)
	a.certificate = shownOver(conn, t.tls.ServerName)
	if err == nil && t.http2() && conn.ConnectionState().NegotiatedProtocol != "h2" {
		err = errNoALPN
	}
	if err != nil {
		a.fail(shaking, err)
	}
}
