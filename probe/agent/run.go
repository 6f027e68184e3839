package agent

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// heartbeat is the time between two progress records.
const heartbeat = time.Second

// stopped is the cause for which a plan was ended early.
type stopped wire.StopReason

func (s stopped) Error() string { return "stopped: " + string(s) }

// Run carries out a plan and passes what it saw to emit, record by record and
// from the goroutine that called Run: a hello, progress about once a second,
// the locators, one cell per route, and the end. Release is this program's.
//
// When ctx is cancelled, or the plan's deadline passes, requests in flight are
// broken off and not counted, and the records are emitted all the same. When
// Run returns, all that it started has ended.
//
// It returns an error when the plan cannot be carried out (nothing has been
// sent then), or the first error of emit (and stops at it).
func Run(ctx context.Context, plan wire.Plan, release string, emit func(wire.Record) error) error {
	return RunThrough(ctx, nil, plan, release, emit)
}

// Dial connects to an address.
type Dial func(ctx context.Context, network, address string) (net.Conn, error)

// RunThrough is Run, with the connections over TCP made by dial: through a
// tunnel, say. A nil dial means the system's.
func RunThrough(ctx context.Context, dial Dial, plan wire.Plan, release string, emit func(wire.Record) error) error {
	if err := plan.Validate(); err != nil {
		return fmt.Errorf("checking the plan: %w", err)
	}
	e, err := newEngine(plan)
	if err != nil {
		return err
	}
	e.dial = dial
	out := &outlet{emit: emit}
	out.write(wire.Record{Hello: &wire.Hello{
		Version: wire.Version, Run: plan.Run, Vantage: plan.Vantage, Release: release, Started: e.begin,
	}})
	if out.err == nil {
		e.run(ctx, out)
	}
	e.report(out)
	return out.err
}

// run sends the requests, and progress in the meantime.
func (e *engine) run(parent context.Context, out *outlet) {
	ctx, cancel := context.WithCancelCause(parent)
	defer cancel(nil)
	e.cancel = cancel
	defer time.AfterFunc(e.plan.Deadline, func() { cancel(stopped(wire.StopDeadline)) }).Stop()
	defer time.AfterFunc(2*e.plan.Timeout, e.endLessons).Stop()
	defer context.AfterFunc(ctx, func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.changed.Broadcast()
	})()

	var workers sync.WaitGroup
	for range min(e.plan.Concurrency, e.schedule.planned()) {
		workers.Go(func() { e.work(ctx) })
	}
	done := make(chan struct{})
	go func() {
		workers.Wait()
		close(done)
	}()
	ticker := time.NewTicker(heartbeat)
	defer ticker.Stop()
	taught := e.taught
	for {
		select {
		case <-taught:
			taught = nil
			out.write(wire.Record{Learned: e.learned(false)})
		case <-done:
			if taught != nil && e.schedule.graduated {
				out.write(wire.Record{Learned: e.learned(false)})
			}
			e.reason = e.reasonOf(ctx)
			return
		case <-ticker.C:
			out.write(wire.Record{Progress: e.progress()})
			if out.err != nil {
				cancel(out.err)
			}
		}
	}
}

// endLessons goes on without the endpoints that have not answered until now.
func (e *engine) endLessons() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.schedule.graduated {
		e.graduate()
	}
}

// reasonOf returns why the plan ended early, or "" when it did not.
func (e *engine) reasonOf(ctx context.Context) wire.StopReason {
	if ctx.Err() == nil || !e.schedule.unfinished() {
		return ""
	}
	var reason stopped
	if errors.As(context.Cause(ctx), &reason) {
		return wire.StopReason(reason)
	}
	return wire.StopSignal
}

func (e *engine) progress() *wire.Progress {
	e.mu.Lock()
	defer e.mu.Unlock()
	return &wire.Progress{Sent: e.sent, Planned: e.schedule.planned()}
}
