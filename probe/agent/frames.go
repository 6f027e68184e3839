package agent

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"time"
)

// What matters here of HTTP/2's frames (RFC 9113, section 6): some types, a
// flag, and the codes that find fault with the protocol.
const (
	frameData         = 0x0
	frameHeaders      = 0x1
	framePriority     = 0x2
	frameReset        = 0x3
	frameSettings     = 0x4
	frameGoAway       = 0x7
	frameContinuation = 0x9

	flagEndStream = 0x1

	codeProtocol = 0x1
	codeHTTP11   = 0xd
)

// frames stands between a connection and net/http, which speaks HTTP/2 over it,
// and looks at the head of each frame that comes in:
//
//   - What does not begin with settings is no HTTP/2.
//   - What net/http would complain of in the program's log, which belongs to
//     others, does not get there. Frames of unknown types are taken out, as they
//     are to be ignored; data that nobody can have asked for ends it all.
//   - The bytes are counted, whatever they are for.
//   - With the first header begins the answer.
//   - The connection knows best why there was no answer. What net/http says
//     depends on what it was doing at that moment.
type frames struct {
	net.Conn
	source source
	reader *bufio.Reader
	// raw is the head of a frame, head what is still to be passed on of it, and
	// left the size of what is left of the rest.
	raw  [9]byte
	head []byte
	left int
	// begun is set after the first frame, and open while data may come.
	begun, open bool

	// over is closed when reading has ended.
	over chan struct{}

	mu sync.Mutex
	// first is when the answer began.
	first time.Time
	// err is what reading ended with.
	err error
	// gaveUp is set when the server has ended the request, with this code.
	gaveUp bool
	code   uint32
}

func newFrames(conn net.Conn) *frames {
	f := &frames{Conn: conn, over: make(chan struct{})}
	f.source = source{conn: conn, left: maxHeader + maxFraming, full: errLongHeader}
	f.reader = bufio.NewReaderSize(&f.source, readAhead)
	return f
}

// Read is called by net/http, in a goroutine of its own.
func (f *frames) Read(p []byte) (int, error) {
	if f.left == 0 && len(f.head) == 0 {
		if err := f.next(); err != nil {
			return 0, f.end(err)
		}
	}
	if len(f.head) > 0 {
		n := copy(p, f.head)
		f.head = f.head[n:]
		return n, nil
	}
	n, err := f.reader.Read(p[:min(len(p), f.left)])
	f.left -= n
	return n, f.end(err)
}

// end notes an error that reading ends with, and returns it.
func (f *frames) end(err error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err != nil && f.err == nil {
		f.err = err
		close(f.over)
	}
	return err
}

// Close leaves closing to the one who made the connection: net/http closes it as
// soon as it fails to write, though there may be something to read.
func (f *frames) Close() error { return nil }

// next reads the head of the next frame that is to be passed on.
func (f *frames) next() error {
	for {
		// The size of settings begins with a zero, no text does.
		n, err := io.ReadFull(f.reader, f.raw[:])
		if !f.begun && n > 0 && f.raw[0] != 0 {
			return errNoHTTP2
		}
		if err != nil {
			return err
		}
		kind, size := f.raw[3], int(f.raw[0])<<16|int(f.raw[1])<<8|int(f.raw[2])
		if !f.begun && kind != frameSettings {
			return errNoHTTP2
		}
		f.begun = true
		if kind <= frameContinuation && kind != framePriority {
			f.head, f.left = f.raw[:], size
			return f.note(kind, size)
		}
		if _, err := f.reader.Discard(size); err != nil {
			return err
		}
	}
}

// note takes into account that a frame has come.
func (f *frames) note(kind byte, size int) error {
	ends := f.raw[4]&flagEndStream != 0
	ours := binary.BigEndian.Uint32(f.raw[5:])&^(1<<31) == 1
	switch {
	case kind == frameData && !(ours && f.open):
		return errUnasked
	case kind == frameData:
		f.open = !ends
	case kind == frameHeaders && ours:
		f.open = !ends
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.first.IsZero() {
			f.first = time.Now()
			f.source.left, f.source.full = maxHeader+maxBody+maxFraming, errLongBody
		}
	case kind == frameReset && ours && size == 4:
		return f.giveUp(0)
	case kind == frameGoAway && size >= 8:
		return f.giveUp(4)
	}
	return nil
}

// giveUp notes that the server ends the request, or the whole connection, and
// the code that it gives at this offset into the frame.
func (f *frames) giveUp(offset int) error {
	begin, err := f.reader.Peek(offset + 4)
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.gaveUp, f.code = true, binary.BigEndian.Uint32(begin[offset:])
	return nil
}

// answered returns when the answer began.
func (f *frames) answered() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.first
}

// because returns why there was no answer, or only half of one, when all that
// net/http says is err.
func (f *frames) because(err error) error {
	var call *net.OpError
	if errors.As(err, &call) && call.Op == "write" {
		// A server may answer without having read the request, and close. What it
		// said is then still to be read, and says more.
		select {
		case <-f.over:
		case <-time.After(time.Second):
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	var own reason
	switch {
	case errors.As(f.err, &own), isTimeout(f.err):
		return f.err
	case f.gaveUp && f.code != codeProtocol && f.code != codeHTTP11:
		return broken{err}
	case f.err != nil && strings.HasPrefix(err.Error(), "http2: client conn"):
		// "... is closed", "... could not be established": it does not say why.
		return f.err
	}
	return err
}

// broken is what a server has ended early, in words.
type broken struct{ error }
