package agent

import (
	"net"
	"slices"
	"time"
)

// datagram sends the payload once and waits for one datagram. There is no second
// try: that one of two gets lost is something to see. Only what comes from the
// address that was asked counts, as for any application with a connected socket.
func (x *exchange) datagram(conn net.Conn, t *target, a *answer) {
	begin := time.Now()
	if _, err := conn.Write(t.Payload); err != nil {
		a.fail(asking, err)
		return
	}
	x.body = slices.Grow(x.body[:0], maxSearch)[:maxSearch]
	n, err := conn.Read(x.body)
	if err != nil {
		a.fail(asking, err)
		return
	}
	a.phases.FirstByte = time.Since(begin)
	a.replied, a.body, a.size = true, x.body[:n], n
}
