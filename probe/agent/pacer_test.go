package agent

import (
	"slices"
	"testing"
	"time"
)

func TestPacer(t *testing.T) {
	const ms = time.Millisecond
	tests := map[string]struct {
		rate  float64
		burst int
		now   []time.Duration
		want  []time.Duration
	}{
		"even":              {100, 4, []time.Duration{0, 0, 0, 0}, []time.Duration{0, 10 * ms, 20 * ms, 30 * ms}},
		"late now and then": {100, 4, []time.Duration{0, 0, 13 * ms, 21 * ms}, []time.Duration{0, 10 * ms, 20 * ms, 30 * ms}},
		"after a stall": {100, 2, []time.Duration{0, 500 * ms, 500 * ms, 500 * ms, 500 * ms},
			[]time.Duration{0, 480 * ms, 490 * ms, 500 * ms, 510 * ms}},
		"as fast as possible": {1e12, 4, []time.Duration{0, 0, 5 * ms, 5 * ms}, []time.Duration{0, 0, 5 * ms, 5 * ms}},
		"hardly ever":         {1e-300, 4, []time.Duration{0, 0}, []time.Duration{0, 24 * time.Hour}},
	}
	for title, test := range tests {
		p := NewPacer(test.rate, test.burst)
		var got []time.Duration
		for _, now := range test.now {
			got = append(got, p.Next(now))
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: got %v, want %v", title, got, test.want)
		}
	}
}

// TestPacerNeverFast drives a pacer like workers that stall at random, and
// counts the starts in every window of a second.
func TestPacerNeverFast(t *testing.T) {
	const rate, burst = 200, 8
	p := NewPacer(rate, burst)
	var starts []time.Duration
	now := time.Duration(0)
	for i := range 5000 {
		if i%700 == 699 {
			now += 3 * time.Second
		}
		now = max(now, p.Next(now))
		starts = append(starts, now)
	}
	for i, start := range starts {
		end, _ := slices.BinarySearch(starts, start+time.Second)
		if end-i > rate+burst {
			t.Fatalf("%d starts within the second from %v", end-i, start)
		}
	}
}
