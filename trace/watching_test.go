package trace

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/vantage"
)

// witnessing is a witness: what it does until it is told to end.
type witnessing func(ctx context.Context, observe func(wire.Record)) error

func (w witnessing) Probe(ctx context.Context, _ vantage.Vantage, _ wire.Plan, observe func(wire.Record)) error {
	return w(ctx, observe)
}

// beating is a witness that says every half a second how well it sees, for so many
// times, and then nothing until it is told to end; it sees a request before its last
// word.
func beating(times int) witnessing {
	return func(ctx context.Context, observe func(wire.Record)) error {
		for i := range times {
			if i == times-1 {
				observe(wire.Record{Sight: &wire.Sight{Marker: "late"}})
			}
			observe(wire.Record{Watched: &wire.Watched{Packets: uint64(i + 1)}})
			select {
			case <-ctx.Done():
				return context.Cause(ctx)
			case <-time.After(500 * time.Millisecond):
			}
		}
		<-ctx.Done()
		return context.Cause(ctx)
	}
}

// ending is a witness that ends by itself.
func ending(after time.Duration, err error) witnessing {
	return func(_ context.Context, observe func(wire.Record)) error {
		observe(wire.Record{Watched: &wire.Watched{}})
		time.Sleep(after)
		return err
	}
}

// TestWitnessTells: a witness has told of all once it has reported some times after the
// last request, which is sent a second after it sees. One that does not get so far has not,
// whatever it ends with.
func TestWitnessTells(t *testing.T) {
	for name, test := range map[string]struct {
		witness witnessing
		fails   string
		sights  int
		took    time.Duration
	}{
		// It has reported at 0, 0.5 and 1 s; four more end at 3 s.
		"it tells of all":         {beating(7), "", 1, 3 * time.Second},
		"it goes on":              {beating(100), "", 0, 3 * time.Second},
		"it falls silent":         {beating(6), errSilent.Error(), 1, time.Second + lastWords},
		"it ends before the last": {ending(500*time.Millisecond, nil), errEarly.Error(), 0, time.Second},
		"it ends after the last":  {ending(1500*time.Millisecond, nil), errEarly.Error(), 0, 1500 * time.Millisecond},
		"it is killed then":       {ending(1500*time.Millisecond, errors.New("killed")), "killed", 0, 1500 * time.Millisecond},
		"it never starts":         {func(context.Context, func(wire.Record)) error { return errors.New("no image") }, "no image", 0, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				run := &Run{Witnesses: []Plan{{Vantage: vantage.Vantage{Kind: vantage.Witness, Node: "n1"}}}}
				began := time.Now()
				w := run.watch(t.Context(), test.witness)
				time.Sleep(time.Second - time.Since(began) + time.Millisecond)
				all := w.tell()
				took := time.Since(began).Truncate(100 * time.Millisecond)
				got := ""
				if len(all) != 1 || all[0].node != "n1" {
					t.Fatalf("%d witnesses tell: %+v", len(all), all)
				}
				if all[0].err != nil {
					got = all[0].err.Error()
				}
				if got != test.fails || len(all[0].sights) != test.sights || took != test.took {
					t.Errorf("error %q, %d sights after %s; want %q, %d after %s", got, len(all[0].sights), took, test.fails, test.sights, test.took)
				}
			})
		})
	}
}

// TestRequestsWaitForWitnesses: requests are sent when all witnesses see, and not before.
func TestRequestsWaitForWitnesses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		run := &Run{Witnesses: make([]Plan, 2)}
		slow := 3 * time.Second
		began := time.Now()
		w := run.watch(t.Context(), witnessing(func(ctx context.Context, observe func(wire.Record)) error {
			observe(wire.Record{Hello: &wire.Hello{}})
			time.Sleep(slow)
			return beating(100)(ctx, observe)
		}))
		if took := time.Since(began); took != slow {
			t.Errorf("the witnesses see after %s, want %s", took, slow)
		}
		w.tell()
	})
}

// TestOneIsSilent: a witness that has told of all is believed, also where the one before
// it is waited for in vain.
func TestOneIsSilent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		run := &Run{Witnesses: make([]Plan, 20)}
		run.Witnesses[0].Wire.Vantage = 1
		w := run.watch(t.Context(), firstSilent{})
		for i, s := range w.tell() {
			if silent := errors.Is(s.err, errSilent); silent != (i == 0) {
				t.Errorf("witness %d: error %v", i, s.err)
			}
		}
	})
}

// firstSilent has the first of several witnesses say nothing after the requests.
type firstSilent struct{}

func (firstSilent) Probe(ctx context.Context, from vantage.Vantage, plan wire.Plan, observe func(wire.Record)) error {
	if plan.Vantage == 1 {
		return beating(1).Probe(ctx, from, plan, observe)
	}
	return beating(100).Probe(ctx, from, plan, observe)
}
