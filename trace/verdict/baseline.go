package verdict

import (
	"slices"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/evidence"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
)

// Baseline is what counts as a good answer of one group of routes, as learned
// from the answers that endpoints gave to direct requests.
type Baseline struct {
	// Measured is set when endpoints did answer. Without that there is nothing to
	// compare with.
	Measured bool
	// Classes are the classes of status that are good: 2 for 200 to 299, and so
	// on. Statuses are those that endpoints gave themselves.
	Classes, Statuses map[int]bool
	// GRPC are the names of the gRPC statuses that endpoints gave themselves,
	// those of failures left out.
	GRPC map[string]bool
	// Endless is set when the endpoints' own answers have no end either: event
	// streams and long downloads. Else an answer that stalls is a failure.
	Endless bool
	// Replies is set when an endpoint answered in a protocol that has no status:
	// over UDP with a datagram.
	Replies bool
}

// Baselines returns the baseline of each group, by its number. Answers of class
// 5 are failures of the application and never good. The pods may not have
// answered what a group asks, but what the port is asked otherwise: that is the
// measure, too, as long as the same path arrives.
func Baselines(routes []route.Route, seen []evidence.Observation) map[int]Baseline {
	direct := map[int][]wire.Tally{}
	for _, observation := range seen {
		if r := routes[observation.Route]; measures(r) {
			direct[r.Group] = append(direct[r.Group], observation.Tallies...)
		}
	}
	all := map[int]Baseline{}
	for _, r := range routes {
		if _, known := all[r.Group]; known {
			continue
		}
		all[r.Group] = baseline(direct[r.Group])
		if own := r.Port + 1; own >= 1 && own != r.Group && !all[r.Group].Measured && arrives(routes, r.Group) == arrives(routes, own) {
			all[r.Group] = baseline(direct[own])
		}
	}
	return all
}

// measures reports whether the answers on the route are those of an endpoint to
// what its group asks.
func measures(r route.Route) bool { return r.Kind == route.Pod && (!r.Contrast || r.Reference) }

// arrives returns the path that the group's requests have when they arrive, or
// nothing when that is not known.
func arrives(routes []route.Route, group int) string {
	for _, r := range routes {
		switch {
		case r.Group != group:
		case measures(r):
			return r.Path
		case r.Arrives != "":
			return r.Arrives
		}
	}
	return ""
}

func baseline(direct []wire.Tally) Baseline {
	b := Baseline{Classes: map[int]bool{}, Statuses: map[int]bool{}, GRPC: map[string]bool{}}
	complete := slices.ContainsFunc(direct, func(t wire.Tally) bool { return t.Error == "" && isAnswer(t.Outcome) })
	for _, tally := range direct {
		if tally.Error == "" && tally.Status == 0 {
			b.Measured, b.Replies = true, true
		}
		if !isAnswer(tally.Outcome) || complete && tally.Error != "" {
			continue
		}
		b.Measured = true
		b.Endless = !complete
		b.Classes[tally.Status/100], b.Statuses[tally.Status] = true, true
		if tally.GRPC != "" {
			b.GRPC[tally.GRPC] = true
		}
	}
	return b
}

// isAnswer reports whether the outcome is an answer that an endpoint may well
// give, and not a failure.
func isAnswer(o wire.Outcome) bool {
	return (o.Error == "" || o.Error == wire.ErrorEndless) && o.Status >= 100 && o.Status < 500 && !fails(o.GRPC)
}

// fails reports whether a gRPC status is a failure of the server or of the way
// there, and never an answer.
func fails(status string) bool {
	switch status {
	case "UNAVAILABLE", "INTERNAL", "UNKNOWN", "DEADLINE_EXCEEDED", "DATA_LOSS", "NOT_SERVING":
		return true
	}
	return false
}

// Good reports whether the outcome of a request on the route is what endpoints
// give.
func (b Baseline) Good(r route.Route, o wire.Outcome) bool {
	if r.Padding > 0 {
		return o.Status != 0 // a server may refuse it, but it has arrived, and the answer, too
	}
	if o.Error != "" && !(b.Endless && o.Error == wire.ErrorEndless) {
		return false
	}
	switch r.Protocol {
	case wire.TCP, wire.UDP:
		return true
	case wire.GRPC, wire.GRPCS:
		// Without a gRPC status it is no gRPC that answered.
		return o.GRPC != "" && isAnswer(o) && (b.GRPC[o.GRPC] || !b.Measured && plausible(r, o))
	case wire.WS, wire.WSS:
		if o.Status == 101 || b.Statuses[101] {
			return o.Status == 101
		}
	}
	switch {
	case b.wall(r, o):
		return false
	case !b.Measured:
		return isAnswer(o) && plausible(r, o)
	case speaksItself(r.Kind) && o.Status/100 == 4:
		// A proxy has refusals of its own, and they are of the same class.
		return b.Statuses[o.Status]
	}
	return b.Classes[o.Status/100]
}

// plausible reports whether an answer counts that there is nothing to compare
// with. Proxies that speak HTTP themselves refuse what they have no rule or no
// backend for, so that through one a refusal counts only when it is known that
// an endpoint gave it.
func plausible(r route.Route, o wire.Outcome) bool {
	refused := o.Status/100 == 4 || o.GRPC != "" && o.GRPC != "OK"
	return !refused || !speaksItself(r.Kind) || o.Endpoint > 0
}

// speaksItself reports whether the kind of route leads through a proxy that
// answers requests itself.
func speaksItself(kind route.Kind) bool { return kind == route.Ingress || kind == route.Gateway }
