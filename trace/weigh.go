package trace

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/evidence"
)

// watched is what the witnesses of a run have seen.
type watched struct {
	by []*seenBy
	// deliveries are the requests that endpoints got, and believed those by which it
	// is known who answered.
	deliveries, believed []evidence.Sighting
	notes                []string
}

// sights returns what all have seen of requests whose marker begins so.
func (w watched) sights(marker string) []evidence.Seen {
	var all []evidence.Seen
	for _, s := range w.by {
		for _, sight := range s.sights {
			if strings.HasPrefix(sight.Marker, marker) {
				all = append(all, sight)
			}
		}
	}
	return all
}

// weigh decides what of the witnesses' sights is believed. Up to the load balancer a
// request and its answer are one connection, and whoever was seen to get the one gave the
// other. Behind a proxy that may have tried several endpoints it takes all witnesses to
// have seen everything, and the status that the endpoint was seen to answer.
func (run *Run) weigh(by []*seenBy) watched {
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
	silent := map[evidence.Marker]bool{}
	for _, s := range w.deliveries {
		silent[s.Marker] = silent[s.Marker] || s.Status == 0
	}
	withheld := 0
	for _, s := range w.deliveries {
		r, ok := run.asked(s.Vantage, s.Route)
		switch {
		case !ok:
		case run.retried(s) && missing != "":
			withheld++
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
	if withheld > 0 {
		w.notes = append(w.notes, fmt.Sprintf("witness: who answered %d requests through proxies is left open, because not all was seen to which they may have led", withheld))
	}
	return w
}

// unseen says what the witnesses have not seen, or nothing where they have seen all.
func (run *Run) unseen(by []*seenBy) string {
	watching := map[string]bool{}
	for _, s := range by {
		if s.err != nil {
			continue
		}
		if n := s.watched; !n.Whole() {
			return fmt.Sprintf("on %s %d of %d packets were lost, %d connections forgotten and %d not followed, and %d addresses not watched", s.node, n.Dropped, n.Packets+n.Dropped, n.Evicted, n.Broken, n.Unfit)
		}
		watching[s.node] = true
	}
	var without []string
	for _, h := range run.directory.Hosted() {
		if name := cmp.Or(h.Node, "an unknown node"); (h.Ready || h.Serving) && !watching[h.Node] && !slices.Contains(without, name) {
			without = append(without, name)
		}
	}
	if len(without) > 0 {
		return "nothing was seen on " + list(without)
	}
	return ""
}
