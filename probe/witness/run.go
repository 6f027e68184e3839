package witness

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// heartbeat is the time between two records that say how well is seen.
const heartbeat = 500 * time.Millisecond

// source is where packets come from. A read waits for no longer than a heartbeat, and
// returns false when nothing came. What it returns is valid until the next read.
type source interface {
	read() (p packet, ok bool, err error)
	device(link int) device
	// lost returns how many packets passed the filter since it was asked last, and how
	// many of them there was no room for.
	lost() (passed, dropped uint64, err error)
	close() error
}

// Run watches as the plan asks, and passes what it sees to emit, record by record and
// from the goroutine that called Run: a hello once it sees everything, the requests of
// the run as they go by, about twice a second how well is seen, and the end. It ends
// when ctx is cancelled or the plan's deadline passes.
//
// It returns an error when the plan cannot be carried out, for lack of CAP_NET_RAW for
// one, or the first error of emit (and stops at it).
func Run(ctx context.Context, plan wire.Plan, release string, emit func(wire.Record) error) error {
	if err := plan.Validate(); err != nil {
		return fmt.Errorf("checking the plan: %w", err)
	}
	if plan.Watch == nil {
		return errors.New("checking the plan: it does not say what to watch")
	}
	packets, unfit, err := listen(*plan.Watch)
	if err != nil {
		return err
	}
	t := newTracker(plan, packets.device)
	t.watched.Unfit = unfit
	return errors.Join(watch(ctx, plan, release, packets, t, emit), packets.close())
}

// watch reads packets until the time is over.
func watch(ctx context.Context, plan wire.Plan, release string, packets source, t *tracker, emit func(wire.Record) error) error {
	began := time.Now()
	out := outlet{emit: emit}
	out.write(wire.Record{Hello: &wire.Hello{Version: wire.Version, Run: plan.Run, Vantage: plan.Vantage, Release: release, Started: began}})
	beat := began
	end := wire.End{}
	for out.err == nil {
		p, ok, err := packets.read()
		if err != nil {
			return err
		}
		if ok {
			t.add(p)
		}
		now := time.Now()
		over := ctx.Err() != nil || now.Sub(began) >= plan.Deadline
		if now.Sub(beat) >= heartbeat || over {
			beat = now
			if err := tell(&out, packets, t, now, over); err != nil {
				return err
			}
		}
		if over {
			if end.Stopped = wire.StopDeadline; ctx.Err() != nil {
				end.Stopped = wire.StopSignal
			}
			break
		}
	}
	end.Elapsed = time.Since(began)
	out.write(wire.Record{End: &end})
	return out.err
}

// tell writes what was seen since the last time, and then how well.
func tell(out *outlet, packets source, t *tracker, now time.Time, all bool) error {
	for _, s := range t.take(now, all) {
		out.write(wire.Record{Sight: &s})
	}
	passed, dropped, err := packets.lost()
	if err != nil {
		return err
	}
	t.watched.Packets += passed
	t.watched.Dropped += dropped
	watched := t.watched
	out.write(wire.Record{Watched: &watched})
	return nil
}

// outlet numbers records and passes them on, until that fails.
type outlet struct {
	emit   func(wire.Record) error
	number int
	err    error
}

func (o *outlet) write(r wire.Record) {
	if o.err != nil {
		return
	}
	o.number++
	r.Number = o.number
	o.err = o.emit(r)
}
