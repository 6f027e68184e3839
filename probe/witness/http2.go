package witness

import (
	"encoding/binary"
	"strconv"

	"golang.org/x/net/http2/hpack"
)

// What matters here of HTTP/2 (RFC 9113): how a connection begins, some types of
// frames, and some flags.
const (
	preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

	frameHead         = 9
	frameHeaders      = 0x1
	frameSettings     = 0x4
	framePushPromise  = 0x5
	frameContinuation = 0x9

	flagEndHeaders = 0x4
	flagPadded     = 0x8
	flagPriority   = 0x20
)

// The bounds of what is decoded: of one string, and of what a peer may have allowed the
// other to keep.
const (
	maxString = 8 << 10
	maxTable  = 64 << 10
)

// frames reads what one side of an HTTP/2 connection says, from its first frame on:
// what a header is may rest on all headers before it.
type frames struct {
	run     string
	decoder *hpack.Decoder
	// buffer is an incomplete frame, and skip what is left of one of no concern.
	buffer []byte
	skip   int
	// block is what there is of the headers of a stream, until they end.
	block  []byte
	stream uint32
}

// message is what matters of the headers of a stream: of a request the head, of an
// answer the status.
type message struct {
	stream uint32
	head
	status int
}

func newFrames(run string) *frames {
	f := &frames{run: run, decoder: hpack.NewDecoder(4096, nil)}
	f.decoder.SetMaxStringLength(maxString)
	f.decoder.SetAllowedMaxDynamicTableSize(maxTable)
	return f
}

// take reads on, and hands over each message that is complete. It returns false where
// nothing can be known of the connection any more.
func (f *frames) take(data []byte, missing int, found func(message)) bool {
	for len(data) > 0 {
		if f.skip > 0 {
			n := min(f.skip, len(data))
			f.skip, data = f.skip-n, data[n:]
			continue
		}
		n := min(f.wanted()-len(f.buffer), len(data))
		f.buffer, data = append(f.buffer, data[:n]...), data[n:]
		if len(f.buffer) < f.wanted() {
			continue
		}
		if !f.frame(found) {
			return false
		}
	}
	if missing > f.skip || missing > 0 && len(f.buffer) > 0 {
		return false
	}
	f.skip -= missing
	return true
}

// wanted returns how much of the frame must be there: its head, and of headers all.
func (f *frames) wanted() int {
	if len(f.buffer) < frameHead || !f.ofHeaders() {
		return frameHead
	}
	return frameHead + f.length()
}

func (f *frames) length() int {
	return int(f.buffer[0])<<16 | int(f.buffer[1])<<8 | int(f.buffer[2])
}

func (f *frames) ofHeaders() bool {
	return f.buffer[3] == frameHeaders || f.buffer[3] == frameContinuation
}

// frame reads the frame in the buffer.
func (f *frames) frame(found func(message)) bool {
	kind, flags, stream := f.buffer[3], f.buffer[4], binary.BigEndian.Uint32(f.buffer[5:])&^(1<<31)
	defer func() { f.buffer = f.buffer[:0] }()
	switch {
	case !f.ofHeaders():
		f.skip = f.length()
		return kind != framePushPromise && f.stream == 0
	case len(f.block)+f.length() > maxHead, (kind == frameContinuation) != (f.stream != 0), f.stream != 0 && f.stream != stream:
		return false
	}
	payload := f.buffer[frameHead:]
	if kind == frameHeaders {
		var ok bool
		if payload, ok = unpadded(payload, flags); !ok {
			return false
		}
	}
	f.block, f.stream = append(f.block, payload...), stream
	if flags&flagEndHeaders == 0 {
		return true
	}
	m, ok := f.decode()
	f.block, f.stream = f.block[:0], 0
	if ok {
		found(m)
	}
	return ok
}

// unpadded returns the part of the payload of HEADERS that holds headers.
func unpadded(payload []byte, flags byte) ([]byte, bool) {
	padding := 0
	if flags&flagPadded != 0 {
		if len(payload) < 1 {
			return nil, false
		}
		padding, payload = int(payload[0]), payload[1:]
	}
	if flags&flagPriority != 0 {
		if len(payload) < 5 {
			return nil, false
		}
		payload = payload[5:]
	}
	if padding > len(payload) {
		return nil, false
	}
	return payload[:len(payload)-padding], true
}

// decode reads a block of headers.
func (f *frames) decode() (message, bool) {
	m := message{stream: f.stream}
	f.decoder.SetEmitFunc(func(h hpack.HeaderField) {
		switch h.Name {
		case ":method":
			m.method = h.Value
		case ":path":
			m.path = h.Value
		case ":authority":
			m.host = h.Value
		case ":status":
			m.status, _ = strconv.Atoi(h.Value)
		default:
			m.field(f.run, h.Name, h.Value)
		}
	})
	if _, err := f.decoder.Write(f.block); err != nil {
		return m, false
	}
	return m, f.decoder.Close() == nil
}

// beginsFrames reports whether the text begins as a server's side of HTTP/2 does.
func beginsFrames(text []byte) bool {
	return len(text) >= frameHead && text[3] == frameSettings && binary.BigEndian.Uint32(text[5:]) == 0 && text[0] == 0
}
