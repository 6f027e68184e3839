package agent

import (
	"bytes"
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// serveUDP answers each datagram to a new local address with those that respond
// returns.
func serveUDP(t *testing.T, respond func(payload []byte) [][]byte) string {
	t.Helper()
	packets, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = packets.Close() })
	go func() {
		buffer := make([]byte, 64<<10)
		for {
			n, from, err := packets.ReadFrom(buffer)
			if err != nil {
				return
			}
			for _, reply := range respond(bytes.Clone(buffer[:n])) {
				_, _ = packets.WriteTo(reply, from)
			}
		}
	}()
	return packets.LocalAddr().String()
}

// nobodyUDP is an address at which nothing takes datagrams.
func nobodyUDP(t *testing.T) string {
	t.Helper()
	packets, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = packets.Close() }()
	return packets.LocalAddr().String()
}

func TestUDP(t *testing.T) {
	echo := func(payload []byte) [][]byte { return [][]byte{payload} }
	tests := map[string]struct {
		address string
		payload string
		class   wire.ErrorClass
		body    string
	}{
		"echo":           {serveUDP(t, echo), "hi", "", "hi"},
		"nothing":        {serveUDP(t, echo), "", "", ""},
		"large":          {serveUDP(t, echo), strings.Repeat("x", 60000), "", strings.Repeat("x", 60000)},
		"two answers":    {serveUDP(t, func([]byte) [][]byte { return [][]byte{[]byte("1"), []byte("2")} }), "hi", "", "1"},
		"silence":        {serveUDP(t, func([]byte) [][]byte { return nil }), "hi", wire.ErrorTimeout, ""},
		"nobody there":   {nobodyUDP(t), "hi", wire.ErrorRefused, ""},
		"no such name":   {"no..name:80", "hi", wire.ErrorDNS, ""},
		"no such number": {"127.0.0.1", "hi", wire.ErrorLocal, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			a := askRoute(t, wire.Route{Protocol: wire.UDP, Address: test.address, Payload: []byte(test.payload)}, 500*time.Millisecond)
			if a.class != test.class || a.arrived() != (test.class == "") || a.status != 0 || string(a.body) != test.body || a.size != len(test.body) {
				t.Errorf("got class %q (%v), arrived %v, %d bytes, size %d", a.class, a.err, a.arrived(), len(a.body), a.size)
			}
			if p := a.phases; a.arrived() && (p.Connect != 0 || p.FirstByte <= 0 || p.Total < p.FirstByte) {
				t.Errorf("got %+v", p)
			}
		})
	}
}

// TestUDPIsAttributed: a datagram can name an endpoint like a body; a name that
// the payload itself has proves nothing.
func TestUDPIsAttributed(t *testing.T) {
	names := func(text string) string { return serveUDP(t, func([]byte) [][]byte { return [][]byte{[]byte(text)} }) }
	turn := 0
	balanced := serveUDP(t, func([]byte) [][]byte { turn++; return [][]byte{[]byte([]string{"I am web-1", "I am web-2"}[turn%2])} })
	endpoints := []wire.Endpoint{named(1, "web-1"), named(2, "web-2")}
	for payload, want := range map[string]int{"who?": 5, "not web-2, I hope": 0} {
		plan := planOf(endpoints,
			wire.Route{Protocol: wire.UDP, Address: names("I am web-1"), Endpoint: 1, Payload: []byte("who?"), Requests: 3},
			wire.Route{Protocol: wire.UDP, Address: names("I am web-2"), Endpoint: 2, Payload: []byte("who?"), Requests: 3},
			wire.Route{Protocol: wire.UDP, Address: balanced, Payload: []byte(payload), Requests: 10})
		s := run(t, context.Background(), plan)
		if got := s.count(3, wire.Outcome{Endpoint: 1, Rung: wire.RungAnswer}); got != 5 {
			t.Errorf("%s: endpoint 1 is named %d times, want 5: %+v", payload, got, s.cells[3].Tallies)
		}
		if got := s.count(3, wire.Outcome{Endpoint: 2, Rung: wire.RungAnswer}); got != want {
			t.Errorf("%s: endpoint 2 is named %d times, want %d: %+v", payload, got, want, s.cells[3].Tallies)
		}
		if c := s.cells[1]; s.count(1, wire.Outcome{Endpoint: 1, Rung: wire.RungDirect}) != 3 || c.LargestBody != len("I am web-1") || c.FirstByte.Count() != 3 || c.Connect.Count() != 0 {
			t.Errorf("%s: got %+v", payload, c)
		}
	}
}
