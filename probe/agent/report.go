package agent

import (
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

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

// report writes what was seen. No worker runs any more.
func (e *engine) report(out *outlet) {
	for _, l := range e.learned(true).Locators {
		out.write(wire.Record{Locator: &l})
	}
	gateways := e.gatewayStatuses()
	for i, t := range e.targets {
		settle := func(o wire.Outcome) wire.Outcome {
			if o.Rung == wire.RungFingerprint && e.cells[i].strangers {
				o.Endpoint, o.Rung = 0, wire.RungNone
			}
			return e.groups[t.Group].settle(t.Group, o, gateways)
		}
		out.write(wire.Record{Cell: e.cells[i].record(t.ID, e.schedule.routes[i].gaveUp, settle)})
	}
	out.write(wire.Record{End: &wire.End{
		Cells: len(e.cells), Requests: e.sent, Elapsed: time.Since(e.begin), Stopped: e.reason,
	}})
}

// learned returns the locators that this probe has chosen itself, by the numbers
// of their groups, as they stand now or at the end.
func (e *engine) learned(end bool) *wire.Learned {
	e.mu.Lock()
	defer e.mu.Unlock()
	learned := &wire.Learned{}
	for _, number := range slices.Sorted(maps.Keys(e.groups)) {
		l := e.groups[number].locator
		if l == nil || l.given {
			continue
		}
		made := wire.Locator{Group: number, Kind: l.kind, Header: l.header, Endpoints: l.endpoints, Withdrawn: l.withdrawn}
		if l.kind == wire.IdentityChosen {
			made.Values = l.values
		}
		if end && l.kind == wire.IdentityFingerprint {
			made.Withdrawn = !e.groups[number].holds()
		}
		learned.Locators = append(learned.Locators, made)
	}
	return learned
}

// reply is a status that an endpoint gave as a member of a group.
type reply struct {
	group, endpoint, status int
	grpc                    string
}

// gatewayStatuses returns which endpoints gave the statuses of a gateway when
// they were asked directly.
func (e *engine) gatewayStatuses() map[reply]bool {
	own := map[reply]bool{}
	for i, t := range e.targets {
		if t.Endpoint == 0 {
			continue
		}
		for o := range e.cells[i].tallies {
			if isGateway(o) {
				own[reply{t.Group, t.Endpoint, o.Status, o.GRPC}] = true
			}
		}
	}
	return own
}

// settle returns an outcome as it stands at the end. An attribution falls if
// its locator was withdrawn, or is a fingerprint that does not hold; or if it rests on the text of an error that
// proxies write, and that the endpoint itself was never seen to give: such
// texts name the endpoint that could not be reached ("dial tcp
// 10.244.0.1:8080: connection refused"), which did not answer.
func (g *group) settle(number int, o wire.Outcome, gateways map[reply]bool) wire.Outcome {
	fallen := false
	switch o.Rung {
	case wire.RungAnswer:
		inText := g.locator.header == "" || g.locator.header == "Grpc-Message"
		fallen = g.locator.withdrawn || inText && isGateway(o) && !gateways[reply{number, o.Endpoint, o.Status, o.GRPC}]
	case wire.RungFingerprint:
		fallen = !g.holds()
	}
	if fallen {
		o.Endpoint, o.Rung = 0, wire.RungNone
	}
	return o
}

// isGateway reports whether an outcome is one that proxies give for themselves.
func isGateway(o wire.Outcome) bool {
	switch o.GRPC {
	case "UNAVAILABLE", "DEADLINE_EXCEEDED":
		return true
	}
	return o.Status == http.StatusBadGateway || o.Status == http.StatusServiceUnavailable || o.Status == http.StatusGatewayTimeout
}
