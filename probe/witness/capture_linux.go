package witness

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"
	"unsafe"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// room is how many bytes of packets the kernel is asked to keep until they are read. It
// may give less.
const room = 8 << 20

// capture reads packets from a packet socket (packet(7)).
type capture struct {
	socket  int
	data    [snapLength]byte
	control [256]byte
	devices devices
}

// listen opens a packet socket that sees what the filter lets through on all interfaces.
func listen(w wire.Watch) (source, int, error) {
	program, unfit := Filter(w)
	raw, err := bpf.Assemble(program)
	if err != nil {
		return nil, 0, fmt.Errorf("assembling the filter: %w", err)
	}
	// Of no protocol at first, so that nothing is seen before the filter is there.
	socket, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, 0, fmt.Errorf("opening a packet socket, which takes CAP_NET_RAW: %w", err)
	}
	c := &capture{socket: socket}
	if err := c.prepare(raw); err != nil {
		return nil, 0, errors.Join(err, c.close())
	}
	return c, unfit, nil
}

func (c *capture) prepare(raw []bpf.RawInstruction) error {
	filter := make([]unix.SockFilter, len(raw))
	for i, r := range raw {
		filter[i] = unix.SockFilter{Code: r.Op, Jt: r.Jt, Jf: r.Jf, K: r.K}
	}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	if err := unix.SetsockoptSockFprog(c.socket, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &program); err != nil {
		return fmt.Errorf("setting the kernel's filter: %w", err)
	}
	if err := unix.SetsockoptInt(c.socket, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1); err != nil {
		return fmt.Errorf("asking for the time of packets: %w", err)
	}
	wait := unix.NsecToTimeval(int64(heartbeat / 2))
	if err := unix.SetsockoptTimeval(c.socket, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &wait); err != nil {
		return fmt.Errorf("bounding the wait for packets: %w", err)
	}
	// As much as there may be without further rights: what does not fit is counted.
	_ = unix.SetsockoptInt(c.socket, unix.SOL_SOCKET, unix.SO_RCVBUF, room)
	everything := binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, unix.ETH_P_ALL))
	if err := unix.Bind(c.socket, &unix.SockaddrLinklayer{Protocol: everything}); err != nil {
		return fmt.Errorf("listening on all interfaces: %w", err)
	}
	return nil
}

// read returns the next packet.
func (c *capture) read() (packet, bool, error) {
	size, controls, _, from, err := unix.Recvmsg(c.socket, c.data[:], c.control[:], unix.MSG_TRUNC)
	switch {
	case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EINTR):
		return packet{}, false, nil
	case errors.Is(err, unix.ENETDOWN), errors.Is(err, unix.ENOBUFS):
		return packet{}, false, nil // an interface has gone
	case err != nil:
		return packet{}, false, fmt.Errorf("reading packets: %w", err)
	}
	link, ok := from.(*unix.SockaddrLinklayer)
	if !ok {
		return packet{}, false, nil
	}
	p, ok := decode(c.data[:min(size, snapLength)], size)
	p.link, p.out, p.mine = link.Ifindex, link.Pkttype == unix.PACKET_OUTGOING, link.Pkttype == unix.PACKET_HOST
	p.seen = stamp(c.control[:controls])
	return p, ok, nil
}

// stamp returns when the kernel got a packet.
func stamp(control []byte) time.Time {
	messages, err := unix.ParseSocketControlMessage(control)
	if err != nil {
		return time.Now()
	}
	for _, m := range messages {
		if m.Header.Level == unix.SOL_SOCKET && m.Header.Type == unix.SCM_TIMESTAMPNS && len(m.Data) >= int(unsafe.Sizeof(unix.Timespec{})) {
			at := *(*unix.Timespec)(unsafe.Pointer(&m.Data[0]))
			return time.Unix(at.Unix())
		}
	}
	return time.Now()
}

func (c *capture) lost() (passed, dropped uint64, err error) {
	stats, err := unix.GetsockoptTpacketStats(c.socket, unix.SOL_PACKET, unix.PACKET_STATISTICS)
	if err != nil {
		return 0, 0, fmt.Errorf("asking how many packets were dropped: %w", err)
	}
	return uint64(stats.Packets), uint64(stats.Drops), nil
}

func (c *capture) device(link int) device { return c.devices.of(link) }

func (c *capture) close() error { return unix.Close(c.socket) }
