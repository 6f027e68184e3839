package forward

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"k8s.io/streaming/pkg/httpstream"
)

const (
	// Dial waits this many round trips for a refusal, within these bounds. The
	// runtime connects to localhost, which takes no time worth mentioning.
	roundTrips = 3
	shortest   = 100 * time.Millisecond
	longest    = time.Second
	// breaking is how long after its streams a way that has broken off may say so.
	breaking    = 200 * time.Millisecond
	maxComplain = 4 << 10
)

// conn is a connection into a pod. Streams know no deadlines; the pipe before
// them does.
type conn struct {
	net.Conn
	target Target
	// release is called when the connection is closed.
	release func()
	// wait is how long a refusal may take to arrive.
	wait time.Duration
	// lost is closed when the way to the pod has broken off.
	lost <-chan bool
	// spoke is closed when something came from the pod, told when all has been
	// said about why nothing did.
	spoke, told chan struct{}
	// refused is why, and may be read once told is closed.
	refused error

	closing sync.Once
	discard func()
}

func newConn(t Target, connection httpstream.Connection, data, complaints httpstream.Stream, roundTrip time.Duration) *conn {
	near, far := net.Pipe()
	c := &conn{
		Conn: near, target: t, release: func() {},
		wait:  min(max(roundTrips*roundTrip, shortest), longest),
		lost:  connection.CloseChan(),
		spoke: make(chan struct{}), told: make(chan struct{}),
		discard: func() {
			_ = data.Close()
			_ = data.Reset()
			_ = complaints.Reset()
			connection.RemoveStreams(data, complaints)
		},
	}
	go c.listen(complaints)
	go c.receive(far, data)
	go func() { _, _ = io.Copy(data, far) }()
	return c
}

// listen reads why the pod was not reached, if it was not.
func (c *conn) listen(complaints io.Reader) {
	defer close(c.told)
	said, _ := io.ReadAll(io.LimitReader(complaints, maxComplain))
	if len(said) > 0 {
		c.refused = refusal(c.target, string(said))
	}
}

// receive passes on what comes from the pod. At its end there may be a reason
// for it, which comes by another stream and can be a moment late.
func (c *conn) receive(far net.Conn, data io.Reader) {
	defer func() { _ = far.Close() }()
	buffer := make([]byte, 16<<10)
	for first := true; ; first = false {
		n, err := data.Read(buffer)
		if n > 0 {
			if first {
				close(c.spoke)
			}
			if _, err := far.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			break
		}
	}
	timer := time.NewTimer(longest)
	defer timer.Stop()
	select {
	case <-c.told:
	case <-timer.C:
	}
	// When the way breaks off its streams end first, as if the pod had ended them.
	timer.Reset(breaking)
	select {
	case <-c.lost:
	case <-timer.C:
	}
}

// settle waits until the pod has refused, or is unlikely to do so.
func (c *conn) settle(ctx context.Context) error {
	timer := time.NewTimer(c.wait)
	defer timer.Stop()
	select {
	case <-c.told:
		return c.refused
	case <-c.spoke:
	case <-timer.C:
	case <-ctx.Done():
		return late(c.target)
	}
	return nil
}

// Read reads what the pod sent. It ends with a [*Refusal] if it turns out that
// there never was a connection to the pod.
func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	return n, c.because(err, io.EOF, err)
}

func (c *conn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	return n, c.because(err, io.ErrClosedPipe, errReset)
}

// because returns what is behind an error that means the end: the refusal, the
// loss of the way, or else what such an end is to a caller.
func (c *conn) because(err, end, otherwise error) error {
	if !errors.Is(err, end) {
		return err
	}
	select {
	case <-c.told:
		if c.refused != nil {
			return c.refused
		}
	default:
	}
	select {
	case <-c.lost:
		return lost(c.target)
	default:
	}
	return otherwise
}

// Close closes the connection, and with it the streams that carry it.
func (c *conn) Close() error {
	c.closing.Do(func() {
		_ = c.Conn.Close()
		c.discard()
		c.release()
	})
	return nil
}

func (c *conn) LocalAddr() net.Addr { return address("kubectl") }

func (c *conn) RemoteAddr() net.Addr { return address(c.target.String()) }

// address is one that no packet carries.
type address string

func (address) Network() string { return "portforward" }

func (a address) String() string { return string(a) }
