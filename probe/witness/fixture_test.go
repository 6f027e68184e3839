package witness

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"golang.org/x/net/bpf"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

const run = "f00d"

// The interfaces of a node: the network card, a bridge, and two pods' veths.
const (
	card = iota + 1
	bridge
	veth
	otherVeth
)

func named(link int) device {
	return map[int]device{card: {"eth0", ""}, bridge: {"cni0", "bridge"}, veth: {"veth1", "veth"}, otherVeth: {"veth2", "veth"}}[link]
}

var (
	client   = netip.MustParseAddrPort("10.244.1.9:40000")
	endpoint = netip.MustParseAddrPort("10.244.0.1:8080")
	other    = netip.MustParseAddrPort("10.244.0.2:8080")
)

func testPlan() wire.Plan {
	return wire.Plan{
		Version: wire.Version, Run: run, Vantage: 3, Rate: 1, Concurrency: 1, Timeout: time.Second, Deadline: time.Minute,
		Watch: &wire.Watch{Hops: 1, Delivered: []wire.Socket{
			{Address: "10.244.0.1", Port: 8080, Endpoint: 1}, {Address: "10.244.0.2", Port: 8080, Endpoint: 2},
			{Address: "192.0.2.11", Port: 9090, Endpoint: 3, OnNode: true}, {Address: "fd00::1", Port: 8080, Endpoint: 1},
		}},
	}
}

// talk is a connection from the client, as it passes an interface.
type talk struct {
	tracker  *tracker
	link     int
	out      bool
	mine     bool
	from, to netip.AddrPort
	seq, ack uint32
	at       time.Time
}

func newTalk(t *tracker) *talk {
	return &talk{tracker: t, link: veth, out: true, from: client, to: endpoint, seq: 0xfffffff0, ack: 5000, at: time.Unix(1000, 0)}
}

func (k *talk) packet(seq uint32, text string) packet {
	return packet{seen: k.at, link: k.link, out: k.out, mine: k.mine, from: k.from, to: k.to, seq: seq, ack: k.ack, payload: []byte(text), length: len(text)}
}

// opens begins the connection.
func (k *talk) opens() {
	p := k.packet(k.seq, "")
	p.flags, p.ack = flagSyn, 0
	k.tracker.add(p)
	k.seq++
	back := packet{seen: k.at, link: k.link, out: !k.out, from: k.to, to: k.from, seq: k.ack - 1, ack: k.seq, flags: flagSyn | flagAck}
	k.tracker.add(back)
}

// says sends a text in one segment.
func (k *talk) says(text string) {
	k.tracker.add(k.packet(k.seq, text))
	k.seq += uint32(len(text))
}

// hears gets a text in one segment.
func (k *talk) hears(text string) {
	p := packet{seen: k.at, link: k.link, out: !k.out, from: k.to, to: k.from, seq: k.ack, ack: k.seq, payload: []byte(text), length: len(text)}
	k.tracker.add(p)
	k.ack += uint32(len(text))
}

func get(marker string) string {
	return "GET /a HTTP/1.1\r\nHost: shop.example\r\nX-Nettrace-Id: " + marker + "\r\n\r\n"
}

// told returns what the tracker tells in the end, as text.
func told(t *tracker) []string {
	var all []string
	for _, s := range t.take(time.Unix(2000, 0), true) {
		all = append(all, text4(s))
	}
	slices.Sort(all)
	return all
}

func text4(s wire.Sight) string {
	status := ""
	if s.Status != 0 {
		status = " = " + string(rune('0'+s.Status/100)) + "xx"
	}
	to := "passing " + s.Interface
	if s.Endpoint != 0 {
		to = "to " + string(rune('0'+s.Endpoint))
	}
	return s.Marker + " " + to + " " + s.Method + " " + s.Host + s.Path + status
}

func want(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// virtual returns the filter as the kernel would run it.
func virtual(t *testing.T, w wire.Watch) *bpf.VM {
	t.Helper()
	program, _ := Filter(w)
	if _, err := bpf.Assemble(program); err != nil {
		t.Fatal(err)
	}
	vm, err := bpf.NewVM(program)
	if err != nil {
		t.Fatal(err)
	}
	return vm
}
