package witness

// answer takes note of the status of an answer. Over HTTP/1.1 the answer to a request
// begins with just the byte that the request acknowledges as next.
func (t *tracker) answer(w way, p packet) {
	status := statusOf(p.payload)
	for _, a := range t.awaited[w] {
		if a.stream == 0 && a.ack == p.seq && status != 0 {
			t.answered(w, a, status)
			break
		}
	}
	s := t.side(w, p, p.flags&(flagSyn|flagAck) == flagSyn|flagAck, true)
	if s == nil || !s.server {
		return
	}
	broken := s.broken
	s.answer(p, func(stream uint32, status int) {
		for _, a := range t.awaited[w] {
			if a.stream == stream {
				t.answered(w, a, status)
				break
			}
		}
	})
	if s.broken && !broken {
		t.watched.Broken++
	}
	t.close(w, p)
}

func (t *tracker) answered(w way, done *awaiting, status int) {
	done.sight.Status = status
	t.tell(done)
	t.drop(w, func(a *awaiting) bool { return a == done })
}

// drop stops waiting for answers.
func (t *tracker) drop(w way, which func(*awaiting) bool) {
	var kept []*awaiting
	for _, a := range t.awaited[w] {
		if which(a) {
			t.waiting--
		} else {
			kept = append(kept, a)
		}
	}
	if t.awaited[w] = kept; len(kept) == 0 {
		delete(t.awaited, w)
	}
}
