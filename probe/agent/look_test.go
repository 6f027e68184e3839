package agent

import (
	"strings"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// TestLook plays a route whose answers are looked at after the sixth, beside another
// one, and counts how often it is asked by what the answers were.
func TestLook(t *testing.T) {
	by := func(endpoint int) wire.Outcome {
		return wire.Outcome{Endpoint: endpoint, Rung: wire.RungAnswer, Status: 200}
	}
	a, b := by(1), by(2)
	failed, stranger, unknown := by(1), by(3), by(0)
	failed.Status = 503
	tests := map[string]struct {
		answers []wire.Outcome
		want    int
	}{
		"even":               {[]wire.Outcome{a, b, a, b, a, b}, 6},
		"as low as may be":   {[]wire.Outcome{a, b, a, b, b, b}, 6},
		"one too low":        {[]wire.Outcome{a, b, b, b, b, b}, 10},
		"silent":             {[]wire.Outcome{b, b, b, b, b, b}, 10},
		"a failure":          {[]wire.Outcome{b, b, b, b, b, failed}, 6},
		"of somebody else's": {[]wire.Outcome{b, b, b, b, b, stranger}, 6},
		"of nobody known":    {[]wire.Outcome{b, b, b, b, b, unknown}, 6},
	}
	for name, test := range tests {
		routes := []wire.Route{
			{ID: 1, Address: "10.0.0.1:80", Protocol: wire.HTTP, Requests: 6, Look: &wire.Look{Endpoints: []int{1, 2}, Low: 2, High: 4, More: 4}},
			{ID: 2, Address: "10.0.0.2:80", Protocol: wire.HTTP, Requests: 2},
		}
		e, err := newEngine(wire.Plan{Version: wire.Version, Rate: 1, Concurrency: 1, Timeout: 1, Deadline: 1, Routes: routes})
		if err != nil {
			t.Fatal(err)
		}
		order := play(t, e.schedule, func(j job) wire.Outcome {
			if j.route == 1 {
				return a
			}
			return test.answers[(j.sequence-1)%len(test.answers)]
		}, func(j job, o wire.Outcome) {
			e.cells[j.route].add(j.sequence, o, &answer{})
			e.look(j.route)
		})
		if got := strings.Count(order, "1"); got != test.want || e.cells[0].added != test.want-6 {
			t.Errorf("%s: asked %d times, %d of them added; want %d", name, got, e.cells[0].added, test.want)
		}
	}
}

// TestLookWaits has the last planned request of a route be under way when another one
// ends: what it brings is part of what is looked at.
func TestLookWaits(t *testing.T) {
	s := newSchedule([]wire.Route{{Requests: 2, Look: &wire.Look{}}}, inOrder)
	s.graduate()
	first, _ := s.take()
	second, _ := s.take()
	if _, state := s.take(); state != waiting {
		t.Errorf("with two requests under way: %v, want to wait for them", state)
	}
	s.done(second, wire.Outcome{Status: 200})
	if s.routes[0].due() {
		t.Error("looked at with a request under way")
	}
	s.done(first, wire.Outcome{Status: 200})
	if !s.routes[0].due() || s.routes[0].due() {
		t.Error("not looked at exactly once, after all")
	}
	if _, state := s.take(); state != finished {
		t.Errorf("after the look: %v, want the end", state)
	}
}
