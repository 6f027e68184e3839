package agent

import (
	"context"
	"encoding/binary"
	"net"
	"sync"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// dialer connects to an address.
type dialer func(ctx context.Context, network, address string) (net.Conn, error)

// inquiry listens to what Go's resolver and the DNS servers say to each other
// while something is looked up.
type inquiry struct {
	dial dialer

	mu      sync.Mutex
	replies []dnsReply
	// err is the last error of a connection to a server.
	err error
}

// maxReplies bounds how many answers of servers are kept of one lookup: a search
// path of six names, three servers and two attempts make less.
const maxReplies = 64

func newInquiry(dial dialer) *inquiry {
	if dial == nil {
		dial = (&net.Dialer{}).DialContext
	}
	return &inquiry{dial: dial}
}

// resolver returns a resolver that is listened to: Go's own, or the one that is
// the usual on this system, which may be another and then tells nothing.
func (q *inquiry) resolver(own bool) *net.Resolver {
	return &net.Resolver{PreferGo: own, Dial: q.connect}
}

// connect is called by the resolver for each question that it sends. It gives
// up a connection when its context is cancelled; the resolver would wait for
// seconds.
func (q *inquiry) connect(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := q.dial(ctx, network, address)
	if err != nil {
		q.failed(ctx, err)
		return nil, err
	}
	t := &tap{Conn: conn, inquiry: q, context: ctx, server: address}
	t.release = context.AfterFunc(ctx, t.expire)
	if packets, ok := conn.(net.PacketConn); ok {
		return &packetTap{tap: t, packets: packets}, nil
	}
	t.stream = true
	return t, nil
}

// failed notes an error that is not just that time is up.
func (q *inquiry) failed(ctx context.Context, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if ctx.Err() == nil {
		q.err = err
	}
}

func (q *inquiry) heard(r dnsReply) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.replies) < maxReplies {
		q.replies = append(q.replies, r)
	}
}

// silence returns why no server said anything, or nil when one did, or none was
// asked.
func (q *inquiry) silence() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.replies) > 0 {
		return nil
	}
	return q.err
}

// tap is a connection to a DNS server over which one question is asked. What is
// read from it must be the answer to that question; anything else is not
// listened to, as the resolver does not listen either.
type tap struct {
	net.Conn
	inquiry *inquiry
	context context.Context
	server  string
	release func() bool
	// stream is set over TCP, where messages have their size in front.
	stream bool
	query  []byte
	read   []byte
}

func (t *tap) Write(p []byte) (int, error) {
	t.query = append(t.query[:0], p...)
	if t.stream && len(p) > 2 {
		t.query = t.query[2:]
	}
	return t.Conn.Write(p)
}

func (t *tap) Read(p []byte) (int, error) {
	n, err := t.Conn.Read(p)
	if err != nil {
		t.inquiry.failed(t.context, err)
		return n, err
	}
	if !t.stream {
		t.listen(p[:n])
		return n, nil
	}
	t.read = append(t.read, p[:n]...)
	if len(t.read) >= 2 && len(t.read) == 2+int(binary.BigEndian.Uint16(t.read)) {
		t.listen(t.read[2:])
	}
	return n, nil
}

func (t *tap) listen(message []byte) {
	var query dnsmessage.Parser
	header, err := query.Start(t.query)
	if err != nil {
		return
	}
	question, err := query.Question()
	if err != nil {
		return
	}
	r, ok := parseReply(message, header.ID, question)
	if ok && !(r.truncated && !t.stream) {
		// A truncated answer is asked for again over TCP.
		r.server = t.server
		t.inquiry.heard(r)
	}
}

// SetDeadline does not undo what cancelling has done.
func (t *tap) SetDeadline(deadline time.Time) error {
	err := t.Conn.SetDeadline(deadline)
	if t.context.Err() != nil {
		t.expire()
	}
	return err
}

func (t *tap) expire() { _ = t.Conn.SetDeadline(time.Unix(1, 0)) }

func (t *tap) Close() error {
	t.release()
	return t.Conn.Close()
}

// packetTap is a tap over UDP. The resolver tells by its methods that it is one.
type packetTap struct {
	*tap
	packets net.PacketConn
}

func (t *packetTap) ReadFrom(p []byte) (int, net.Addr, error) { return t.packets.ReadFrom(p) }

func (t *packetTap) WriteTo(p []byte, to net.Addr) (int, error) { return t.packets.WriteTo(p, to) }
