package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/launch"
	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/print"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/watch"
)

const (
	// gentleRate is how many requests a second a watch sends if nobody says.
	gentleRate = 20
	// lap is how long the probes of one round send, and lead how long before their end
	// those of the next are started, so that some always send: a pod takes a few
	// seconds to start.
	lap, lead = 20 * time.Second, 6 * time.Second
	// look is the time between two looks at the EndpointSlices.
	look = time.Second
	// again is how long to wait after a round that failed, or was over at once because
	// nothing answers.
	again = 5 * time.Second
)

// watcher traces again and again. Rounds overlap, and each has probes and an id of its
// own.
type watcher struct {
	*options
	out    *print.Watch
	rounds sync.WaitGroup

	mu      sync.Mutex
	watches map[target.Name]*watch.Watch
	began   time.Time
	// failed is how the last round failed.
	failed error
	good   bool
}

// watch keeps tracing until the user ends it, or it has lasted long enough.
func (o *options) watch(ctx context.Context) error {
	names, err := o.watched(ctx)
	if err != nil {
		return err
	}
	w := &watcher{options: o, began: time.Now(), watches: map[target.Name]*watch.Watch{}, out: print.NewWatch(o.Out, o.output == string(print.JSON), names)}
	for _, name := range names {
		w.watches[name] = watch.New(w.began)
	}
	looking, stop := context.WithCancel(ctx)
	var looks sync.WaitGroup
	for _, name := range names {
		looks.Go(func() { w.look(looking, name) })
	}
	w.run(ctx)
	w.rounds.Wait()
	stop()
	looks.Wait()
	if !w.good && w.failed != nil {
		return w.failed // it is as with any trace that cannot be made
	}
	return w.end(names)
}

// watched finds the Services that the targets stand for.
func (o *options) watched(ctx context.Context) ([]target.Name, error) {
	ctx, cancel := context.WithTimeout(ctx, slow)
	defer cancel()
	names, err := o.selection.find(ctx, target.NewReader(o.client, o.gateways), o.namespace)
	if err != nil {
		return nil, o.withRole(ctx, err)
	}
	return names, nil
}

// run starts round after round. The first that fails, before any has gone well, ends
// the watch.
func (w *watcher) run(ctx context.Context) {
	var over <-chan time.Time
	if w.watchFor > 0 {
		over = time.After(w.watchFor)
	}
	for {
		next := make(chan time.Duration, 2)
		w.rounds.Go(func() { next <- w.round(ctx, next) })
		var pause time.Duration
		select {
		case pause = <-next:
		case <-ctx.Done():
			return
		}
		if w.hopeless() {
			return
		}
		select {
		case <-time.After(pause):
		case <-over:
			return
		case <-ctx.Done():
			return
		}
	}
}

func (w *watcher) hopeless() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.failed != nil && !w.good
}

// round traces once. As soon as its probes send it says by next how long to wait until
// the following round, and returns how long if that did not come about.
func (w *watcher) round(ctx context.Context, next chan<- time.Duration) time.Duration {
	o := *w.options
	o.ErrOut, o.troubles, o.paths = struct{ io.Writer }{w.ErrOut}, wire.MaxTroubles, false
	o.load.Requests, o.load.Fixed, o.load.Deadline = 10_000, false, lap*5/4
	if o.gentle {
		o.load.Rate = gentleRate
	}
	var sending sync.Once
	var mu sync.Mutex
	var from, to time.Time
	o.observe = func(_ int, record wire.Record) {
		mu.Lock()
		defer mu.Unlock()
		if record.Hello != nil && (from.IsZero() || record.Hello.Started.Before(from)) {
			from = record.Hello.Started
		}
		to = time.Now()
		if record.Progress != nil {
			sending.Do(func() { next <- lap - lead })
		}
	}
	reports, err := o.once(ctx)
	w.take(from, to, reports, err)
	return again
}

// once makes one trace of a watch.
func (o *options) once(ctx context.Context) ([]*trace.Report, error) {
	if err := o.identifyRun(); err != nil {
		return nil, err
	}
	run, alike, err := o.prepare(ctx, o.selection.find)
	if err != nil {
		return nil, err
	}
	limits, err := o.limits()
	if err != nil {
		return nil, err
	}
	return o.send(ctx, run, launch.New(o.client, launch.Options{
		Run: o.runID, Namespace: o.probeNamespace, Image: o.image, PullSecrets: o.pullSecrets, Labels: alike.labels,
		Limits: limits, StartTimeout: o.startTimeout, Release: o.release,
	}))
}

// take hands the reports of a round to the watches, and prints what is new.
func (w *watcher) take(from, to time.Time, reports []*trace.Report, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range reports {
		name := target.Name{Namespace: r.Target.Namespace, Name: r.Target.Name}
		if of := w.watches[name]; of != nil && !from.IsZero() {
			w.good = true
			w.out.Events(name, of.Round(from, to, r))
		}
	}
	var broken *interruption
	switch {
	case errors.As(err, &broken) && w.good:
		fmt.Fprintln(harmless{w.ErrOut}, err)
	case err != nil && w.good:
		w.out.Events(target.Name{}, []watch.Event{{Time: time.Now(), Kind: watch.TraceEvent, Text: "a trace failed: " + err.Error()}})
	}
	if w.failed = nil; err != nil {
		w.failed = err
	}
}

// look follows the endpoints of a Service.
func (w *watcher) look(ctx context.Context, name target.Name) {
	reader := target.NewReader(w.client, nil)
	ticker := time.NewTicker(look)
	defer ticker.Stop()
	for {
		asking, cancel := context.WithTimeout(ctx, slow)
		endpoints, err := reader.Endpoints(asking, name)
		cancel()
		if err == nil {
			w.mu.Lock()
			w.out.Events(name, w.watches[name].Seen(time.Now(), endpoints))
			w.mu.Unlock()
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// end says what was seen in all, and returns the exit code.
func (w *watcher) end(names []target.Name) error {
	code, sent := error(nil), 0
	for _, name := range names {
		s := w.watches[name].Summary(time.Now())
		if err := w.out.Summary(name, s); err != nil {
			return fmt.Errorf("writing the report: %w", err)
		}
		sent += s.Sent
		if s.Failed > 0 {
			code = exit(ExitBroken)
		}
	}
	if sent == 0 {
		return exit(ExitInconclusive)
	}
	return code
}
