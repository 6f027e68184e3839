package wire

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestLatencyIsExactEnough(t *testing.T) {
	for _, d := range []time.Duration{
		0, time.Microsecond, 999 * time.Nanosecond, 2047 * time.Microsecond, 2048 * time.Microsecond, 2049 * time.Microsecond,
		12345678 * time.Nanosecond, time.Second, 5*time.Second + 1, time.Minute, 24 * time.Hour,
	} {
		var l Latency
		l.Record(d)
		off := (l.Quantile(1) - d).Abs()
		if off > max(time.Microsecond, d/1000) {
			t.Errorf("%v is known as %v", d, l.Quantile(1))
		}
	}
}

func TestLatencyNegative(t *testing.T) {
	var l Latency
	l.Record(-time.Second)
	if l.Count() != 1 || l.Quantile(1) != 0 {
		t.Errorf("got %d durations up to %v", l.Count(), l.Quantile(1))
	}
}

func TestQuantile(t *testing.T) {
	tests := []struct {
		ms   []int
		q    float64
		want int
	}{
		{nil, 0.5, 0},
		{[]int{7}, 0, 7}, {[]int{7}, 0.5, 7}, {[]int{7}, 1, 7},
		{[]int{1, 2, 3, 4}, 0.5, 2}, {[]int{4, 3, 2, 1}, 0.5, 2}, {[]int{1, 2, 3, 4}, 0.51, 3}, {[]int{1, 2, 3, 4}, 1, 4},
		{[]int{1, 1, 1, 1, 1, 1, 1, 1, 1, 50}, 0.9, 1}, {[]int{1, 1, 1, 1, 1, 1, 1, 1, 1, 50}, 0.91, 50},
	}
	for _, test := range tests {
		var l Latency
		for _, ms := range test.ms {
			l.Record(time.Duration(ms) * time.Millisecond)
		}
		if got := l.Quantile(test.q).Round(time.Millisecond); got != time.Duration(test.want)*time.Millisecond {
			t.Errorf("quantile %v of %v is %v, want %d ms", test.q, test.ms, got, test.want)
		}
	}
}

// TestQuantileAgainstSorting compares with what sorting all durations says.
func TestQuantileAgainstSorting(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var l Latency
	var all []time.Duration
	for range 10_000 {
		d := time.Duration(random.ExpFloat64() * float64(20*time.Millisecond))
		l.Record(d)
		all = append(all, d)
	}
	slices.Sort(all)
	for _, q := range []float64{0.01, 0.5, 0.9, 0.99, 0.999, 1} {
		want := all[max(0, int(q*10_000)-1)]
		if off := (l.Quantile(q) - want).Abs(); off > max(time.Microsecond, want/1000) {
			t.Errorf("quantile %v is %v, want %v", q, l.Quantile(q), want)
		}
	}
}

func TestLatencyTravels(t *testing.T) {
	var l, empty Latency
	for _, µs := range []int{5, 3, 5, 70_000, 70_001} {
		l.Record(time.Duration(µs) * time.Microsecond)
	}
	text, err := json.Marshal(struct {
		L Latency `json:"l,omitzero"`
		E Latency `json:"e,omitzero"`
	}{l, empty})
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"l":[[3,1],[5,2],[69984,2]]}`; string(text) != want {
		t.Errorf("got %s, want %s", text, want)
	}
	var back struct{ L Latency }
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if back.L.Count() != 5 || back.L.Quantile(1) != l.Quantile(1) || back.L.Quantile(0.2) != 3*time.Microsecond {
		t.Errorf("came back as %+v", back.L)
	}
}

func TestLatencyRefuses(t *testing.T) {
	for _, text := range []string{`[[1,0]]`, `[[1,-1]]`, `[[-1,1]]`, `{"1":1}`, `[["1",1]]`} {
		var l Latency
		if err := json.Unmarshal([]byte(text), &l); err == nil {
			t.Errorf("%s was read as %+v", text, l)
		}
	}
}

func TestLatencyMerge(t *testing.T) {
	var a, b Latency
	a.Record(time.Millisecond)
	b.Record(time.Millisecond)
	b.Record(time.Second)
	a.Merge(b)
	a.Merge(Latency{})
	if a.Count() != 3 || b.Count() != 2 || a.Quantile(0.5) != time.Millisecond {
		t.Errorf("got %+v from %+v", a, b)
	}
}

// TestLatencyStaysSmall: one more duration costs nothing if it is like others.
func TestLatencyStaysSmall(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var l Latency
	for range 1_000_000 {
		l.Record(time.Duration(random.Int64N(int64(10 * time.Second))))
	}
	// 2048 up to 2 ms, and 1024 for each doubling from there to 10 s.
	if len(l.counts) > 2048+13*1024 {
		t.Errorf("a million durations take %d entries", len(l.counts))
	}
}
