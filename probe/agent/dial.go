package agent

import (
	"context"
	"net"
	"net/http/httptrace"
	"net/netip"
	"time"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// dial connects, and notes how long it took to resolve the address, if that has
// a name, and then to connect.
//
// It is not Dialer.DialTCP, though that spares the parsing of the address: it
// binds a local port before it knows the destination (seen in Go 1.26), and then
// the ports of all destinations together are as few as those of one.
func (x *exchange) dial(ctx context.Context, t *target, a *answer, deadline time.Time) (net.Conn, error) {
	dialer, network := x.dialer, "tcp"
	dialer.Deadline = deadline
	if t.Protocol == wire.UDP {
		network = "udp"
	}
	begin := a.sent
	if t.named {
		// A resolver of its own, since two requests that resolve the same name at
		// once would share one lookup. As for addresses, the first that can be
		// connected to is taken, with a head start for IPv6 (RFC 6555).
		dialer.Resolver = newInquiry(x.dialDNS).resolver(false)
		ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{DNSDone: func(httptrace.DNSDoneInfo) {
			begin = time.Now()
			a.phases.DNS = begin.Sub(a.sent)
		}})
	}
	var conn net.Conn
	var err error
	if x.through != nil && network == "tcp" {
		limited, cancel := context.WithDeadline(ctx, deadline)
		defer cancel()
		conn, err = x.through(limited, network, t.Address)
	} else {
		conn, err = dialer.DialContext(ctx, network, t.Address)
	}
	if network == "tcp" {
		a.phases.Connect = time.Since(begin)
	}
	return conn, err
}

// localAddress returns the address that requests come from over a connection.
func localAddress(conn net.Conn) netip.Addr { return addressOf(conn.LocalAddr()) }

// remoteAddress returns the address that requests go to over a connection.
func remoteAddress(conn net.Conn) netip.Addr { return addressOf(conn.RemoteAddr()) }

func addressOf(address net.Addr) netip.Addr {
	switch a := address.(type) {
	case *net.TCPAddr:
		return a.AddrPort().Addr().Unmap()
	case *net.UDPAddr:
		return a.AddrPort().Addr().Unmap()
	}
	return netip.Addr{}
}
