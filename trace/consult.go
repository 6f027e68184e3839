package trace

import (
	"context"
	"fmt"
	"maps"
	"slices"
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

// explained returns the records with what the sightings add to them, and the groups
// of routes on which answers name another endpoint than the one that alone has seen
// the request. One of the two is wrong there, and nothing tells which: who answered
// stays unknown on all routes of such a group.
func (run *Run) explained(records [][]wire.Record, sightings []evidence.Sighting) (_ [][]wire.Record, disputed map[int]bool) {
	disputed = map[int]bool{}
	for at := range evidence.Contradicted(records, sightings) {
		if r, ok := run.asked(at[0], at[1]); ok {
			disputed[r.Group] = true
		}
	}
	records = run.forget(records, func(int) bool { return true }, disputed)
	telling := slices.DeleteFunc(slices.Clone(sightings), func(s evidence.Sighting) bool {
		r, ok := run.asked(s.Vantage, s.Route)
		return !ok || disputed[r.Group] || s.Status == 0 && run.retried(s)
	})
	return evidence.Join(records, telling), disputed
}

// asked returns the route with the number in the plan of a vantage, from 1 both.
func (run *Run) asked(vantage, number int) (wire.Route, bool) {
	if vantage < 1 || vantage > len(run.Plans) || number < 1 || number > len(run.Plans[vantage-1].Wire.Routes) {
		return wire.Route{}, false
	}
	return run.Plans[vantage-1].Wire.Routes[number-1], true
}

// retried reports whether the request went through something that may have tried
// several endpoints, of which not all need write logs. That one has seen it does not
// show there that the answer is its own, unless it says which that was.
func (run *Run) retried(s evidence.Sighting) bool {
	a := run.Plans[s.Vantage-1].Asked[s.Route-1]
	return a.Trace >= 0 && run.Traces[a.Trace].Routes[a.Route].Kind.Layer() >= route.LoadBalancer.Layer()
}

// disputes says on which ports answers and logs contradict each other.
func (t *Trace) disputes(disputed map[int]bool) []string {
	var notes []string
	for _, group := range slices.Sorted(maps.Keys(disputed)) {
		port := t.portOf(group)
		if port == 0 {
			continue
		}
		note := fmt.Sprintf("answers on port %d name another pod than the one whose log alone has the request, or that alone was seen to get it: who gave them counts as unknown", t.Target.Ports[port-1].Port)
		if !slices.Contains(notes, note) {
			notes = append(notes, note)
		}
	}
	return notes
}
