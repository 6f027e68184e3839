package trace

import (
	"context"
	"slices"
	"sync"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/vantage"
)

// lessons pass on what the probes in pods learn of how answers name their
// endpoint to this machine, which cannot ask pods directly. So it begins when
// they have learned, which is also the moment at which they begin with all other
// routes.
type lessons struct {
	mu       sync.Mutex
	pending  map[int]bool
	learned  []wire.Locator
	complete chan struct{}
}

// lessons expects one lesson from every plan of a pod.
func (run *Run) lessons() *lessons {
	l := &lessons{pending: map[int]bool{}, complete: make(chan struct{})}
	for i, plan := range run.Plans {
		if plan.Vantage.Kind != vantage.Local && len(plan.Asked) > 0 {
			l.pending[i] = true
		}
	}
	if len(l.pending) == 0 {
		close(l.complete)
	}
	return l
}

// note takes what the record of a plan teaches.
func (l *lessons) note(plan int, record wire.Record) {
	if record.Learned != nil {
		l.end(plan, record.Learned.Locators)
	}
}

// end notes that nothing more is to be learned from the plan.
func (l *lessons) end(plan int, learned []wire.Locator) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.pending[plan] {
		return
	}
	for _, locator := range learned {
		if !slices.ContainsFunc(l.learned, func(known wire.Locator) bool { return known.Group == locator.Group }) {
			l.learned = append(l.learned, locator)
		}
	}
	if delete(l.pending, plan); len(l.pending) == 0 {
		close(l.complete)
	}
}

// await returns what was learned, once all have.
func (l *lessons) await(ctx context.Context) []wire.Locator {
	select {
	case <-l.complete:
	case <-ctx.Done():
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.learned)
}
