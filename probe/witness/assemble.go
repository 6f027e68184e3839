package witness

import (
	"slices"
	"time"
)

// The bounds of what is kept of a connection while an earlier segment is missing.
const (
	maxHeld      = 16
	maxHeldBytes = 32 << 10
)

// chunk is a piece of what one side of a connection says, in its order.
type chunk struct {
	data []byte
	// missing is how many bytes behind the data were not captured.
	missing int
	// seen, seq and ack are those of the segment in which it came.
	seen     time.Time
	seq, ack uint32
}

// assembler puts the segments of one side of a connection into their order.
type assembler struct {
	// begun is set once it is known what comes next.
	begun bool
	next  uint32
	held  []chunk
	bytes int
}

// begin says what comes next.
func (a *assembler) begin(seq uint32) {
	*a = assembler{begun: true, next: seq}
}

// push takes a segment and returns what can be said in order now. It returns false
// where so much came after something missing that this will not come any more.
func (a *assembler) push(c chunk) (ready []chunk, ok bool) {
	if len(c.data)+c.missing == 0 {
		return nil, true
	}
	if ahead := int32(c.seq - a.next); ahead > 0 {
		if len(a.held) >= maxHeld || a.bytes+len(c.data) > maxHeldBytes {
			return nil, false
		}
		c.data = slices.Clone(c.data) // the segment's buffer is used again
		a.held, a.bytes = append(a.held, c), a.bytes+len(c.data)
		return nil, true
	}
	ready = a.take(ready, c)
	for progress := true; progress; {
		progress = false
		for i, h := range a.held {
			if int32(h.seq-a.next) <= 0 {
				a.held = slices.Delete(a.held, i, i+1)
				a.bytes -= len(h.data)
				ready, progress = a.take(ready, h), true
				break
			}
		}
	}
	return ready, true
}

// take adds what is new in a chunk that begins at, or before, what comes next.
func (a *assembler) take(ready []chunk, c chunk) []chunk {
	old := int(int32(a.next - c.seq))
	whole := len(c.data) + c.missing
	if old >= whole {
		return ready // said before
	}
	a.next += uint32(whole - old)
	if old > len(c.data) {
		c.missing -= old - len(c.data)
		old = len(c.data)
	}
	c.data, c.seq = c.data[old:], c.seq+uint32(old)
	return append(ready, c)
}
