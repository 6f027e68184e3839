package agent

import (
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"unicode/utf8"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// stage is how far a request had come when it failed.
type stage int

const (
	connecting stage = iota
	shaking          // the TLS handshake
	asking           // from the request to the end of the answer's header
	reading          // the body
	resolving        // a name, when that is all there is to do
)

func (s stage) String() string {
	return [...]string{"connecting", "in the TLS handshake", "waiting for the answer", "reading the body", "resolving"}[s]
}

// reason is an error of the probe's own making.
type reason string

func (r reason) Error() string { return string(r) }

// Reasons to stop reading.
const (
	errLongHeader reason = "the header is longer than 64 KiB"
	errLongBody   reason = "the body is longer than 1 MiB"
	errGarbage    reason = "the answer is not HTTP"
	errNoHTTP2    reason = "the answer is not HTTP/2"
	errNoALPN     reason = "the server does not agree (by ALPN) to speak HTTP/2"
	errUnasked    reason = "the server sent data that nobody had asked for"
	errNoGRPC     reason = "the answer has no gRPC status"
	errNotGranted reason = "the server switches protocols, but not to the WebSocket that was asked for"
	errNoRecords  reason = "the name has no such record"
	errNoMessage  reason = "the answer is not that of a gRPC health service"
)

// classify says what an error at some stage of a request means. Numbers that
// the system gave come first, since they say it best: EAGAIN, for one, calls
// itself a timeout and means that no local port is free.
func classify(at stage, err error) wire.ErrorClass {
	var lookup *net.DNSError
	var call *os.SyscallError
	var number syscall.Errno
	var ended broken
	switch {
	case err == nil:
		return ""
	case errors.As(err, &lookup) && !(at == resolving && lookup.IsTimeout):
		return wire.ErrorDNS
	case errors.As(err, &call) && call.Syscall == "socket":
		return wire.ErrorLocal
	case errors.As(err, &number) && classOf(number) != "":
		return late(at, classOf(number))
	case isTimeout(err):
		return late(at, wire.ErrorTimeout)
	case errors.Is(err, errLongBody):
		return wire.ErrorEndless
	case errors.Is(err, errNoALPN):
		return wire.ErrorProtocol
	case isAlert(err):
		// A server that misses the client's certificate says so after the
		// handshake (TLS 1.3).
		return wire.ErrorTLS
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.As(err, &ended):
		return wire.ErrorReset
	}
	return [...]wire.ErrorClass{wire.ErrorLocal, wire.ErrorTLS, wire.ErrorProtocol, wire.ErrorProtocol, wire.ErrorDNS}[at]
}

// late turns a timeout into the class for it once the status had arrived.
func late(at stage, class wire.ErrorClass) wire.ErrorClass {
	if at == reading && class == wire.ErrorTimeout {
		return wire.ErrorEndless
	}
	return class
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout()
}

// isAlert reports whether the other side has ended a TLS connection with an
// alert.
func isAlert(err error) bool {
	var alert *net.OpError
	return errors.As(err, &alert) && alert.Op == "remote error"
}

// maxDetail bounds the words about one request, in bytes.
const maxDetail = 200

// trim returns text as valid UTF-8 of at most maxDetail bytes.
func trim(text string) string {
	text = strings.ToValidUTF8(text[:min(len(text), 2*maxDetail)], "\uFFFD")
	if len(text) <= maxDetail {
		return text
	}
	cut := maxDetail
	for !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut]
}
