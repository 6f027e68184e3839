package agent

import (
	"slices"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// schedule decides which route is asked next. It has no clock and asks nobody,
// so that its order can be tested.
//
// At first come the lessons: up to three requests to each endpoint at its own
// address, from which is learned how answers name endpoints. Then all routes
// take turns until each has been asked as often as planned, in an order that is drawn:
// several routes may lead to one balancer that gives each of its endpoints a turn, and
// were they asked in one fixed order, each would always get the same endpoint.
// The last request to each endpoint at its own address waits until all others are
// done: what answers show of who gave them must be so before, between and after them.
type schedule struct {
	routes  []*turns
	lessons []lesson
	// open is how many lessons are under way, and flying how many requests.
	open, flying int
	graduated    bool
	// finale is set when only those last requests are left.
	finale bool
	// ring are the routes that may still be asked, and deck those whose turn it is, in
	// this order, which shuffle has drawn.
	ring, deck []*turns
	shuffle    shuffle
}

// shuffle puts so many things into a random order by swapping pairs of them, as
// [math/rand/v2.Shuffle] does.
type shuffle func(n int, swap func(i, j int))

// job is a request to be sent.
type job struct {
	route    int
	sequence int
	lesson   *lesson
	// last is set for the last request of a route that closes the plan.
	last bool
}

// What a schedule can answer when asked for a job.
type state int

const (
	ready state = iota
	// waiting: not before the outcome of a request in flight is known.
	waiting
	finished
)

// deal is how many requests to each route are drawn at once. Two probes may ask one
// balancer at the same time: with one request each, one probe's would often fall just
// between two of the other's; with eight it is open how many of those come before it.
const deal = 8

func newSchedule(routes []wire.Route, shuffle shuffle) *schedule {
	s := &schedule{shuffle: shuffle}
	for i, route := range routes {
		s.routes = append(s.routes, &turns{index: i, planned: route.Requests, more: route.More, looked: route.Look == nil, patience: patience(route.Endpoint != 0, 0), closing: teaching(route) && route.Requests > 1})
	}
	s.ring = slices.Clone(s.routes)
	s.lessons = lessons(routes, s.routes)
	return s
}

// take returns the next request to send, if there is one.
func (s *schedule) take() (job, state) {
	j, state := s.choose()
	if state == waiting && s.graduated && s.flying == 0 && !s.finale {
		s.finale = true
		j, state = s.choose()
	}
	if state == ready {
		s.flying++
	}
	return j, state
}

func (s *schedule) choose() (job, state) {
	for len(s.lessons) > 0 {
		l := s.lessons[0]
		s.lessons = s.lessons[1:]
		if !l.pupil.silent && l.turns.left(s.finale) > 0 {
			s.open++
			return l.turns.start(&l), ready
		}
	}
	if !s.graduated {
		return job{}, waiting
	}
	return s.turn()
}

// teaches reports whether endpoints are asked directly in the group.
func (s *schedule) teaches(group int, routes []wire.Route) bool {
	return slices.ContainsFunc(s.lessons, func(l lesson) bool { return routes[l.turns.index].Group == group })
}

// learned reports whether there is nothing left to learn from.
func (s *schedule) learned() bool { return len(s.lessons) == 0 && s.open == 0 }

// graduate ends the lessons, whether or not there are any left.
func (s *schedule) graduate() {
	s.lessons, s.graduated = nil, true
}

// turn returns a request to the next route in the deck that may be asked.
func (s *schedule) turn() (job, state) {
	for {
		for len(s.deck) > 0 {
			t := s.deck[0]
			s.deck = s.deck[1:]
			if t.askable(s.finale) {
				return t.start(nil), ready
			}
		}
		if s.draw(); len(s.deck) == 0 {
			break
		}
	}
	if len(s.ring) > 0 {
		return job{}, waiting
	}
	return job{}, finished
}

// draw makes a new deck of the routes that may be asked now, and forgets those that
// are through.
func (s *schedule) draw() {
	s.ring = slices.DeleteFunc(s.ring, func(t *turns) bool {
		return t.gaveUp || t.started >= t.planned && (t.looked || t.planned <= 0)
	})
	for round := range deal {
		for _, t := range s.ring {
			if t.askable(s.finale) && t.left(s.finale) > round {
				s.deck = append(s.deck, t)
			}
		}
	}
	s.shuffle(len(s.deck), func(i, j int) { s.deck[i], s.deck[j] = s.deck[j], s.deck[i] })
}

// planned returns how many requests are to be sent in all.
func (s *schedule) planned() int {
	planned := 0
	for _, t := range s.routes {
		planned += max(0, t.planned)
	}
	return planned
}

// unfinished reports whether requests were planned whose outcome is unknown.
func (s *schedule) unfinished() bool {
	return slices.ContainsFunc(s.routes, func(t *turns) bool {
		return !t.gaveUp && t.started-t.open < t.planned
	})
}

// done notes what became of a request.
func (s *schedule) done(j job, o wire.Outcome) {
	t := s.routes[j.route]
	t.open--
	s.flying--
	switch o.Error {
	case wire.ErrorTimeout:
		t.timeouts++
	case wire.ErrorLocal:
		// This tells nothing about the route.
	default:
		t.alive = true
	}
	t.gaveUp = !t.alive && t.timeouts >= t.patience && t.started < t.planned
	if j.lesson != nil {
		s.open--
		j.lesson.pupil.silent = j.lesson.pupil.silent || o.Status == 0 && o.Error != ""
	}
}

// abandon has no more requests be sent on a route.
func (s *schedule) abandon(route int) {
	t := s.routes[route]
	t.planned, t.closing = t.started, false
}
