package wire

import (
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"math"
	"math/bits"
	"slices"
	"time"
)

// precision is how many leading bits of a duration in microseconds are kept.
// With 11 bits two durations that count as one differ by less than 0.1 %.
const precision = 11

// Latency is a set of durations of which each is known to within 0.1 % or one
// microsecond, whatever is more. Its size depends on how far the durations
// spread and not on how many there are: it is bucketed as HdrHistogram does it
// (hdrhistogram.github.io/HdrHistogram), sparse, because a cell rarely sees
// more than a few dozen different values. The zero value is empty and ready.
type Latency struct {
	counts map[int64]int
	total  int
}

// Record adds one duration. Negative durations count as zero.
func (l *Latency) Record(d time.Duration) {
	l.add(bucket(max(0, d.Microseconds())), 1)
}

// Merge adds all durations of other.
func (l *Latency) Merge(other Latency) {
	for value, count := range other.counts {
		l.add(value, count)
	}
}

// Count returns how many durations were recorded.
func (l Latency) Count() int { return l.total }

// Quantile returns the smallest duration that at least the fraction q of the
// recorded ones do not exceed (the nearest-rank method), or zero when nothing
// was recorded.
func (l Latency) Quantile(q float64) time.Duration {
	rank := max(1, int(math.Ceil(q*float64(l.total))))
	for d, count := range l.All() {
		rank -= count
		if rank <= 0 {
			return d
		}
	}
	return 0
}

// All yields the durations in ascending order, with how often each was recorded.
func (l Latency) All() iter.Seq2[time.Duration, int] {
	return func(yield func(time.Duration, int) bool) {
		for _, value := range slices.Sorted(maps.Keys(l.counts)) {
			if !yield(time.Duration(value)*time.Microsecond, l.counts[value]) {
				return
			}
		}
	}
}

// IsZero reports whether nothing was recorded.
func (l Latency) IsZero() bool { return l.total == 0 }

// MarshalJSON writes pairs of microseconds and counts, in ascending order.
func (l Latency) MarshalJSON() ([]byte, error) {
	pairs := make([][2]int64, 0, len(l.counts))
	for _, value := range slices.Sorted(maps.Keys(l.counts)) {
		pairs = append(pairs, [2]int64{value, int64(l.counts[value])})
	}
	return json.Marshal(pairs)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (l *Latency) UnmarshalJSON(text []byte) error {
	var pairs [][2]int64
	if err := json.Unmarshal(text, &pairs); err != nil {
		return err
	}
	*l = Latency{}
	for _, pair := range pairs {
		if pair[0] < 0 || pair[1] <= 0 {
			return fmt.Errorf("reading latencies: %d µs counted %d times", pair[0], pair[1])
		}
		l.add(pair[0], int(pair[1]))
	}
	return nil
}

func (l *Latency) add(value int64, count int) {
	if l.counts == nil {
		l.counts = map[int64]int{}
	}
	l.counts[value] += count
	l.total += count
}

// bucket returns the middle of the range of values that count as one with µs.
func bucket(µs int64) int64 {
	drop := bits.Len64(uint64(µs)) - precision
	if drop <= 0 {
		return µs
	}
	return µs>>drop<<drop + 1<<drop/2
}
