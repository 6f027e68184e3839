package witness

import (
	"encoding/binary"
	"net/netip"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// bytesOf makes a segment with its IP header.
func bytesOf(from, to string, flags byte, payload string) []byte {
	source, destination := netip.MustParseAddrPort(from), netip.MustParseAddrPort(to)
	tcp := binary.BigEndian.AppendUint16(nil, source.Port())
	tcp = binary.BigEndian.AppendUint16(tcp, destination.Port())
	tcp = append(tcp, 0, 0, 0, 1, 0, 0, 0, 2, 8<<4, flags, 0, 0, 0, 0, 0, 0)
	tcp = append(tcp, make([]byte, 12)...) // options
	tcp = append(tcp, payload...)
	if source.Addr().Is4() {
		ip := []byte{0x46, 0, 0, 0, 0, 0, 0x40, 0, 64, protocolTCP, 0, 0}
		ip = append(append(ip, source.Addr().AsSlice()...), destination.Addr().AsSlice()...)
		ip = append(ip, 0, 0, 0, 0) // an option
		binary.BigEndian.PutUint16(ip[2:], uint16(len(ip)+len(tcp)))
		return append(ip, tcp...)
	}
	ip := []byte{0x60, 0, 0, 0, 0, 0, protocolTCP, 64}
	binary.BigEndian.PutUint16(ip[4:], uint16(len(tcp)))
	return append(append(append(ip, source.Addr().AsSlice()...), destination.Addr().AsSlice()...), tcp...)
}

func TestFilter(t *testing.T) {
	vm := virtual(t, wire.Watch{
		Delivered: []wire.Socket{{Address: "10.244.0.1", Port: 8080}, {Address: "10.244.0.1", Port: 8081}, {Address: "fd00::1", Port: 8080}},
		Passed:    []wire.Socket{{Address: "10.96.0.7", Port: 80}, {Address: "fd00:96::7", Port: 80}, {Address: "10.244.0.9"}},
	})
	fragment := bytesOf("10.1.1.1:9", "10.244.0.1:8080", 0, "x")
	binary.BigEndian.PutUint16(fragment[6:], 0x2000)
	datagram := bytesOf("10.1.1.1:9", "10.244.0.1:8080", 0, "x")
	datagram[9] = 17
	huge := bytesOf("10.1.1.1:9", "10.244.0.1:8080", 0, "x")
	binary.BigEndian.PutUint16(huge[2:], 0)
	for name, test := range map[string]struct {
		packet []byte
		passes bool
	}{
		"to an endpoint":                 {bytesOf("10.1.1.1:9", "10.244.0.1:8080", 0, "x"), true},
		"to its other port":              {bytesOf("10.1.1.1:9", "10.244.0.1:8081", 0, "x"), true},
		"to a port of nobody":            {bytesOf("10.1.1.1:9", "10.244.0.1:8082", 0, "x"), false},
		"from an endpoint":               {bytesOf("10.244.0.1:8080", "10.1.1.1:9", 0, "x"), true},
		"from an endpoint, by chance":    {bytesOf("10.244.0.1:9", "10.1.1.1:8080", 0, "x"), false},
		"without data":                   {bytesOf("10.1.1.1:9", "10.244.0.1:8080", flagAck, ""), false},
		"beginning":                      {bytesOf("10.1.1.1:9", "10.244.0.1:8080", flagSyn, ""), true},
		"ending":                         {bytesOf("10.1.1.1:9", "10.244.0.1:8080", flagFin|flagAck, ""), true},
		"of unknown length":              {huge, true},
		"a fragment":                     {fragment, false},
		"a datagram":                     {datagram, false},
		"to an endpoint, IPv6":           {bytesOf("[fd00::9]:9", "[fd00::1]:8080", 0, "x"), true},
		"from an endpoint, IPv6":         {bytesOf("[fd00::1]:8080", "[fd00::9]:9", 0, "x"), true},
		"to another, IPv6":               {bytesOf("[fd00::9]:9", "[fd00::2]:8080", 0, "x"), false},
		"without data, IPv6":             {bytesOf("[fd00::9]:9", "[fd00::1]:8080", flagAck, ""), false},
		"beginning, IPv6":                {bytesOf("[fd00::9]:9", "[fd00::1]:8080", flagSyn, ""), true},
		"to a Service":                   {bytesOf("10.1.1.1:9", "10.96.0.7:80", 0, "x"), true},
		"from a Service":                 {bytesOf("10.96.0.7:80", "10.1.1.1:9", 0, "x"), false},
		"to a Service, IPv6":             {bytesOf("[fd00::9]:9", "[fd00:96::7]:80", 0, "x"), true},
		"to any port of a proxy":         {bytesOf("10.1.1.1:9", "10.244.0.9:1234", 0, "x"), true},
		"nothing":                        {nil, false},
		"what is neither":                {[]byte{0x50, 1, 2, 3}, false},
		"cut before the end of the head": {bytesOf("10.1.1.1:9", "10.244.0.1:8080", 0, "x")[:22], false},
	} {
		got, err := vm.Run(test.packet)
		if len(test.packet) == 0 {
			continue
		}
		if err != nil || (got > 0) != test.passes || got > snapLength {
			t.Errorf("%s: %d bytes pass, %v; want %v", name, got, err, test.passes)
		}
	}
}

// TestFilterIsBounded: what does not fit is counted, and the rest is a program that the
// kernel takes.
func TestFilterIsBounded(t *testing.T) {
	var w wire.Watch
	for i := range 2000 {
		address := netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}).String()
		w.Delivered = append(w.Delivered, wire.Socket{Address: address, Port: 8080})
	}
	for port := range 300 {
		w.Delivered = append(w.Delivered, wire.Socket{Address: "fd00::1", Port: uint16(port + 1)})
	}
	program, unfit := Filter(w)
	if len(program) > 4096 || unfit == 0 {
		t.Errorf("%d instructions, %d unfit", len(program), unfit)
	}
	virtual(t, w)
}

func TestDecode(t *testing.T) {
	for _, test := range []struct{ from, to string }{{"10.1.1.1:9", "10.244.0.1:8080"}, {"[fd00::9]:9", "[fd00::1]:8080"}} {
		whole := bytesOf(test.from, test.to, flagSyn, "hello")
		for cut := range len(whole) + 1 {
			p, ok := decode(whole[:cut], len(whole))
			switch missing := len(whole) - cut; {
			case missing > 5:
				if ok {
					t.Errorf("%s: read of %d bytes", test.from, cut)
				}
			case !ok, p.from.String() != test.from, p.to.String() != test.to, p.seq != 1, p.ack != 2, p.flags != flagSyn, p.length != 5, string(p.payload) != "hello"[:5-missing]:
				t.Errorf("%s: read %+v of %d bytes", test.from, p, cut)
			}
		}
		padded, ok := decode(append(whole, 0, 0, 0), len(whole)+3)
		if !ok || string(padded.payload) != "hello" {
			t.Errorf("%s: what pads a short frame counts: %+v", test.from, padded)
		}
	}
}
