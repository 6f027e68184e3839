package witness

import (
	"bytes"
)

// mode is what is known of what one side of a connection speaks.
type mode int

const (
	// unsure: nothing was said yet, or the beginning was not seen.
	unsure mode = iota
	speaksHTTP1
	speaksHTTP2
	// unreadable: something else, or too much of it is missing. Only what looks like
	// the beginning of a request may be one again.
	unreadable
)

// side is one side of a connection, as it passes one interface in one direction.
type side struct {
	assembler
	mode mode
	// fresh is set where its beginning was seen, so that what it says is certain.
	fresh bool
	// text is the incomplete head of a request, first the chunk in which it began, and
	// skip what is left of the body before the next.
	text   []byte
	first  chunk
	skip   int
	frames *frames
	// broken is set once a request could not be followed, unread where it is no HTTP.
	broken, unread bool
}

// request is a request that went by.
type request struct {
	head
	first  chunk
	stream uint32
	fresh  bool
}

// say reads on in what the client's side says, and hands over each request.
func (s *side) say(run string, p packet, found func(request)) {
	if p.flags&flagSyn != 0 {
		*s = side{fresh: true}
		s.begin(p.seq + 1)
		return
	}
	if (!s.begun || s.mode == unreadable) && p.length > 0 {
		if _, _, looks := requestLine(p.payload); !looks {
			return
		}
		s.begin(p.seq)
		s.mode, s.fresh, s.text, s.skip = unsure, false, nil, 0
	}
	if !s.begun {
		return
	}
	ready, ok := s.push(chunk{data: p.payload, missing: p.length - len(p.payload), seen: p.seen, seq: p.seq, ack: p.ack})
	for _, c := range ready {
		if s.mode != unreadable {
			s.read(run, c, found)
		}
	}
	if !ok {
		s.lose()
	}
}

// lose gives up what is being said.
func (s *side) lose() {
	s.broken = s.broken || s.mode != unreadable
	s.mode, s.text, s.frames = unreadable, nil, nil
	s.held, s.bytes = nil, 0
}

// read takes the next chunk.
func (s *side) read(run string, c chunk, found func(request)) {
	if s.mode == speaksHTTP2 {
		s.readFrames(c, found)
		return
	}
	for len(c.data) > 0 {
		if s.skip > 0 {
			n := min(s.skip, len(c.data))
			s.skip, c.data, c.seq = s.skip-n, c.data[n:], c.seq+uint32(n)
			continue
		}
		if len(s.text) == 0 {
			s.first = c
		}
		before := len(s.text)
		s.text = append(s.text, c.data...)
		if s.mode == unsure && !s.recognise(run) {
			return
		}
		if s.mode == speaksHTTP2 {
			c.data = s.text[len(preface):]
			s.text = nil
			s.readFrames(c, found)
			return
		}
		end := bytes.Index(s.text, []byte("\r\n\r\n"))
		if end < 0 || s.mode == unsure {
			if len(s.text) > maxHead {
				s.lose()
			}
			break
		}
		end += len("\r\n\r\n")
		used := end - before
		c.data, c.seq = c.data[used:], c.seq+uint32(used)
		if !s.request(run, s.text[:end], found) {
			return
		}
	}
	switch {
	case c.missing == 0 || s.mode == unreadable:
	case len(s.text) > 0 && s.mode == speaksHTTP1:
		s.cut(run, found)
	case len(s.text) > 0 || c.missing > s.skip:
		s.lose()
	default:
		s.skip -= c.missing
	}
}

// recognise finds out what is spoken from how it begins, if that is enough to tell. It
// returns false where it is nothing that can be read.
func (s *side) recognise(run string) bool {
	switch {
	case len(s.text) >= len(preface) && string(s.text[:len(preface)]) == preface:
		s.mode, s.frames = speaksHTTP2, newFrames(run)
	case len(s.text) < len(preface) && bytes.HasPrefix([]byte(preface), s.text):
	case bytes.IndexByte(s.text, ' ') > 0 && bytes.Contains([]byte(methods), append([]byte(" "), s.text[:bytes.IndexByte(s.text, ' ')+1]...)):
		s.mode = speaksHTTP1
	case len(s.text) < len(" OPTIONS ") && bytes.Contains([]byte(methods), append([]byte(" "), s.text...)):
	default:
		s.mode, s.unread, s.text = unreadable, true, nil
		return false
	}
	return true
}

// cut reads what there is of a head whose rest was not captured, as that of a request
// that is larger than what is looked at. It is enough where the marker is among it;
// where the next request begins can no longer be told.
func (s *side) cut(run string, found func(request)) {
	text := s.text[:bytes.LastIndex(s.text, []byte("\r\n"))+2]
	h, _, ok := parseHead(run, append(text, "\r\n"...))
	if !ok || h.marker == "" {
		s.lose()
		return
	}
	found(request{head: h, first: s.first, fresh: s.fresh})
	s.mode, s.text = unreadable, nil
}

// request reads a complete head. It returns false where what follows cannot be told.
func (s *side) request(run string, text []byte, found func(request)) bool {
	h, b, ok := parseHead(run, text)
	if !ok {
		s.lose()
		return false
	}
	found(request{head: h, first: s.first, fresh: s.fresh})
	s.text, s.skip = nil, b.length
	if b.open {
		s.mode = unreadable
		return false
	}
	return true
}

func (s *side) readFrames(c chunk, found func(request)) {
	ok := s.frames.take(c.data, c.missing, func(m message) {
		if m.method != "" {
			found(request{head: m.head, first: c, stream: m.stream, fresh: s.fresh})
		}
	})
	if !ok {
		s.lose()
	}
}

// answer reads on in what the server's side says over HTTP/2, and hands over the status
// of each answer with the stream that it belongs to.
func (s *side) answer(p packet, found func(stream uint32, status int)) {
	if p.flags&flagSyn != 0 {
		*s = side{fresh: true}
		s.begin(p.seq + 1)
		return
	}
	if !s.begun || s.mode == unreadable {
		return
	}
	ready, ok := s.push(chunk{data: p.payload, missing: p.length - len(p.payload), seq: p.seq})
	for _, c := range ready {
		if s.mode == unsure {
			s.text = append(s.text, c.data...)
			switch {
			case len(s.text) < frameHead && c.missing == 0:
				continue
			case !beginsFrames(s.text):
				s.mode = unreadable // HTTP/1.1 is read where it answers a request
				return
			}
			s.mode, s.frames, c.data, s.text = speaksHTTP2, newFrames(""), s.text, nil
		}
		if s.frames == nil || !s.frames.take(c.data, c.missing, func(m message) {
			if m.status >= 200 {
				found(m.stream, m.status)
			}
		}) {
			s.lose()
			return
		}
	}
	if !ok {
		s.lose()
	}
}
