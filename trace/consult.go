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
	maxLogs      = 50
	maxProxyLogs = 10
	logsAtOnce   = 6
	logsTime     = 15 * time.Second
	logsWait     = 700 * time.Millisecond
)

// logged is what the logs of the endpoints say of the run's requests, and those of
// the proxies in front of them.
type logged struct {
	sightings []evidence.Sighting
	passages  []evidence.Passage
	unread    []target.Unread
	// fronts are the proxies whose logs were read, by the index of the trace.
	fronts [][]target.Front
}

// consult reads the endpoints' own logs, where these can tell more than is known:
// who gave an answer that names nobody, and with which path a request arrived that
// went through a proxy; and the logs of such proxies.
func (run *Run) consult(ctx context.Context, started time.Time, records [][]wire.Record) logged {
	wanted := run.unexplained(records)
	if run.Options.Logs == nil || wanted == 0 || ctx.Err() != nil {
		return logged{}
	}
	ctx, cancel := context.WithTimeout(ctx, logsTime)
	defer cancel()
	fronts := run.fronts(ctx, records)
	found := run.readLogs(ctx, started, fronts)
	if n := run.told(found); n > 0 && n < wanted {
		select {
		case <-ctx.Done():
		case <-time.After(logsWait):
			if again := run.readLogs(ctx, started, fronts); run.told(again) > n {
				found = again
			}
		}
	}
	return found
}

// told returns of how many requests that may be [Run.unexplained] the logs tell: pods
// that were asked directly have logged that, too.
func (run *Run) told(l logged) int {
	requests := map[evidence.Marker]bool{}
	note := func(m evidence.Marker) {
		if m.Vantage > len(run.Plans) {
			return
		}
		if _, r, ok := run.whose(m.Vantage-1, m.Route); ok && r.Kind != route.Pod {
			requests[m] = true
		}
	}
	for _, s := range l.sightings {
		note(s.Marker)
	}
	for _, p := range l.passages {
		note(p.Marker)
	}
	return len(requests)
}

// unexplained returns how many answers there are of which the logs may tell more.
func (run *Run) unexplained(records [][]wire.Record) int {
	count := 0
	for i := range run.Plans {
		for _, record := range records[i] {
			c := record.Cell
			if c == nil {
				continue
			}
			_, r, ok := run.whose(i, c.Route)
			if !ok {
				continue
			}
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

// whose returns the trace and its route that have the number, from 1, in a plan.
func (run *Run) whose(plan, number int) (trace int, r route.Route, ok bool) {
	if number < 1 || number > len(run.Plans[plan].Asked) || run.Plans[plan].Asked[number-1].Trace < 0 {
		return -1, route.Route{}, false
	}
	a := run.Plans[plan].Asked[number-1]
	return a.Trace, run.Traces[a.Trace].Routes[a.Route], true
}

// readLogs reads the logs of the endpoints' pods, and of the proxies in front of them.
func (run *Run) readLogs(ctx context.Context, started time.Time, fronts [][]target.Front) logged {
	all := logged{fronts: fronts}
	var mu sync.Mutex
	pods, proxies := run.directory.Pods(), proxiesOf(fronts, run.directory.Pods())
	reads, reading := errgroup.WithContext(ctx)
	reads.SetLimit(logsAtOnce)
	since := time.Since(started) + 2*time.Second
	read := func(pod *corev1.Pod, note func(line string), failed *error) {
		reads.Go(func() error {
			err := run.Options.Logs.Lines(reading, pod, since, run.Options.Run, func(line string) {
				mu.Lock()
				defer mu.Unlock()
				note(line)
			})
			mu.Lock()
			defer mu.Unlock()
			if *failed == nil {
				*failed = err
			}
			return nil
		})
	}
	var failed, refused error
	for _, p := range pods[:min(maxLogs, len(pods))] {
		read(p.Pod, func(line string) {
			if s, ok := evidence.Logged(run.Options.Run, line); ok {
				s.Endpoint, s.Rung = p.Number, wire.RungLog
				all.sightings = append(all.sightings, s)
			}
		}, &failed)
	}
	for i := range proxies[:min(maxProxyLogs, len(proxies))] {
		read(&proxies[i], func(line string) {
			if p, ok := evidence.Passed(run.Options.Run, line); ok {
				all.passages = append(all.passages, p)
			}
		}, &refused)
	}
	_ = reads.Wait() // none returns an error
	all.lack(failed, refused, len(pods), len(proxies))
	return all
}

// lack notes what could not be read of how many pods and proxies.
func (l *logged) lack(failed, refused error, pods, proxies int) {
	const loses = "which pod gave the answers that do not name it, and with which path requests arrived"
	const through = "which pod answered through them, where its answers do not tell, and whether they try again"
	add := func(resource, reason, loses string) {
		l.unread = append(l.unread, target.Unread{Resource: resource, Reason: reason, Loses: loses})
	}
	if failed != nil {
		add("pods/log", failed.Error(), loses)
	}
	if pods > maxLogs {
		add("pods/log", fmt.Sprintf("there are %d pods, and the logs of %d are read", pods, maxLogs), loses)
	}
	if refused != nil {
		add("pods/log of the controllers of Ingresses and Gateways", refused.Error(), through)
	}
	if proxies > maxProxyLogs {
		add("pods/log of the controllers of Ingresses and Gateways", fmt.Sprintf("they have %d pods, and the logs of %d are read", proxies, maxProxyLogs), through)
	}
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
