package agent

import (
	"slices"
	"strings"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// schedule decides which route is asked next. It has no clock and asks nobody,
// so that its order can be tested.
//
// At first come the lessons: up to three requests to each endpoint at its own
// address, from which is learned how answers name endpoints. Then all routes
// take turns until each has been asked as often as planned. The last request to each
// endpoint at its own address waits until all others are done: what answers show of
// who gave them must be so before, between and after them.
type schedule struct {
	routes  []*turns
	lessons []lesson
	// open is how many lessons are under way, and flying how many requests.
	open, flying int
	graduated    bool
	// finale is set when only those last requests are left.
	finale bool
	// ring are the routes that may still be asked, and next the one whose turn
	// it is.
	ring []*turns
	next int
}

// turns is how far one route has come.
type turns struct {
	index   int
	planned int
	// more is how many requests may be added to those that are planned.
	more     int
	started  int
	open     int
	timeouts int
	// patience is after how many timeouts the route is given up. Until it is
	// known to be alive, no more than that are sent and not answered.
	patience int
	alive    bool
	gaveUp   bool
	// closing is set for a route whose last request closes the plan.
	closing bool
	// looked is false while the answers to all that was planned are still to be looked
	// at, after which more may be.
	looked bool
}

// lesson is a request to learn from.
type lesson struct {
	turns *turns
	pupil *pupil
}

// pupil is an endpoint in one group. When it is silent it is not asked for
// another lesson.
type pupil struct{ silent bool }

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

// lessonsEach is how many lessons each endpoint gives in each group.
const lessonsEach = 3

func newSchedule(routes []wire.Route) *schedule {
	s := &schedule{}
	for i, route := range routes {
		s.routes = append(s.routes, &turns{index: i, planned: route.Requests, more: route.More, looked: route.Look == nil, patience: patience(route.Endpoint != 0, 0), closing: teaching(route) && route.Requests > 1})
	}
	s.ring = slices.Clone(s.routes)
	s.lessons = lessons(routes, s.routes)
	return s
}

// teaching reports whether answers on a route show how an endpoint answers.
func teaching(route wire.Route) bool {
	return route.Endpoint != 0 && route.Padding == 0 && !strings.Contains(route.Path, wire.MarkerSlot) && route.Protocol != wire.TCP && route.Protocol != wire.DNS
}

// lessons returns the requests to learn from: first one to each endpoint, then
// another. An endpoint with several addresses is asked at each in turn.
func lessons(routes []wire.Route, all []*turns) []lesson {
	type key struct{ group, endpoint int }
	addresses := map[key][]*turns{}
	var order []key
	for i, route := range routes {
		if !teaching(route) {
			continue
		}
		k := key{route.Group, route.Endpoint}
		if addresses[k] == nil {
			order = append(order, k)
		}
		addresses[k] = append(addresses[k], all[i])
	}
	pupils := map[key]*pupil{}
	var list []lesson
	for round := range lessonsEach {
		for _, k := range order {
			if pupils[k] == nil {
				pupils[k] = &pupil{}
			}
			list = append(list, lesson{turns: addresses[k][round%len(addresses[k])], pupil: pupils[k]})
		}
	}
	return list
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

// add has the requests be sent that a route may get in addition.
func (t *turns) add() {
	if t.planned > 0 && !t.gaveUp {
		t.planned, t.more = t.planned+t.more, 0
	}
}

// due reports whether the time to look at the answers of a route has come, once.
func (t *turns) due() bool {
	if t.looked || t.gaveUp || t.open > 0 || t.started < t.planned {
		return false
	}
	t.looked = true
	return true
}

// turn returns a request to the next route in the ring that may be asked.
func (s *schedule) turn() (job, state) {
	for tried := 0; tried < len(s.ring); {
		s.next %= len(s.ring)
		t := s.ring[s.next]
		switch {
		case t.gaveUp || t.started >= t.planned && (t.looked || t.planned <= 0):
			s.ring = slices.Delete(s.ring, s.next, s.next+1)
		case t.left(s.finale) <= 0, !t.alive && t.open+t.timeouts >= t.patience:
			s.next++
			tried++
		default:
			s.next++
			return t.start(nil), ready
		}
	}
	if len(s.ring) > 0 {
		return job{}, waiting
	}
	return job{}, finished
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

// left returns how many more requests may be sent before, or in, the finale.
func (t *turns) left(finale bool) int {
	if t.closing && !finale {
		return t.planned - 1 - t.started
	}
	return t.planned - t.started
}

func (t *turns) start(l *lesson) job {
	t.started++
	t.open++
	return job{route: t.index, sequence: t.started, lesson: l, last: t.closing && t.started == t.planned}
}
