package agent

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

// askable reports whether a route may be asked now.
func (t *turns) askable(finale bool) bool {
	return !t.gaveUp && t.left(finale) > 0 && (t.alive || t.open+t.timeouts < t.patience)
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
