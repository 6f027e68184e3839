package watch

import (
	"fmt"
	"slices"
	"time"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/finding"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

// EventKind is the sort of an event.
type EventKind string

// The kinds of events.
const (
	EndpointEvent EventKind = "endpoint"
	FailureEvent  EventKind = "failure"
	VerdictEvent  EventKind = "verdict"
	FindingEvent  EventKind = "finding"
	TraceEvent    EventKind = "trace"
)

// Event is something that changed.
type Event struct {
	Time time.Time `json:"time"`
	Kind EventKind `json:"kind"`
	Text string    `json:"text"`
	// Endpoint is set where it is about one.
	Endpoint string `json:"endpoint,omitempty"`
}

// Watch is what was seen of one Service until now.
type Watch struct {
	phases  map[string]Phase
	changes []change
	began   time.Time

	sent, failed int
	failures     []failure
	// spans are the times in which requests were under way.
	spans    []span
	status   verdict.Verdict
	findings map[string]bool
}

// failure is one request that failed.
type failure struct {
	at        time.Time
	way, what string
	kind      route.Kind
	endpoint  string
}

type span struct{ from, to time.Time }

// New returns a watch that begins at the time.
func New(began time.Time) *Watch { return &Watch{began: began, findings: map[string]bool{}} }

// Round takes down a trace of the Service, which sent its requests between two times,
// and returns what it shows that earlier ones did not.
func (w *Watch) Round(from, to time.Time, r *trace.Report) []Event {
	w.spans = append(w.spans, span{from, to})
	var events []Event
	for _, s := range w.take(r) {
		events = append(events, Event{Time: s.From, Kind: FailureEvent, Text: s.String()})
	}
	// Pods that have gone do not answer any more at their own addresses: where they
	// come and go, the verdict counts only if clients noticed.
	changing := slices.ContainsFunc(r.Findings, func(f finding.Finding) bool { return f.Name == "endpoints-changed" })
	if is := r.Verdict.Status; is != w.status && (!changing || len(events) > 0) {
		events = append(events, Event{Time: to, Kind: VerdictEvent, Text: fmt.Sprintf("%s: %s", is, r.Verdict.Summary)})
		w.status = is
	}
	return append(events, w.newFindings(to, r)...)
}

// maxFailures is of how many requests that failed the summary tells when. A watch may
// last for days; all are counted.
const maxFailures = 20_000

// take counts the requests of the ways that clients use, and returns the spells of
// failures among them. Pods' own addresses are no such way, and neither are names.
func (w *Watch) take(r *trace.Report) []Spell {
	var fresh []failure
	for _, c := range r.Cells {
		if c.Kind == route.Pod || c.Kind == route.DNS || c.Contrast || c.Padding > 0 || c.Verdict == verdict.Untested {
			continue
		}
		w.sent += c.Sent
		w.failed += failed(c)
		for _, t := range c.Troubles {
			if t.What == string(wire.ErrorLocal) {
				continue // the probe's own trouble
			}
			fresh = append(fresh, failure{at: t.Sent, way: wayOf(c), what: t.What, kind: c.Kind, endpoint: t.Endpoint})
		}
	}
	slices.SortStableFunc(fresh, func(a, b failure) int { return a.at.Compare(b.at) })
	w.failures = append(w.failures, fresh[:min(len(fresh), maxFailures-len(w.failures))]...)
	return spells(fresh)
}

// failed counts the requests of a cell that failed, those included of which no time was
// noted.
func failed(c trace.Cell) int {
	if !c.Protocol.Web() {
		return c.Sent - c.OK
	}
	n := c.Sent
	for _, s := range c.Statuses {
		if !wire.Failed(wire.Outcome{Status: s.Status, GRPC: s.GRPC}) {
			n -= s.Count
		}
	}
	return n
}

// newFindings tells of findings that come and go.
func (w *Watch) newFindings(at time.Time, r *trace.Report) []Event {
	var events []Event
	now := map[string]bool{}
	for _, f := range r.Findings {
		now[f.Name] = true
		if !w.findings[f.Name] {
			events = append(events, Event{Time: at, Kind: FindingEvent, Text: fmt.Sprintf("%s (%s, %s): %s", f.Name, f.Severity, f.Status, f.Summary)})
		}
	}
	var gone []string
	for name := range w.findings {
		if !now[name] {
			gone = append(gone, name)
		}
	}
	slices.Sort(gone)
	for _, name := range gone {
		events = append(events, Event{Time: at, Kind: FindingEvent, Text: name + " is over"})
	}
	w.findings = now
	return events
}

// wayOf names a way as sentences do.
func wayOf(c trace.Cell) string {
	name := c.Address
	if c.Host != "" && (c.Kind == route.Ingress || c.Kind == route.Gateway) {
		name = c.Host + c.Path
	}
	return string(c.Kind) + " " + name
}
