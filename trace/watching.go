package trace

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"time"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/evidence"
)

// beats is after how many reports of a witness, once all requests are answered, it
// has told of all of them; lastWords is how long these are waited for.
const (
	beats     = 4
	lastWords = 10 * time.Second
)

// errDone ends witnesses that have seen all.
var errDone = errors.New("all requests have been answered")

// errEarly is for a witness that ends by itself.
var errEarly = errors.New("the witness ended before the last request was answered")

// errSilent is for a witness that does not tell of the end.
var errSilent = errors.New("the witness said nothing after the last request")

// witnesses are those of a run at work.
type witnesses struct {
	run    *Run
	cancel context.CancelCauseFunc
	work   sync.WaitGroup

	mu    sync.Mutex
	seen  []seenBy
	awake sync.WaitGroup
}

// seenBy is what one witness has told.
type seenBy struct {
	node    string
	sights  []evidence.Seen
	watched wire.Watched
	// beats counts how often it said how well it sees, and since is how often it had
	// when the last request was answered; -1 before that.
	beats, since int
	begun        sync.Once
	done         chan struct{}
	err          error
}

// watch starts the witnesses, and returns when all see or are known not to.
func (run *Run) watch(ctx context.Context, prober Prober) *witnesses {
	w := &witnesses{run: run, seen: make([]seenBy, len(run.Witnesses))}
	ctx, w.cancel = context.WithCancelCause(ctx)
	for i, plan := range run.Witnesses {
		s := &w.seen[i]
		s.node, s.since, s.done = plan.Vantage.Node, -1, make(chan struct{})
		w.awake.Add(1)
		w.work.Go(func() {
			err := prober.Probe(ctx, plan.Vantage, plan.Wire, func(r wire.Record) { w.note(s, r) })
			w.end(s, err)
		})
	}
	w.awake.Wait()
	return w
}

// note takes a record of a witness.
func (w *witnesses) note(s *seenBy, r wire.Record) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case r.Sight != nil:
		s.sights = append(s.sights, evidence.Seen{Sight: *r.Sight, Node: s.node})
	case r.Watched != nil:
		s.begun.Do(w.awake.Done) // from the first of them on it sees
		s.watched = *r.Watched
		if s.beats++; s.since >= 0 && s.beats == s.since+beats {
			close(s.done)
		}
	}
}

// end takes note that a witness has ended. One that has told of all was told to.
func (w *witnesses) end(s *seenBy, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s.begun.Do(w.awake.Done)
	if told := s.since >= 0 && s.beats >= s.since+beats; told {
		return
	}
	// One that was silent until it was told to end has been given up already.
	if s.err == nil {
		s.err = cmp.Or(err, errEarly)
	}
	close(s.done)
}

// tell returns what the witnesses have seen, once they have told of all requests that
// are answered by now, and ends them.
func (w *witnesses) tell() []*seenBy {
	w.mu.Lock()
	for i := range w.seen {
		w.seen[i].since = w.seen[i].beats
	}
	w.mu.Unlock()
	limit, stop := context.WithTimeout(context.Background(), lastWords)
	defer stop()
	var all []*seenBy
	for i := range w.seen {
		s := &w.seen[i]
		if !s.heard(limit.Done()) {
			w.mu.Lock()
			s.err = cmp.Or(s.err, errSilent)
			w.mu.Unlock()
		}
		all = append(all, s)
	}
	w.cancel(errDone)
	w.work.Wait()
	return all
}

// heard waits until the witness has told of all or ended, or for the limit. Of a witness
// that has it is known also after the limit: another one may have used that up.
func (s *seenBy) heard(limit <-chan struct{}) bool {
	select {
	case <-s.done:
		return true
	default:
	}
	select {
	case <-s.done:
		return true
	case <-limit:
		return false
	}
}
