package agent

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// play takes every request of a schedule, one after the other, and writes down
// the routes in order; outcome says what becomes of each, and settled is told of it.
func play(t *testing.T, s *schedule, outcome func(j job) wire.Outcome, settled ...func(job, wire.Outcome)) string {
	t.Helper()
	var order []string
	for range 10000 {
		j, state := s.take()
		switch state {
		case finished:
			return strings.Join(order, " ")
		case waiting:
			if !s.learned() || s.graduated {
				t.Fatalf("the schedule waits for nothing after %v", order)
			}
			order = append(order, "|")
			s.graduate()
			continue
		}
		order = append(order, fmt.Sprint(j.route+1))
		o := outcome(j)
		s.done(j, o)
		for _, tell := range settled {
			tell(j, o)
		}
	}
	t.Fatal("the schedule does not end")
	return ""
}

// inOrder leaves routes in their order.
func inOrder(int, func(i, j int)) {}

func TestScheduleOrder(t *testing.T) {
	good := func(job) wire.Outcome { return wire.Outcome{Status: 200} }
	lost := wire.Outcome{Error: wire.ErrorTimeout}
	pod := func(endpoint, requests int) wire.Route { return wire.Route{Endpoint: endpoint, Requests: requests} }
	any := func(requests int) wire.Route { return wire.Route{Requests: requests} }
	tests := map[string]struct {
		routes  []wire.Route
		outcome func(job) wire.Outcome
		want    string
	}{
		"lessons, then by turns": {[]wire.Route{pod(1, 4), pod(2, 5), any(3)}, good, "1 2 1 2 1 2 | 2 3 3 3 1 2"},
		"no lessons":             {[]wire.Route{any(2), any(1), any(3)}, good, "| 1 2 3 1 3 3"},
		"two addresses each":     {[]wire.Route{pod(1, 2), pod(1, 2), pod(2, 2)}, good, "1 3 2 | 1 2 3"},
		"over TCP":               {[]wire.Route{{Endpoint: 1, Requests: 2, Protocol: wire.TCP}, any(1)}, good, "| 1 2 1"},
		"of the DNS":             {[]wire.Route{{Endpoint: 1, Requests: 2, Protocol: wire.DNS}, any(1)}, good, "| 1 2 1"},
		"nothing to do":          {[]wire.Route{any(0), any(-1)}, good, "|"},
		"no routes":              {nil, good, "|"},
		"a silent pupil": {[]wire.Route{pod(1, 4), pod(2, 4)}, func(j job) wire.Outcome {
			if j.route == 0 {
				return lost
			}
			return good(j)
		}, "1 2 2 2 | 1 1 2"},
		"a dead address behind which there may be several": {[]wire.Route{any(20), any(2)}, func(j job) wire.Outcome {
			if j.route == 0 {
				return lost
			}
			return good(j)
		}, "| 1 2 1 2 1 1 1 1 1 1 1 1"},
		"the third answers": {[]wire.Route{pod(1, 6)}, func(j job) wire.Outcome {
			if j.sequence < 3 {
				return lost
			}
			return good(j)
		}, "1 | 1 1 1 1 1"},
		"refused is an answer": {[]wire.Route{any(12)}, func(job) wire.Outcome { return wire.Outcome{Error: wire.ErrorRefused} },
			"|" + strings.Repeat(" 1", 12)},
		"the probe cannot send at first": {[]wire.Route{any(20)}, func(j job) wire.Outcome {
			if j.sequence == 1 {
				return wire.Outcome{Error: wire.ErrorLocal}
			}
			return lost
		}, "|" + strings.Repeat(" 1", 11)},
		"the probe cannot send": {[]wire.Route{any(12)}, func(job) wire.Outcome { return wire.Outcome{Error: wire.ErrorLocal} },
			"|" + strings.Repeat(" 1", 12)},
	}
	for title, test := range tests {
		t.Run(title, func(t *testing.T) {
			s := newSchedule(test.routes, inOrder)
			if got := play(t, s, test.outcome); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
			if s.unfinished() {
				t.Error("the schedule is not finished")
			}
		})
	}
}

func TestScheduleHoldsBack(t *testing.T) {
	s := newSchedule([]wire.Route{{Requests: 100}}, inOrder)
	s.graduate()
	var jobs []job
	for {
		j, state := s.take()
		if state != ready {
			break
		}
		jobs = append(jobs, j)
	}
	if len(jobs) != 10 {
		t.Fatalf("%d requests were sent before the first answer, want 10", len(jobs))
	}
	s.done(jobs[0], wire.Outcome{Status: 200})
	if _, state := s.take(); state != ready {
		t.Error("the schedule holds back although the route is alive")
	}
}

func TestScheduleGivesUp(t *testing.T) {
	s := newSchedule([]wire.Route{{Endpoint: 1, Requests: 3}, {Endpoint: 2, Requests: 4}, {Endpoint: 3, Requests: 4}}, inOrder)
	play(t, s, func(j job) wire.Outcome {
		if j.route == 2 {
			return wire.Outcome{Status: 500}
		}
		return wire.Outcome{Error: wire.ErrorTimeout}
	})
	for i, want := range []bool{false, true, false} {
		if s.routes[i].gaveUp != want {
			t.Errorf("route %d: gave up is %v after %d of %d", i+1, !want, s.routes[i].started, s.routes[i].planned)
		}
	}
}

// TestFinale: the last request to an endpoint waits for the outcome of all others.
func TestFinale(t *testing.T) {
	s := newSchedule([]wire.Route{{Endpoint: 1, Requests: 2}, {Requests: 1}}, inOrder)
	lesson, _ := s.take()
	s.done(lesson, wire.Outcome{Status: 200})
	s.graduate()
	other, _ := s.take()
	if _, state := s.take(); other.route != 1 || state != waiting {
		t.Fatalf("after the request to route %d the state is %d, want %d while that is under way", other.route+1, state, waiting)
	}
	s.done(other, wire.Outcome{Status: 200})
	if j, state := s.take(); state != ready || j.route != 0 || !j.last {
		t.Errorf("got %+v, state %d, want the last request to the endpoint", j, state)
	}
}

// TestScheduleSharesFairly: two routes lead to one balancer that gives each of two
// endpoints a turn. By turns in a fixed order each would always get the same one.
func TestScheduleSharesFairly(t *testing.T) {
	unfair, order := 0, map[int]bool{}
	const plans, requests = 1000, 20
	for seed := range uint64(plans) {
		s := newSchedule([]wire.Route{{Requests: requests}, {Requests: requests}}, rand.New(rand.NewPCG(7, seed)).Shuffle)
		asked, got, first := 0, [2][2]int{}, -1
		play(t, s, func(j job) wire.Outcome {
			if first < 0 {
				first = j.route
			}
			got[j.route][asked%2]++
			asked++
			return wire.Outcome{Status: 200}
		})
		order[first] = true
		for _, counts := range got {
			if counts[0]+counts[1] != requests {
				t.Fatalf("a route got %d requests, want %d", counts[0]+counts[1], requests)
			}
			// Of what is fair, fewer than 3 or more than 17 of 20 happen once in 2,500 times.
			if counts[0] < 3 || counts[1] < 3 {
				unfair++
			}
		}
	}
	if unfair > 5 || len(order) < 2 {
		t.Errorf("in %d of %d plans one endpoint got nearly all that a route was asked; first asked are %v", unfair, plans, order)
	}
}

// TestScheduleDeals: no route is far behind another, however they are drawn.
func TestScheduleDeals(t *testing.T) {
	s := newSchedule([]wire.Route{{Requests: 40}, {Requests: 40}, {Requests: 40}}, rand.New(rand.NewPCG(8, 9)).Shuffle)
	var asked [3]int
	play(t, s, func(j job) wire.Outcome {
		asked[j.route]++
		if apart := slices.Max(asked[:]) - slices.Min(asked[:]); apart > deal {
			t.Fatalf("asked are %v, want none to be more than %d behind", asked, deal)
		}
		return wire.Outcome{Status: 200}
	})
}
