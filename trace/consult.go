package trace

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/evidence"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
)

// LogReader reads the logs of pods. It hands over each line that the pod has
// written in the last while and that holds the text.
type LogReader interface {
	Lines(ctx context.Context, pod *corev1.Pod, since time.Duration, text string, found func(line string)) error
}

// The bounds of reading logs: of how many pods, how many at once, how long in all,
// and how long to wait for lines that are still on their way from the container to
// the file that is read.
const (
	maxLogs    = 50
	logsAtOnce = 6
	logsTime   = 15 * time.Second
	logsWait   = 700 * time.Millisecond
)

// logged is what the logs of the endpoints say of the run's requests.
type logged struct {
	sightings []evidence.Sighting
	unread    []target.Unread
}

// consult reads the endpoints' own logs, where these can tell more than is known:
// who gave an answer that names nobody, and with which path a request arrived that
// went through a proxy.
func (run *Run) consult(ctx context.Context, started time.Time, records [][]wire.Record) logged {
	wanted := run.unexplained(records)
	if run.Options.Logs == nil || wanted == 0 || ctx.Err() != nil {
		return logged{}
	}
	ctx, cancel := context.WithTimeout(ctx, logsTime)
	defer cancel()
	found := run.readLogs(ctx, started)
	if n := len(found.sightings); n > 0 && n < wanted {
		select {
		case <-ctx.Done():
		case <-time.After(logsWait):
			if again := run.readLogs(ctx, started); len(again.sightings) > n {
				found = again
			}
		}
	}
	return found
}

// unexplained returns how many answers there are of which the logs may tell more.
func (run *Run) unexplained(records [][]wire.Record) int {
	count := 0
	for i, plan := range run.Plans {
		for _, record := range records[i] {
			c := record.Cell
			if c == nil || c.Route < 1 || c.Route > len(plan.Asked) || plan.Asked[c.Route-1].Trace < 0 {
				continue
			}
			a := plan.Asked[c.Route-1]
			r := run.Traces[a.Trace].Routes[a.Route]
			proxied := r.Kind == route.Ingress || r.Kind == route.Gateway
			for _, t := range c.Tallies {
				if r.Protocol.Web() && t.Status != 0 && t.Rung != wire.RungDirect && (t.Endpoint == 0 || proxied) {
					count += t.Count
				}
			}
		}
	}
	return count
}

// readLogs reads the logs of the endpoints' pods.
func (run *Run) readLogs(ctx context.Context, started time.Time) logged {
	var all logged
	var mu sync.Mutex
	var failed error
	pods := run.directory.Pods()
	reads, reading := errgroup.WithContext(ctx)
	reads.SetLimit(logsAtOnce)
	since := time.Since(started) + 2*time.Second
	for _, p := range pods[:min(maxLogs, len(pods))] {
		reads.Go(func() error {
			err := run.Options.Logs.Lines(reading, p.Pod, since, run.Options.Run, func(line string) {
				s, ok := evidence.Logged(run.Options.Run, line)
				if !ok {
					return
				}
				s.Endpoint, s.Rung = p.Number, wire.RungLog
				mu.Lock()
				defer mu.Unlock()
				all.sightings = append(all.sightings, s)
			})
			mu.Lock()
			defer mu.Unlock()
			if failed == nil {
				failed = err
			}
			return nil
		})
	}
	_ = reads.Wait() // none returns an error
	loses := "which pod gave the answers that do not name it, and with which path requests arrived"
	if failed != nil {
		all.unread = append(all.unread, target.Unread{Resource: "pods/log", Reason: failed.Error(), Loses: loses})
	}
	if len(pods) > maxLogs {
		all.unread = append(all.unread, target.Unread{Resource: "pods/log", Reason: fmt.Sprintf("there are %d pods, and the logs of %d are read", len(pods), maxLogs), Loses: loses})
	}
	return all
}

// explained returns the records with what the sightings add to them. Answers that
// name another endpoint than the one that has seen the request are not believed any
// more, and neither are those of their group: their place does not tell the truth.
func (run *Run) explained(records [][]wire.Record, sightings []evidence.Sighting) [][]wire.Record {
	liars := map[int]bool{}
	for at := range evidence.Contradicted(records, sightings) {
		if plan := run.Plans[at[0]-1]; at[1] <= len(plan.Wire.Routes) {
			liars[plan.Wire.Routes[at[1]-1].Group] = true
		}
	}
	if len(liars) > 0 {
		records = run.forget(records, func(int) bool { return true }, liars)
	}
	return evidence.Join(records, sightings)
}
