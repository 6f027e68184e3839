package trace

import (
	"context"
	"maps"
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
	mu      sync.Mutex
	pending map[int]bool
	learned []wire.Locator
	// disputed are the groups of which probes have learned different things.
	disputed map[int]bool
	complete chan struct{}
}

// lessons expects one lesson from every plan of a pod.
func (run *Run) lessons() *lessons {
	l := &lessons{pending: map[int]bool{}, disputed: map[int]bool{}, complete: make(chan struct{})}
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
		l.add(locator)
	}
	if delete(l.pending, plan); len(l.pending) == 0 {
		close(l.complete)
	}
}

// add notes a place. A fingerprint counts only where it is proved, and this machine
// could not do that. Of a place that the user chose, probes must have learned alike.
func (l *lessons) add(locator wire.Locator) {
	at := slices.IndexFunc(l.learned, func(known wire.Locator) bool { return known.Group == locator.Group })
	switch {
	case locator.Kind == wire.IdentityFingerprint:
	case at < 0:
		locator.Values = maps.Clone(locator.Values)
		l.learned = append(l.learned, locator)
	case locator.Kind == wire.IdentityChosen || l.learned[at].Kind == wire.IdentityChosen:
		if known := l.learned[at]; known.Kind != locator.Kind || !agree(known.Values, locator.Values) {
			l.disputed[locator.Group] = true
			return
		}
		maps.Copy(l.learned[at].Values, locator.Values)
	}
}

// agree reports whether no endpoint has another value, and no value another
// endpoint, in what two probes have learned.
func agree(a, b map[string]int) bool {
	owner := map[int]string{}
	for value, endpoint := range b {
		owner[endpoint] = value
	}
	for value, endpoint := range a {
		if other, known := b[value]; known && other != endpoint {
			return false
		}
		if other := owner[endpoint]; other != "" && other != value {
			return false
		}
	}
	return true
}

// await returns what was learned, once all have.
func (l *lessons) await(ctx context.Context) []wire.Locator {
	select {
	case <-l.complete:
	case <-ctx.Done():
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(l.learned), func(known wire.Locator) bool { return l.disputed[known.Group] })
}
