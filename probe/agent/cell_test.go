package agent

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

func same(o wire.Outcome) wire.Outcome { return o }

func answerOf(n int, status int, class wire.ErrorClass) *answer {
	a := &answer{marker: fmt.Sprint(n), sent: time.Unix(int64(n), 0), status: status, class: class}
	a.phases = wire.Phases{Connect: 1000, FirstByte: 2000, Total: time.Duration(n) * time.Microsecond}
	if class != "" {
		a.err = io.EOF
	}
	return a
}

func TestCellSamples(t *testing.T) {
	c := newCell(0)
	for n := 1; n <= 100; n++ {
		a := answerOf(n, []int{200, 404, 0, 403}[n%4], "")
		if a.status == 0 {
			a = answerOf(n, 0, wire.ErrorReset)
		}
		c.add(n, wire.Outcome{Status: a.status, Error: a.class}, a)
	}
	record := c.record(7, true, same)
	var got []string
	for _, s := range record.Samples {
		got = append(got, fmt.Sprint(s.Marker, ":", s.Status, s.Error))
	}
	// Three with a status of 4xx, three resets, and the slowest that answered.
	if want := "[1:404 2:0reset 3:403 5:404 6:0reset 10:0reset 100:200]"; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %s", got, want)
	}
	if record.Route != 7 || !record.GaveUp || record.Sent != 100 || record.Total.Count() != 75 || record.Connect.Count() != 75 || record.FirstByte.Count() != 75 {
		t.Errorf("got %+v", record)
	}
}

func TestCellUnfinishedAnswer(t *testing.T) {
	c := newCell(0)
	a := answerOf(1, 200, wire.ErrorEndless)
	c.add(1, wire.Outcome{Status: 200, Error: wire.ErrorEndless}, a)
	if r := c.record(1, false, same); r.Connect.Count() != 1 || r.FirstByte.Count() != 1 || r.Total.Count() != 0 {
		t.Errorf("got %d, %d, %d durations, want 1, 1, 0", r.Connect.Count(), r.FirstByte.Count(), r.Total.Count())
	}
}

func TestCellSettles(t *testing.T) {
	c := newCell(0)
	c.add(1, wire.Outcome{Endpoint: 1, Rung: wire.RungAnswer, Status: 404}, answerOf(1, 404, ""))
	c.add(2, wire.Outcome{Endpoint: 2, Rung: wire.RungAnswer, Status: 404}, answerOf(2, 404, ""))
	c.add(3, wire.Outcome{Status: 404}, answerOf(3, 404, ""))
	r := c.record(1, false, func(o wire.Outcome) wire.Outcome { return wire.Outcome{Status: o.Status} })
	if len(r.Tallies) != 1 || r.Tallies[0] != (wire.Tally{Outcome: wire.Outcome{Status: 404}, Count: 3}) {
		t.Errorf("got %+v, want one tally of 3", r.Tallies)
	}
	for _, s := range r.Samples {
		if s.Endpoint != 0 || s.Rung != wire.RungNone {
			t.Errorf("a sample is still attributed: %+v", s)
		}
	}
}

// TestCellSequence: what became of each request stays known by its number, also
// when others end before it and outcomes are settled into one.
func TestCellSequence(t *testing.T) {
	c := newCell(0)
	named := func(endpoint, status int) wire.Outcome {
		return wire.Outcome{Endpoint: endpoint, Rung: wire.RungAnswer, Status: status}
	}
	for _, r := range []struct {
		sequence int
		outcome  wire.Outcome
	}{{5, named(2, 200)}, {1, named(1, 404)}, {2, named(2, 200)}, {4, named(2, 404)}, {maxSequence + 1, named(1, 200)}} {
		c.add(r.sequence, r.outcome, answerOf(r.sequence, r.outcome.Status, ""))
	}
	of := func(r *wire.Cell) string {
		var statuses []string
		for _, i := range r.Sequence {
			text := "unknown"
			if i >= 0 {
				text = fmt.Sprint(r.Tallies[i].Endpoint, " ", r.Tallies[i].Status)
			}
			statuses = append(statuses, text)
		}
		return strings.Join(statuses, ", ")
	}
	if got, want := of(c.record(1, false, same)), "1 404, 2 200, unknown, 2 404, 2 200"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	nobody := func(o wire.Outcome) wire.Outcome { return wire.Outcome{Status: o.Status} }
	if got, want := of(c.record(1, false, nobody)), "0 404, 0 200, unknown, 0 404, 0 200"; got != want {
		t.Errorf("settled: got %s, want %s", got, want)
	}
}

// TestCellStaysSmall sees to it that what is kept depends on how different the
// answers are, and not on how many, even if a server does its worst.
func TestCellStaysSmall(t *testing.T) {
	size := func(n int) (tallies, samples int) {
		c := newCell(0)
		classes := []wire.ErrorClass{"", wire.ErrorReset, wire.ErrorEndless, wire.ErrorProtocol}
		for i := range n {
			a := answerOf(i%5000, 100+i%900, classes[i%4])
			c.add(i+1, wire.Outcome{Status: a.status, Error: a.class}, a)
		}
		return len(c.tallies) + len(c.sequence), len(c.record(1, false, same).Samples)
	}
	tallies, samples := size(200_000)
	if tallies > 900*4+maxSequence || samples > maxKinds*maxSamplesOfKind+1 {
		t.Errorf("kept %d tallies and places in the sequence, and %d samples", tallies, samples)
	}
	if more, moreSamples := size(400_000); more != tallies || moreSamples != samples {
		t.Errorf("twice the requests: %d tallies instead of %d, %d samples instead of %d", more, tallies, moreSamples, samples)
	}
}
