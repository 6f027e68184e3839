package agent

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// maxFrame is the size of the largest frame that a server may send, the
// smallest that can be asked for.
const maxFrame = 16 << 10

// newHTTP2 returns what speaks HTTP/2 over the connections that dial returns.
// It always speaks "in the clear": where there is TLS, it has been dealt with.
func newHTTP2(dial func() net.Conn) *http.Transport {
	protocols := &http.Protocols{}
	protocols.SetUnencryptedHTTP2(true)
	return &http.Transport{
		DialContext:            func(context.Context, string, string) (net.Conn, error) { return dial(), nil },
		Protocols:              protocols,
		DisableCompression:     true,
		MaxResponseHeaderBytes: maxHeader,
		// net/http remembers a closed connection for as long as this, and at most
		// five seconds; at 200 requests a second, that takes memory.
		IdleConnTimeout: time.Second,
		HTTP2: &http.HTTP2Config{
			MaxReadFrameSize:              maxFrame,
			MaxReceiveBufferPerConnection: 256 << 10,
			MaxReceiveBufferPerStream:     256 << 10,
		},
	}
}

// talkHTTP2 sends the request over a connection and reads the answer. net/http
// reads in a goroutine of its own, which ends when the connection is closed.
func (x *exchange) talkHTTP2(ctx context.Context, conn net.Conn, t *target, s stamp, a *answer, keep bool) {
	if x.http2 == nil {
		x.http2 = newHTTP2(func() net.Conn { return x.frames })
	}
	x.frames = newFrames(conn)
	begin := time.Now()
	client, err := x.http2.NewClientConn(ctx, "http", "probe.invalid:80")
	if err != nil {
		// Nothing has been asked yet: either the connection broke at once, or
		// GODEBUG forbids HTTP/2, which is not the server's fault.
		a.fail(connecting, x.frames.because(err))
		return
	}
	defer func() { _ = client.Close() }()
	response, err := client.RoundTrip(t.requestHTTP2(ctx, s)) //nolint:bodyclose // the connection is closed, after no more of the body than is wanted
	switch {
	case err != nil:
		err = x.frames.because(err)
		if errors.Is(err, errLongBody) {
			// It has begun, but never got to the body.
			err = errLongHeader
		}
	case response.StatusCode < 100 || response.StatusCode > 999:
		err = errGarbage
	default:
		a.status, a.header = response.StatusCode, response.Header
		a.phases.FirstByte = x.frames.answered().Sub(begin)
		err = x.readAnswerHTTP2(response, t, a, keep)
	}
	if err != nil {
		a.fail(a.stage(), err)
	}
}

// readAnswerHTTP2 reads what comes after the header.
func (x *exchange) readAnswerHTTP2(response *http.Response, t *target, a *answer, keep bool) error {
	err := x.readBody(response.Body, a, keep || t.grpc())
	switch {
	case errors.Is(err, errLongBody):
		return err
	case err != nil:
		return x.frames.because(err)
	case t.grpc():
		return a.grade(response.Trailer, t.Path == healthPath)
	}
	return nil
}

// requestHTTP2 returns a request. The form of its URL has the path sent as it
// is, whatever it contains.
func (t *target) requestHTTP2(ctx context.Context, s stamp) *http.Request {
	scheme := "http"
	if t.tls != nil {
		scheme = "https"
	}
	r := &http.Request{
		Method: t.Method, Host: t.Host, Header: t.header(s),
		URL: &url.URL{Scheme: scheme, Host: t.Host, Opaque: "//" + t.Host + strings.Replace(t.Path, wire.MarkerSlot, s.marker, 1)},
	}
	if t.grpc() {
		r.Body, r.ContentLength = io.NopCloser(emptyMessage()), -1
	}
	return r.WithContext(ctx)
}
