package agent

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// zone is what a DNS server answers to a question.
type zone func(q dnsmessage.Question, tcp bool) dnsmessage.Message

// known answers with records.
func known(records ...dnsmessage.Resource) dnsmessage.Message {
	return dnsmessage.Message{Header: dnsmessage.Header{RecursionAvailable: true}, Answers: slices.Clone(records)}
}

// fails answers with a code, and perhaps records all the same.
func fails(code dnsmessage.RCode, records ...dnsmessage.Resource) dnsmessage.Message {
	m := known(records...)
	m.RCode = code
	return m
}

func record(name string, kind dnsmessage.Type, body dnsmessage.ResourceBody) dnsmessage.Resource {
	return dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: dnsmessage.MustNewName(name), Type: kind, Class: dnsmessage.ClassINET, TTL: 5}, Body: body}
}

func a(name string, last byte) dnsmessage.Resource {
	return record(name, dnsmessage.TypeA, &dnsmessage.AResource{A: [4]byte{10, 0, 0, last}})
}

func alias(name, to string) dnsmessage.Resource {
	return record(name, dnsmessage.TypeCNAME, &dnsmessage.CNAMEResource{CNAME: dnsmessage.MustNewName(to)})
}

func srv(name, to string, port uint16) dnsmessage.Resource {
	return record(name, dnsmessage.TypeSRV, &dnsmessage.SRVResource{Target: dnsmessage.MustNewName(to), Port: port})
}

// serveDNS returns what connects to a DNS server, whatever address is asked for.
// An answer is cut to what fits into a datagram.
func serveDNS(t *testing.T, z zone) dialer {
	t.Helper()
	reply := func(query []byte, tcp bool) []byte {
		var asked dnsmessage.Message
		if err := asked.Unpack(query); err != nil {
			return nil
		}
		m := z(asked.Questions[0], tcp)
		m.ID, m.Response, m.Questions = asked.ID, true, asked.Questions
		packed, err := m.Pack()
		if err != nil {
			t.Error(err)
		}
		if !tcp && len(packed) > 1232 {
			m.Truncated, m.Answers = true, m.Answers[:1]
			packed, _ = m.Pack()
		}
		return packed
	}
	packets, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = packets.Close() })
	go func() {
		buffer := make([]byte, 4096)
		for {
			n, from, err := packets.ReadFrom(buffer)
			if err != nil {
				return
			}
			_, _ = packets.WriteTo(reply(buffer[:n], false), from)
		}
	}()
	stream := listen(t, func(conn net.Conn) {
		var size [2]byte
		_, _ = io.ReadFull(conn, size[:])
		query := make([]byte, binary.BigEndian.Uint16(size[:]))
		_, _ = io.ReadFull(conn, query)
		m := reply(query, true)
		_, _ = conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(m))), m...))
	})
	return func(ctx context.Context, network, _ string) (net.Conn, error) {
		if strings.HasPrefix(network, "udp") {
			return (&net.Dialer{}).DialContext(ctx, "udp", packets.LocalAddr().String())
		}
		return (&net.Dialer{}).DialContext(ctx, "tcp", stream)
	}
}

// lookUpOnce looks a name up, as the engine does.
func lookUpOnce(t *testing.T, dial dialer, l wire.Lookup, timeout time.Duration) answer {
	t.Helper()
	plan := planOf(nil, wire.Route{Protocol: wire.DNS, Lookup: &l})
	target, err := newTarget(plan, plan.Routes[0], newIndex(nil))
	if err != nil {
		t.Fatal(err)
	}
	x := newExchange(timeout)
	x.dialDNS = dial
	return x.ask(context.Background(), target, "MARKER", false)
}

// byKind answers each kind of question as told, and others with no records.
func byKind(answers map[dnsmessage.Type]dnsmessage.Message) zone {
	return func(q dnsmessage.Question, _ bool) dnsmessage.Message {
		if m, ok := answers[q.Type]; ok {
			return m
		}
		return known()
	}
}

func TestLookUp(t *testing.T) {
	const web, ext, far, farther = "web.shop.svc.test.", "ext.shop.svc.test.", "Far.example.", "farther.example."
	always := func(m dnsmessage.Message) zone {
		return func(dnsmessage.Question, bool) dnsmessage.Message { return m }
	}
	tests := map[string]struct {
		zone   zone
		lookup wire.Lookup
		want   wire.Resolution
		class  wire.ErrorClass
	}{
		"addresses": {always(known(a(web, 2), a(web, 1), a(web, 2))), wire.Lookup{Name: web, Type: wire.RecordA},
			wire.Resolution{Values: []string{"10.0.0.1", "10.0.0.2"}, Name: "web.shop.svc.test", Code: "NOERROR"}, ""},
		"IPv6": {always(known(record(web, dnsmessage.TypeAAAA, &dnsmessage.AAAAResource{AAAA: [16]byte{0xfd, 15: 1}}))), wire.Lookup{Name: web, Type: wire.RecordAAAA},
			wire.Resolution{Values: []string{"fd00::1"}, Name: "web.shop.svc.test", Code: "NOERROR"}, ""},
		"services": {always(known(srv(web, "b.test.", 80), srv(web, "a.test.", 443))), wire.Lookup{Name: web, Type: wire.RecordSRV},
			wire.Resolution{Values: []string{"a.test:443", "b.test:80"}, Name: "web.shop.svc.test", Code: "NOERROR"}, ""},
		"over an alias": {always(known(alias(ext, far), alias(far, farther), a(farther, 1))), wire.Lookup{Name: ext, Type: wire.RecordA},
			wire.Resolution{Values: []string{"10.0.0.1"}, CNAMEs: []string{"far.example", "farther.example"}, Name: "ext.shop.svc.test", Code: "NOERROR"}, ""},
		"aliases out of order": {always(known(alias(far, farther), alias(ext, far), alias("x.test.", "y.test."), a(farther, 1))), wire.Lookup{Name: ext, Type: wire.RecordA},
			wire.Resolution{Values: []string{"10.0.0.1"}, CNAMEs: []string{"far.example", "farther.example"}, Name: "ext.shop.svc.test", Code: "NOERROR"}, ""},
		"aliases in a circle": {always(known(alias(ext, far), alias(far, ext))), wire.Lookup{Name: ext, Type: wire.RecordA},
			wire.Resolution{CNAMEs: slices.Repeat([]string{"far.example", "ext.shop.svc.test"}, maxChain/2), Name: "ext.shop.svc.test", Code: "NOERROR"}, wire.ErrorDNS},
		"an alias that leads nowhere": {always(fails(dnsmessage.RCodeNameError, alias(ext, far))), wire.Lookup{Name: ext, Type: wire.RecordA},
			wire.Resolution{CNAMEs: []string{"far.example"}, Name: "ext.shop.svc.test", Code: "NXDOMAIN"}, wire.ErrorDNS},
		"alias": {byKind(map[dnsmessage.Type]dnsmessage.Message{
			dnsmessage.TypeCNAME: known(alias(ext, far)), dnsmessage.TypeA: known(alias(ext, far), alias(far, farther), a(farther, 1)), dnsmessage.TypeAAAA: known(alias(ext, far), alias(far, farther)),
		}), wire.Lookup{Name: ext, Type: wire.RecordCNAME},
			wire.Resolution{Values: []string{"far.example"}, Addresses: []string{"10.0.0.1"}, CNAMEs: []string{"far.example"}, Name: "ext.shop.svc.test", Code: "NOERROR"}, ""},
		"alias, and its target is gone": {byKind(map[dnsmessage.Type]dnsmessage.Message{
			dnsmessage.TypeCNAME: known(alias(ext, far)), dnsmessage.TypeA: fails(dnsmessage.RCodeNameError, alias(ext, far)), dnsmessage.TypeAAAA: fails(dnsmessage.RCodeNameError, alias(ext, far)),
		}), wire.Lookup{Name: ext, Type: wire.RecordCNAME},
			wire.Resolution{Values: []string{"far.example"}, CNAMEs: []string{"far.example"}, Name: "ext.shop.svc.test", Code: "NXDOMAIN"}, ""},
		"no alias but addresses": {byKind(map[dnsmessage.Type]dnsmessage.Message{dnsmessage.TypeA: known(a(web, 1))}), wire.Lookup{Name: web, Type: wire.RecordCNAME},
			wire.Resolution{Name: "web.shop.svc.test", Code: "NOERROR"}, wire.ErrorDNS},
		"no such name": {always(fails(dnsmessage.RCodeNameError)), wire.Lookup{Name: web, Type: wire.RecordA},
			wire.Resolution{Name: "web.shop.svc.test", Code: "NXDOMAIN"}, wire.ErrorDNS},
		"no such alias": {always(fails(dnsmessage.RCodeNameError)), wire.Lookup{Name: web, Type: wire.RecordCNAME},
			wire.Resolution{Name: "web.shop.svc.test", Code: "NXDOMAIN"}, wire.ErrorDNS},
		"no such record": {always(known()), wire.Lookup{Name: web, Type: wire.RecordSRV},
			wire.Resolution{Name: "web.shop.svc.test", Code: "NOERROR"}, wire.ErrorDNS},
		"a server that fails": {always(fails(dnsmessage.RCodeServerFailure)), wire.Lookup{Name: web, Type: wire.RecordA},
			wire.Resolution{Name: "web.shop.svc.test", Code: "SERVFAIL"}, wire.ErrorDNS},
		"a server that refuses": {always(fails(dnsmessage.RCodeRefused)), wire.Lookup{Name: web, Type: wire.RecordA},
			wire.Resolution{Name: "web.shop.svc.test", Code: "REFUSED"}, wire.ErrorDNS},
		"a code of the future": {always(fails(11)), wire.Lookup{Name: web, Type: wire.RecordA},
			wire.Resolution{Name: "web.shop.svc.test", Code: "RCODE11"}, wire.ErrorDNS},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := lookUpOnce(t, serveDNS(t, test.zone), test.lookup, 10*time.Second)
			if got.resolution == nil {
				t.Fatalf("got no resolution: %v", got.err)
			}
			got.resolution.Server = ""
			if !reflect.DeepEqual(*got.resolution, test.want) || got.class != test.class {
				t.Errorf("got %+v, class %q (%v); want %+v, %q", *got.resolution, got.class, got.err, test.want, test.class)
			}
			if got.arrived() != (test.class == "") || got.phases.DNS <= 0 || got.phases.Total != got.phases.DNS || got.phases.Connect != 0 {
				t.Errorf("arrived is %v, the phases are %+v", got.arrived(), got.phases)
			}
			if got.err != nil && got.detail() == "" {
				t.Error("got no detail")
			}
		})
	}
}

// TestLargeAnswers do not fit into a datagram, and are asked for again over TCP.
func TestLargeAnswers(t *testing.T) {
	for _, size := range []int{5, 200, 1100, 2000} {
		var records []dnsmessage.Resource
		for i := range size {
			records = append(records, record("web.test.", dnsmessage.TypeA, &dnsmessage.AResource{A: [4]byte{10, 1, byte(i / 250), byte(i % 250)}}))
		}
		got := lookUpOnce(t, serveDNS(t, func(dnsmessage.Question, bool) dnsmessage.Message { return known(records...) }),
			wire.Lookup{Name: "web.test.", Type: wire.RecordA}, 10*time.Second)
		if got.resolution == nil || len(got.resolution.Values) != min(size, maxValues) {
			t.Errorf("%d addresses: got %+v, %v", size, got.resolution, got.err)
		}
	}
}

// TestSearchPath has a name found under the last of the names that the resolver
// tries, which depends on this system.
func TestSearchPath(t *testing.T) {
	var mu sync.Mutex
	var tried []string
	var answered string
	dial := serveDNS(t, func(q dnsmessage.Question, _ bool) dnsmessage.Message {
		mu.Lock()
		defer mu.Unlock()
		name := clean(q.Name.String())
		if name == answered {
			return known(a(q.Name.String(), 1))
		}
		tried = append(tried, name)
		return fails(dnsmessage.RCodeNameError)
	})
	lookup := wire.Lookup{Name: "web.shop", Type: wire.RecordA}
	if got := lookUpOnce(t, dial, lookup, 10*time.Second); got.class != wire.ErrorDNS || got.resolution.Name != "web.shop" || got.resolution.Code != "NXDOMAIN" {
		t.Errorf("got %+v, class %q", got.resolution, got.class)
	}
	mu.Lock()
	answered = tried[len(tried)-1]
	mu.Unlock()
	if got := lookUpOnce(t, dial, lookup, 10*time.Second); got.err != nil || got.resolution.Name != answered {
		t.Errorf("got %+v, %v; want the name %s, after %s", got.resolution, got.err, answered, tried)
	}
}

func TestServersThatDoNotAnswer(t *testing.T) {
	lookup := wire.Lookup{Name: "web.test.", Type: wire.RecordA}
	packed := func(change func(*dnsmessage.Message)) func(query []byte) [][]byte {
		return func(query []byte) [][]byte {
			var m dnsmessage.Message
			_ = m.Unpack(query)
			m.Additionals = nil
			m.Response, m.Answers = true, []dnsmessage.Resource{a("web.test.", 1)}
			change(&m)
			text, _ := m.Pack()
			return [][]byte{text}
		}
	}
	tests := map[string]func(query []byte) [][]byte{
		"silence":          func([]byte) [][]byte { return nil },
		"an echo":          func(query []byte) [][]byte { return [][]byte{query} },
		"garbage":          func([]byte) [][]byte { return [][]byte{[]byte("\xff\x00garbage"), {}, []byte("x")} },
		"another id":       packed(func(m *dnsmessage.Message) { m.ID++ }),
		"another question": packed(func(m *dnsmessage.Message) { m.Questions[0].Name = dnsmessage.MustNewName("bank.test.") }),
		"no question":      packed(func(m *dnsmessage.Message) { m.Questions = nil }),
	}
	for name, respond := range tests {
		t.Run(name, func(t *testing.T) {
			address := serveUDP(t, respond)
			dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
				return (&net.Dialer{}).DialContext(ctx, "udp", address)
			}
			got := lookUpOnce(t, dial, lookup, 200*time.Millisecond)
			if got.class != wire.ErrorTimeout || got.resolution != nil {
				t.Errorf("got class %q (%v), %+v", got.class, got.err, got.resolution)
			}
		})
	}
	t.Run("nobody there", func(t *testing.T) {
		dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "udp", nobodyUDP(t))
		}
		if got := lookUpOnce(t, dial, lookup, 5*time.Second); got.class != wire.ErrorRefused {
			t.Errorf("got class %q (%v)", got.class, got.err)
		}
	})
	t.Run("not to be reached", func(t *testing.T) {
		dial := func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("no way") }
		if got := lookUpOnce(t, dial, lookup, 5*time.Second); got.class != wire.ErrorDNS {
			t.Errorf("got class %q (%v)", got.class, got.err)
		}
	})
	t.Run("drips over TCP", func(t *testing.T) {
		address := listen(t, func(conn net.Conn) {
			for _, err := conn.Write([]byte{0xff}); err == nil; _, err = conn.Write([]byte{0xff}) {
				time.Sleep(5 * time.Millisecond)
			}
		})
		dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "tcp", address)
		}
		if got := lookUpOnce(t, dial, lookup, 200*time.Millisecond); got.class != wire.ErrorTimeout {
			t.Errorf("got class %q (%v)", got.class, got.err)
		}
	})
}

// TestDamagedReplies cuts an answer at every length and changes every byte: what
// cannot be read must do no harm.
func TestDamagedReplies(t *testing.T) {
	m := known(alias("web.test.", "far.test."), a("far.test.", 1), srv("web.test.", "a.test.", 80))
	m.ID, m.Response = 7, true
	question := dnsmessage.Question{Name: dnsmessage.MustNewName("web.test."), Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET}
	m.Questions = []dnsmessage.Question{question}
	text, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	if r, ok := parseReply(text, 7, question); !ok || !slices.Equal(r.values, []string{"10.0.0.1"}) || !slices.Equal(r.cnames, []string{"far.test"}) {
		t.Fatalf("got %+v, %v", r, ok)
	}
	for i := range text {
		_, _ = parseReply(text[:i], 7, question)
		for _, bit := range []byte{1, 0x40, 0x80, 0xc0, 0xff} {
			damaged := slices.Clone(text)
			damaged[i] ^= bit
			_, _ = parseReply(damaged, 7, question)
		}
	}
}

// TestCellOfLookups counts what the DNS answered.
func TestCellOfLookups(t *testing.T) {
	var mu sync.Mutex
	var count int
	plan := planOf(nil, wire.Route{Protocol: wire.DNS, Lookup: &wire.Lookup{Name: "web.test.", Type: wire.RecordA}, Requests: 9})
	plan.Concurrency = 1
	e, err := newEngine(plan)
	if err != nil {
		t.Fatal(err)
	}
	e.dialDNS = serveDNS(t, func(dnsmessage.Question, bool) dnsmessage.Message {
		mu.Lock()
		defer mu.Unlock()
		count++
		return []dnsmessage.Message{known(a("web.test.", 1)), known(a("web.test.", 2), a("web.test.", 1)), fails(dnsmessage.RCodeNameError)}[count%3]
	})
	var cell *wire.Cell
	out := &outlet{emit: func(r wire.Record) error {
		if r.Cell != nil {
			cell = r.Cell
		}
		return nil
	}}
	e.run(context.Background(), out)
	e.report(out)
	var got []string
	for _, r := range cell.Resolutions {
		got = append(got, fmt.Sprintf("%v %s %d", r.Values, r.Code, r.Count))
	}
	slices.Sort(got)
	if want := "[[10.0.0.1 10.0.0.2] NOERROR 3 [10.0.0.1] NOERROR 3 [] NXDOMAIN 3]"; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %s", got, want)
	}
	if cell.Total.Count() != 6 || cell.Connect.Count() != 0 || cell.FirstByte.Count() != 0 {
		t.Errorf("got %d, %d, %d durations", cell.Total.Count(), cell.Connect.Count(), cell.FirstByte.Count())
	}
}

// TestNamedAddresses resolves an address before it connects to it, and goes on
// to the next when one does not answer.
func TestNamedAddresses(t *testing.T) {
	address := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hi") })
	_, port, _ := net.SplitHostPort(address)
	dial := serveDNS(t, func(q dnsmessage.Question, _ bool) dnsmessage.Message {
		switch {
		case q.Name.String() != "web.test.":
			return fails(dnsmessage.RCodeNameError)
		case q.Type == dnsmessage.TypeA:
			return known(record("web.test.", dnsmessage.TypeA, &dnsmessage.AResource{A: [4]byte{127, 0, 0, 2}}),
				record("web.test.", dnsmessage.TypeA, &dnsmessage.AResource{A: [4]byte{127, 0, 0, 1}}))
		}
		return known()
	})
	once := func(name string) answer {
		plan := planOf(nil, wire.Route{Address: name + ":" + port})
		target, err := newTarget(plan, plan.Routes[0], newIndex(nil))
		if err != nil {
			t.Fatal(err)
		}
		x := newExchange(5 * time.Second)
		x.dialDNS = dial
		return x.ask(context.Background(), target, "MARKER", true)
	}
	got := once("web.test.")
	if got.status != 200 || got.phases.DNS <= 0 || got.phases.Connect <= 0 || got.remote.String() != "127.0.0.1" {
		t.Errorf("got status %d (%v), %+v, from %s", got.status, got.err, got.phases, got.remote)
	}
	if p := got.phases; p.DNS+p.Connect+p.FirstByte > p.Total {
		t.Errorf("the phases overlap: %+v", p)
	}
	if got := once("gone.test."); got.class != wire.ErrorDNS || got.arrived() {
		t.Errorf("got class %q (%v)", got.class, got.err)
	}
}
