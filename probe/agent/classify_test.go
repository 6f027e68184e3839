//go:build !windows

package agent

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"unicode/utf8"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

func TestClassify(t *testing.T) {
	dial := func(call string, number syscall.Errno) error {
		return &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError(call, number)}
	}
	read := func(err error) error { return &net.OpError{Op: "read", Net: "tcp", Err: err} }
	tests := []struct {
		at   stage
		err  error
		want wire.ErrorClass
	}{
		{connecting, nil, ""},
		{connecting, dial("connect", syscall.ECONNREFUSED), wire.ErrorRefused},
		{connecting, dial("connect", syscall.EHOSTUNREACH), wire.ErrorUnreachable},
		{connecting, dial("connect", syscall.ENETUNREACH), wire.ErrorUnreachable},
		{connecting, dial("connect", syscall.EACCES), wire.ErrorUnreachable},
		{connecting, dial("connect", syscall.EPERM), wire.ErrorUnreachable},
		{connecting, dial("socket", syscall.EACCES), wire.ErrorLocal},
		{connecting, dial("socket", syscall.EMFILE), wire.ErrorLocal},
		{connecting, dial("socket", syscall.EPROTONOSUPPORT), wire.ErrorLocal},
		{connecting, dial("connect", syscall.EADDRNOTAVAIL), wire.ErrorLocal},
		{connecting, dial("connect", syscall.EAGAIN), wire.ErrorLocal},
		{connecting, dial("connect", syscall.ENOBUFS), wire.ErrorLocal},
		{connecting, dial("connect", syscall.ETIMEDOUT), wire.ErrorTimeout},
		{connecting, dial("connect", syscall.ECONNRESET), wire.ErrorReset},
		{connecting, read(os.ErrDeadlineExceeded), wire.ErrorTimeout},
		{connecting, read(context.DeadlineExceeded), wire.ErrorTimeout},
		{connecting, &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", IsNotFound: true}}, wire.ErrorDNS},
		{connecting, &net.OpError{Op: "dial", Err: &net.DNSError{Err: "i/o timeout", IsTimeout: true}}, wire.ErrorDNS},
		{connecting, errors.New("something else"), wire.ErrorLocal},
		{shaking, tls.AlertError(40), wire.ErrorTLS},
		{shaking, tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}, wire.ErrorTLS},
		{shaking, io.EOF, wire.ErrorReset},
		{shaking, read(os.ErrDeadlineExceeded), wire.ErrorTimeout},
		{asking, read(os.NewSyscallError("read", syscall.ECONNRESET)), wire.ErrorReset},
		{asking, read(os.NewSyscallError("write", syscall.EPIPE)), wire.ErrorReset},
		{asking, io.EOF, wire.ErrorReset},
		{asking, io.ErrUnexpectedEOF, wire.ErrorReset},
		{asking, errLongHeader, wire.ErrorProtocol},
		{asking, errGarbage, wire.ErrorProtocol},
		{reading, errLongBody, wire.ErrorEndless},
		{reading, read(os.ErrDeadlineExceeded), wire.ErrorEndless},
		{reading, read(os.NewSyscallError("read", syscall.ETIMEDOUT)), wire.ErrorEndless},
		{reading, io.ErrUnexpectedEOF, wire.ErrorReset},
		{reading, errors.New("invalid byte in chunk length"), wire.ErrorProtocol},
	}
	for _, test := range tests {
		if got := classify(test.at, test.err); got != test.want {
			t.Errorf("%v: %v: got %q, want %q", test.at, test.err, got, test.want)
		}
	}
}

func TestTrim(t *testing.T) {
	tests := []struct{ text, want string }{
		{"", ""},
		{"short", "short"},
		{"bad \xff\xfe bytes", "bad \uFFFD bytes"},
		{strings.Repeat("x", 300), strings.Repeat("x", 200)},
		{strings.Repeat("x", 199) + "€", strings.Repeat("x", 199)},
		{strings.Repeat("\xff", 1000), "\uFFFD"},
		{strings.Repeat("€", 1000), strings.Repeat("€", 66)},
	}
	for _, test := range tests {
		got := trim(test.text)
		if got != test.want || len(got) > maxDetail || !utf8.ValidString(got) {
			t.Errorf("trim(%.20q...) = %q, want %q", test.text, got, test.want)
		}
	}
}
