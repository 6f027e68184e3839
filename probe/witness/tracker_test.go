package witness

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
)

const seen1 = "f00d-1-2-1 to 1 GET shop.example/a = 2xx"

// TestTracker: whatever order the segments come in, a request is told of as it is, or
// not at all.
func TestTracker(t *testing.T) {
	marker := "f00d-1-2-1"
	whole := get(marker)
	ok := "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
	for name, test := range map[string]struct {
		talk   func(k *talk)
		want   []string
		broken int
	}{
		"in one segment": {func(k *talk) { k.opens(); k.says(whole); k.hears(ok) }, []string{seen1}, 0},
		"byte by byte": {func(k *talk) {
			k.opens()
			for _, b := range whole {
				k.says(string(b))
			}
			k.hears(ok)
		}, []string{seen1}, 0},
		"split in the marker, out of order": {func(k *talk) {
			k.opens()
			at := strings.Index(whole, "1-2-1")
			k.tracker.add(k.packet(k.seq+uint32(at), whole[at:]))
			k.tracker.add(k.packet(k.seq, whole[:at]))
			k.hears(ok)
		}, []string{seen1}, 0},
		"sent again": {func(k *talk) {
			k.opens()
			again := k.packet(k.seq, whole[:30])
			k.says(whole)
			k.tracker.add(again)
			k.hears(ok)
		}, []string{seen1}, 0},
		"overlapping": {func(k *talk) {
			k.opens()
			k.tracker.add(k.packet(k.seq, whole[:40]))
			k.tracker.add(k.packet(k.seq+20, whole[20:]))
			k.hears(ok)
		}, []string{seen1}, 0},
		"no answer":            {func(k *talk) { k.opens(); k.says(whole) }, []string{"f00d-1-2-1 to 1 GET shop.example/a"}, 0},
		"an answer elsewhere":  {func(k *talk) { k.opens(); k.says(whole); k.ack += 7; k.hears(ok) }, []string{"f00d-1-2-1 to 1 GET shop.example/a"}, 0},
		"only continue":        {func(k *talk) { k.opens(); k.says(whole); k.hears("HTTP/1.1 100 Continue\r\n\r\n") }, []string{"f00d-1-2-1 to 1 GET shop.example/a"}, 0},
		"a segment is missing": {func(k *talk) { k.opens(); k.seq += 10; k.says(whole[10:]); k.hears(ok) }, nil, 0},
		"cut within the head": {func(k *talk) {
			k.opens()
			p := k.packet(k.seq, whole[:40])
			p.length = len(whole)
			k.tracker.add(p)
			k.hears(ok)
		}, nil, 1},
		"cut behind the marker": {func(k *talk) {
			k.opens()
			start := strings.TrimSuffix(whole, "\r\n")
			p := k.packet(k.seq, start+"X-Padding: aaaaa")
			p.length = 4000
			k.tracker.add(p)
			k.seq += 4000
			k.hears(ok)
		}, []string{seen1}, 0},
		"cut within the body": {func(k *talk) {
			k.opens()
			k.says("POST /x HTTP/1.1\r\nContent-Length: 5000\r\n\r\n")
			p := k.packet(k.seq, strings.Repeat(whole, 10))
			p.length = 5000
			k.tracker.add(p)
			k.seq += 5000
			k.hears(ok)
			k.says(whole)
			k.hears(ok)
		}, []string{seen1}, 0},
		"a body that looks like it": {func(k *talk) {
			k.opens()
			k.says(fmt.Sprintf("POST /x HTTP/1.1\r\nContent-Length: %d\r\n\r\n", len(whole)))
			k.says(whole)
			k.hears(ok)
		}, nil, 0},
		"the second on a connection": {func(k *talk) {
			k.opens()
			k.says(get("f00d-1-2-7"))
			k.hears("HTTP/1.1 404 no\r\nContent-Length: 3\r\n\r\nabc")
			k.says(whole)
			k.hears(ok)
		}, []string{seen1, "f00d-1-2-7 to 1 GET shop.example/a = 4xx"}, 0},
		"begun before, answered":      {func(k *talk) { k.says(whole); k.hears(ok) }, []string{seen1}, 0},
		"begun before, not answered":  {func(k *talk) { k.says(whole) }, nil, 1},
		"begun before, in the middle": {func(k *talk) { k.says(whole[5:]); k.hears(ok) }, nil, 0},
		"TLS":                         {func(k *talk) { k.opens(); k.says("\x16\x03\x01" + whole); k.hears(ok) }, nil, 0},
		"two markers": {func(k *talk) {
			k.opens()
			k.says(strings.Replace(whole, "\r\n\r\n", "\r\nUser-Agent: x (f00d-1-2-2)\r\n\r\n", 1))
			k.hears(ok)
		}, nil, 0},
		"in the user agent alone": {func(k *talk) {
			k.opens()
			k.says(strings.Replace(whole, "X-Nettrace-Id: f00d-1-2-1", "User-Agent: kubectl-nettrace/1 (f00d-1-2-1)", 1))
			k.hears(ok)
		}, []string{seen1}, 0},
		"of another run":   {func(k *talk) { k.opens(); k.says(get("beef-1-2-1")); k.hears(ok) }, nil, 0},
		"no marker really": {func(k *talk) { k.opens(); k.says(get("f00d-1-2-1-4")); k.says(get("f00d-01-2-1")) }, nil, 0},
		"to nobody watched": {func(k *talk) {
			k.to = netip.MustParseAddrPort("10.9.9.9:80")
			k.link = card
			k.opens()
			k.says(get("f00d-1-2-2"))
		}, nil, 0},
		"passing, a first one": {func(k *talk) { k.link = bridge; k.opens(); k.says(whole) }, []string{"f00d-1-2-1 passing cni0 GET shop.example/a"}, 0},
		"passing, a later one": {func(k *talk) { k.link = bridge; k.opens(); k.says(get("f00d-1-2-2")) }, nil, 0},
		"coming from the pod":  {func(k *talk) { k.out = false; k.opens(); k.says(whole) }, []string{"f00d-1-2-1 passing veth1 GET shop.example/a"}, 0},
		"on the node itself": {func(k *talk) {
			k.out, k.mine, k.link, k.to = false, true, card, netip.MustParseAddrPort("192.0.2.11:9090")
			k.opens()
			k.says(whole)
			k.hears(ok)
		}, []string{"f00d-1-2-1 to 3 GET shop.example/a = 2xx"}, 0},
		"on the node, not for it": {func(k *talk) {
			k.out, k.link, k.to = false, card, netip.MustParseAddrPort("192.0.2.11:9090")
			k.opens()
			k.says(get("f00d-1-2-2"))
		}, nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			tracker := newTracker(testPlan(), named)
			test.talk(newTalk(tracker))
			want(t, told(tracker), test.want...)
			if tracker.watched.Broken != test.broken {
				t.Errorf("%d are broken, want %d", tracker.watched.Broken, test.broken)
			}
		})
	}
}

// TestTrackerRetry: a request that a proxy sends to a second endpoint was seen at both.
func TestTrackerRetry(t *testing.T) {
	tracker := newTracker(testPlan(), named)
	first := newTalk(tracker)
	first.opens()
	first.says(get("f00d-1-2-1"))
	first.hears("HTTP/1.1 503 no\r\n\r\n")
	second := newTalk(tracker)
	second.to, second.link = other, otherVeth
	second.opens()
	second.says(get("f00d-1-2-1"))
	second.hears("HTTP/1.1 200 OK\r\n\r\n")
	want(t, told(tracker), "f00d-1-2-1 to 1 GET shop.example/a = 5xx", "f00d-1-2-1 to 2 GET shop.example/a = 2xx")
}

// TestTrackerForgets: it keeps no more than it may, and says when that was too little.
func TestTrackerForgets(t *testing.T) {
	tracker := newTracker(testPlan(), named)
	for i := range maxSides + 10 {
		k := newTalk(tracker)
		k.from = netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 1, byte(i >> 8), byte(i)}), 1)
		p := k.packet(k.seq, "")
		p.flags = flagSyn
		tracker.add(p)
	}
	if tracker.order.Len() != maxSides || len(tracker.sides) != maxSides || tracker.watched.Evicted != 10 {
		t.Errorf("%d sides, %d in order, %d evicted", len(tracker.sides), tracker.order.Len(), tracker.watched.Evicted)
	}
	if tracker.watched.Whole() {
		t.Error("nothing is said to be missing")
	}
}

// TestTrackerAgain: an answer that comes late is told of after its request.
func TestTrackerAgain(t *testing.T) {
	tracker := newTracker(testPlan(), named)
	k := newTalk(tracker)
	k.opens()
	k.says(get("f00d-1-2-1"))
	if early := tracker.take(k.at, false); len(early) != 0 {
		t.Errorf("told at once: %v", early)
	}
	if late := tracker.take(k.at.Add(patience), false); len(late) != 1 || late[0].Status != 0 {
		t.Errorf("told in time: %v", late)
	}
	k.hears("HTTP/1.1 200 OK\r\n\r\n")
	want(t, told(tracker), seen1)
}
