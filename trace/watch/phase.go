// Package watch follows a Service over several traces of it, one after the other: what
// becomes of its endpoints, and which requests failed meanwhile.
//
// It says when something failed, and what was under way with the endpoints at that
// time. That one is the cause of the other it does not say.
package watch

import (
	"cmp"
	"slices"
	"time"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
)

// Phase is a part of the life of an endpoint, in words that follow its name.
type Phase string

// The phases.
const (
	Starting Phase = "is not ready"
	Ready    Phase = "is ready"
	Ending   Phase = "is terminating"
	Gone     Phase = "is gone"
)

// PhaseOf returns the phase that the EndpointSlices show.
func PhaseOf(e target.Endpoint) Phase {
	switch {
	case e.Terminating:
		return Ending
	case e.Ready:
		return Ready
	}
	return Starting
}

// change is when an endpoint was first seen in a phase.
type change struct {
	at       time.Time
	endpoint string
	phase    Phase
	// first is set for the first that was seen of it.
	first bool
}

// Seen takes down the endpoints as the EndpointSlices show them at a time, and returns
// what became different since the last time, the first of all aside.
func (w *Watch) Seen(at time.Time, endpoints []target.Endpoint) []Event {
	now := map[string]Phase{}
	for _, e := range endpoints {
		now[e.Name] = PhaseOf(e)
	}
	for name, phase := range w.phases {
		if _, there := now[name]; !there && phase != Gone {
			now[name] = Gone
		}
	}
	var events []Event
	begin := w.phases == nil
	if begin {
		w.phases, at = map[string]Phase{}, w.began
	}
	for name, phase := range now {
		was, known := w.phases[name]
		if was == phase {
			continue
		}
		w.phases[name] = phase
		w.changes = append(w.changes, change{at: at, endpoint: name, phase: phase, first: !known})
		if !begin {
			events = append(events, w.changes[len(w.changes)-1].event())
		}
	}
	slices.SortFunc(events, func(a, b Event) int { return cmp.Compare(a.Text, b.Text) })
	slices.SortStableFunc(w.changes, func(a, b change) int {
		return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.endpoint, b.endpoint))
	})
	return events
}

// underWay returns what was going on with endpoints between two times: the changes
// then, and shortly before.
func (w *Watch) underWay(from, to time.Time) []change {
	var all []change
	for _, c := range w.changes {
		if !c.at.Before(from.Add(-before)) && !c.at.After(to.Add(after)) && !c.at.Equal(w.began) {
			all = append(all, c)
		}
	}
	return all
}

// How long before and after requests failed a change is told with them. The slices are
// read once a second, and what a change brings about takes its time.
const (
	before = 10 * time.Second
	after  = 2 * time.Second
)
