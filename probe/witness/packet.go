package witness

import (
	"encoding/binary"
	"net/netip"
	"time"
)

// packet is a TCP segment as it was seen on an interface.
type packet struct {
	seen time.Time
	// link is the index of the interface, out is set where it left by it, and mine
	// where it came in and is for the node itself.
	link      int
	out, mine bool

	from, to netip.AddrPort
	seq, ack uint32
	flags    byte
	// payload is as much as was captured, and length how much there was.
	payload []byte
	length  int
}

// The flags of a TCP segment that matter here (RFC 9293, section 3.1).
const (
	flagFin = 0x01
	flagSyn = 0x02
	flagRst = 0x04
	flagAck = 0x10
)

// decode reads a segment that begins with its IP header. Size is how long the whole of
// it was before it was cut. Fragments and what has other headers in between are not
// read.
func decode(data []byte, size int) (packet, bool) {
	if len(data) < 1 {
		return packet{}, false
	}
	switch data[0] >> 4 {
	case 4:
		return decode4(data, size)
	case 6:
		return decode6(data, size)
	}
	return packet{}, false
}

const (
	protocolTCP  = 6
	header4      = 20
	header6      = 40
	headerTCP    = 20
	fragmented   = 0x3fff // more fragments, or an offset
	offsetSource = 12
)

func decode4(data []byte, size int) (packet, bool) {
	if len(data) < header4 || data[9] != protocolTCP || binary.BigEndian.Uint16(data[6:])&fragmented != 0 {
		return packet{}, false
	}
	header := int(data[0]&0xf) * 4
	// A segment that is put together from many may be longer than the field can say,
	// which is zero then.
	if total := int(binary.BigEndian.Uint16(data[2:])); total != 0 {
		size = total
	}
	if header < header4 || len(data) < header || size < header {
		return packet{}, false
	}
	p, ok := segment(data[header:], size-header)
	source, _ := netip.AddrFromSlice(data[offsetSource : offsetSource+4])
	destination, _ := netip.AddrFromSlice(data[offsetSource+4 : offsetSource+8])
	p.from, p.to = netip.AddrPortFrom(source, p.from.Port()), netip.AddrPortFrom(destination, p.to.Port())
	return p, ok
}

func decode6(data []byte, size int) (packet, bool) {
	if len(data) < header6 || data[6] != protocolTCP {
		return packet{}, false
	}
	if payload := int(binary.BigEndian.Uint16(data[4:])); payload != 0 {
		size = header6 + payload
	}
	if size < header6 {
		return packet{}, false
	}
	p, ok := segment(data[header6:], size-header6)
	source, _ := netip.AddrFromSlice(data[8:24])
	destination, _ := netip.AddrFromSlice(data[24:40])
	p.from, p.to = netip.AddrPortFrom(source, p.from.Port()), netip.AddrPortFrom(destination, p.to.Port())
	return p, ok
}

// segment reads what stands behind the IP header; of the addresses only the ports.
func segment(data []byte, size int) (packet, bool) {
	if len(data) < headerTCP {
		return packet{}, false
	}
	header := int(data[12]>>4) * 4
	if header < headerTCP || size < header || len(data) < header {
		return packet{}, false
	}
	p := packet{
		seq: binary.BigEndian.Uint32(data[4:]), ack: binary.BigEndian.Uint32(data[8:]), flags: data[13],
		payload: data[header:min(len(data), size)], length: size - header,
	}
	p.from = netip.AddrPortFrom(netip.Addr{}, binary.BigEndian.Uint16(data))
	p.to = netip.AddrPortFrom(netip.Addr{}, binary.BigEndian.Uint16(data[2:]))
	return p, true
}
