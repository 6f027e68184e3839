package witness

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"testing"

	"golang.org/x/net/http2/hpack"
)

// peer writes one side of HTTP/2.
type peer struct {
	table  bytes.Buffer
	writer *hpack.Encoder
}

func newPeer() *peer {
	p := &peer{}
	p.writer = hpack.NewEncoder(&p.table)
	return p
}

func frame(kind, flags byte, stream uint32, payload string) string {
	head := []byte{byte(len(payload) >> 16), byte(len(payload) >> 8), byte(len(payload)), kind, flags}
	return string(binary.BigEndian.AppendUint32(head, stream)) + payload
}

func (p *peer) block(fields ...string) string {
	p.table.Reset()
	for i := 0; i < len(fields); i += 2 {
		_ = p.writer.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]})
	}
	return p.table.String()
}

func (p *peer) asks(stream uint32, marker string) string {
	return frame(frameHeaders, flagEndHeaders|1, stream, p.block(":method", "GET", ":path", "/a", ":authority", "shop.example", "x-nettrace-id", marker, "x-same", "again and again"))
}

func (p *peer) answers(stream uint32, status string) string {
	return frame(frameHeaders, flagEndHeaders, stream, p.block(":status", status, "server", "some"))
}

const settings = "\x00\x00\x00\x04\x00\x00\x00\x00\x00"

func TestTrackerHTTP2(t *testing.T) {
	for name, test := range map[string]struct {
		talk   func(k *talk, here, there *peer)
		want   []string
		broken int
	}{
		"one": {func(k *talk, here, there *peer) {
			k.hears(settings)
			k.says(preface + settings + here.asks(1, "f00d-1-2-1"))
			k.hears(there.answers(1, "200"))
		}, []string{seen1}, 0},
		"from the table": {func(k *talk, here, there *peer) {
			k.says(preface + settings)
			k.hears(settings)
			for i := range 3 {
				k.says(here.asks(uint32(2*i+1), fmt.Sprintf("f00d-1-2-%d", i+1)))
			}
			k.hears(there.answers(3, "200") + frame(0, 0, 3, "body") + there.answers(1, "200") + there.answers(5, "404"))
		}, []string{seen1, "f00d-1-2-2 to 1 GET shop.example/a = 2xx", "f00d-1-2-3 to 1 GET shop.example/a = 4xx"}, 0},
		"byte by byte": {func(k *talk, here, there *peer) {
			for _, b := range []byte(preface + settings + here.asks(1, "f00d-1-2-1")) {
				k.says(string([]byte{b}))
			}
			for _, b := range []byte(settings + there.answers(1, "200")) {
				k.hears(string([]byte{b}))
			}
		}, []string{seen1}, 0},
		"continued": {func(k *talk, here, _ *peer) {
			block := here.block(":method", "GET", ":path", "/a", ":authority", "shop.example", "x-nettrace-id", "f00d-1-2-1")
			k.says(preface + settings + frame(frameHeaders, 0, 1, block[:20]) + frame(frameContinuation, flagEndHeaders, 1, block[20:]))
		}, []string{"f00d-1-2-1 to 1 GET shop.example/a"}, 0},
		"padded, with priority": {func(k *talk, here, _ *peer) {
			block := here.block(":method", "GET", ":path", "/a", ":authority", "shop.example", "x-nettrace-id", "f00d-1-2-1")
			k.says(preface + settings + frame(frameHeaders, flagEndHeaders|flagPadded|flagPriority, 1, "\x03\x00\x00\x00\x00\x10"+block+"\x00\x00\x00"))
		}, []string{"f00d-1-2-1 to 1 GET shop.example/a"}, 0},
		"a header is missing": {func(k *talk, here, _ *peer) {
			k.says(preface + settings)
			lost := here.asks(1, "f00d-1-2-1")
			p := k.packet(k.seq, lost[:12])
			p.length = len(lost)
			k.tracker.add(p)
			k.seq += uint32(len(lost))
			k.says(here.asks(3, "f00d-1-2-2"))
		}, nil, 1},
		"data are missing": {func(k *talk, here, _ *peer) {
			k.says(preface + settings)
			data := frame(0, 0, 1, string(make([]byte, 4000)))
			p := k.packet(k.seq, data[:100])
			p.length = len(data)
			k.tracker.add(p)
			k.seq += uint32(len(data))
			k.says(here.asks(3, "f00d-1-2-2"))
		}, []string{"f00d-1-2-2 to 1 GET shop.example/a"}, 0},
		"begun before": {func(k *talk, here, _ *peer) {
			k.tracker = newTracker(testPlan(), named) // has not seen it begin
			k.says(here.asks(1, "f00d-1-2-1"))
		}, nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			tracker := newTracker(testPlan(), named)
			k := newTalk(tracker)
			k.opens()
			test.talk(k, newPeer(), newPeer())
			want(t, told(k.tracker), test.want...)
			if k.tracker.watched.Broken != test.broken {
				t.Errorf("%d are broken, want %d", k.tracker.watched.Broken, test.broken)
			}
		})
	}
}

// FuzzTracker: hostile bytes in any pieces neither crash it nor make it tell of requests
// to others than those that they went to.
func FuzzTracker(f *testing.F) {
	p := newPeer()
	f.Add([]byte(get("f00d-1-2-1")), uint16(7), uint8(0))
	f.Add([]byte(preface+settings+p.asks(1, "f00d-1-2-1")), uint16(40), uint8(3))
	f.Add([]byte("POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n"), uint16(1), uint8(1))
	f.Fuzz(func(t *testing.T, data []byte, step uint16, order uint8) {
		tracker := newTracker(testPlan(), named)
		k := newTalk(tracker)
		k.opens()
		for begin := 0; begin < len(data); begin += int(step) + 1 {
			piece := string(data[begin:min(len(data), begin+int(step)+1)])
			p := k.packet(k.seq+uint32(begin)+uint32(order)*uint32(begin%3), piece)
			p.length += int(order) % 2 * begin
			tracker.add(p)
			k.hears(piece)
		}
		for _, s := range tracker.take(k.at, true) {
			if s.Endpoint > 1 || sequence(run, s.Marker) == 0 {
				t.Errorf("told of %+v", s)
			}
		}
		if at := tracker.sides[way{veth, true, client, endpoint}]; at != nil {
			if s := at.Value.(*remembered); s.bytes > maxHeldBytes || len(s.text) > maxHead+len(data) {
				t.Errorf("keeps %d and %d bytes", s.bytes, len(s.text))
			}
		}
	})
}
