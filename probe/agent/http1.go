package agent

import (
	"io"
	"net"
	"net/http"
	"time"
)

// The bounds of what is read of one answer, in bytes.
const (
	maxHeader = 64 << 10
	maxSearch = 64 << 10
	maxBody   = 1 << 20
	// readAhead is the size of the read buffer, by which the bounds are exceeded.
	readAhead = 4 << 10
	// maxFraming is what chunked encoding, or HTTP/2, may add to a body.
	maxFraming = 256 << 10
)

// talk sends the request over a connection and reads the answer.
func (x *exchange) talk(conn net.Conn, t *target, s stamp, a *answer, keep bool) {
	x.request = t.bytes(x.request[:0], s)
	// Before writing, since on a short way the answer is there when it returns.
	begin := time.Now()
	_, writing := conn.Write(x.request)
	x.source = source{conn: conn, left: maxHeader + readAhead, full: errLongHeader}
	x.reader.Reset(&x.source)
	_, err := x.reader.Peek(1)
	a.phases.FirstByte = time.Since(begin)
	if err == nil {
		err = x.readAnswer(t, a, keep)
	}
	// A server may answer without having read the request, and close: then
	// writing fails, and there is an answer nevertheless.
	if err != nil && a.status == 0 && writing != nil {
		err = writing
	}
	if err != nil {
		a.fail(a.stage(), err)
	}
}

// readAnswer reads the answer's header and body. Interim answers (1xx) are
// passed over, all together within the bound for one header.
func (x *exchange) readAnswer(t *target, a *answer, keep bool) error {
	for {
		if first, err := x.reader.Peek(5); string(first) != "HTTP/"[:len(first)] {
			return errGarbage
		} else if err != nil {
			return err
		}
		response, err := http.ReadResponse(x.reader, t.asked) //nolint:bodyclose // the connection is closed, after no more of the body than is wanted
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
		x.source.left, x.source.full = maxBody+maxFraming, errLongBody
		return x.readBody(response.Body, a, keep)
	}
}

// readBody reads the body to its end, within bounds.
func (x *exchange) readBody(body io.Reader, a *answer, keep bool) error {
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
			a.size = total
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
