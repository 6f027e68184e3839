package trace

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/evidence"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
)

// watched is what the witnesses of a run have seen.
type watched struct {
	by []*seenBy
	// deliveries are the requests that endpoints got, and believed those by which it
	// is known who answered.
	deliveries, believed []evidence.Sighting
	notes                []string
}

// sights returns what all have seen of the request.
func (w watched) sights(marker string) []evidence.Seen {
	var all []evidence.Seen
	for _, s := range w.by {
		for _, sight := range s.sights {
			if sight.Marker == marker {
				all = append(all, sight)
			}
		}
	}
	return all
}

// weigh decides what of the witnesses' sights is believed. Up to the load balancer a
// request and its answer are one connection, and whoever was seen to get the one gave the
// other. Behind a proxy that may have tried several endpoints it takes all witnesses to
// have seen everything, and the status that the endpoint was seen to answer. Changes are
// what became of the endpoints of each target meanwhile.
func (run *Run) weigh(by []*seenBy, changes []target.Changes) watched {
	w := watched{by: by}
	if len(run.Witnesses) == 0 {
		return w
	}
	var seen []evidence.Seen
	for _, s := range by {
		seen = append(seen, s.sights...)
	}
	w.deliveries = run.directory.Deliveries(run.Options.Run, seen)
	missing := run.unseen(by)
	hosted := run.directory.Hosted()
	silent, withheld, moved := map[evidence.Marker]bool{}, map[evidence.Marker]bool{}, map[evidence.Marker]bool{}
	for _, s := range w.deliveries {
		silent[s.Marker] = silent[s.Marker] || s.Status == 0
	}
	for _, s := range w.deliveries {
		r, ok := run.asked(s.Vantage, s.Route)
		switch {
		case !ok:
		case gone(hosted[s.Endpoint-1].Endpoint, changes), run.retried(s) && run.changed(s, changes):
			moved[s.Marker] = true
		case run.retried(s) && missing != "":
			withheld[s.Marker] = true
		case run.retried(s) && silent[s.Marker]:
		case !run.retried(s) && r.Protocol.Secure():
			// What comes in clear is not what was sent, but something that it led to.
		default:
			w.believed = append(w.believed, s)
		}
	}
	if missing != "" {
		w.notes = append(w.notes, "witness: "+missing)
	}
	if len(withheld) > 0 {
		w.notes = append(w.notes, fmt.Sprintf("witness: what was seen of %d requests through load balancers and proxies does not tell who answered, because not all was seen to which they may have led", len(withheld)))
	}
	if len(moved) > 0 {
		w.notes = append(w.notes, fmt.Sprintf("witness: what was seen of %d requests does not tell who answered, because endpoints changed meanwhile", len(moved)))
	}
	return w
}

// gone reports whether the endpoint has disappeared: its address may have become another
// one's.
func gone(e target.Endpoint, changes []target.Changes) bool {
	return slices.ContainsFunc(changes, func(c target.Changes) bool { return c.Of(e) == target.Disappeared })
}

// changed reports whether the endpoints of the request's target are not those that were
// watched: a proxy may have tried a new one.
func (run *Run) changed(s evidence.Sighting, changes []target.Changes) bool {
	return changes[run.Plans[s.Vantage-1].Asked[s.Route-1].Trace].Written
}

// unseen says what the witnesses have not seen, or nothing where they have seen all.
func (run *Run) unseen(by []*seenBy) string {
	var missing, ended, without []string
	watching := map[string]bool{}
	for _, s := range by {
		n := s.watched
		if watching[s.node] = s.err == nil; watching[s.node] && !n.Whole() {
			missing = append(missing, fmt.Sprintf("on %s %d of %d packets were lost, %d connections forgotten and %d not followed, and %d addresses not watched", s.node, n.Dropped, n.Packets, n.Evicted, n.Broken, n.Unfit))
		}
	}
	for _, h := range run.directory.Hosted() {
		name := cmp.Or(h.Node, "an unknown node")
		whole, began := watching[h.Node]
		switch {
		case whole || !h.Ready && !h.Serving:
		case began && !slices.Contains(ended, name):
			ended = append(ended, name)
		case !began && !slices.Contains(without, name):
			without = append(without, name)
		}
	}
	if len(ended) > 0 {
		missing = append(missing, "not all was seen on "+list(ended))
	}
	if len(without) > 0 {
		missing = append(missing, "nothing was seen on "+list(without))
	}
	return strings.Join(missing, "; ")
}
