package trace

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/evidence"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/vantage"
)

// place is where answers name their endpoint.
type place struct {
	kind      wire.IdentityKind
	header    string
	withdrawn bool
}

// spot is a place on one port, and which vantages found it.
type spot struct {
	place
	port int
	from []string
}

// namedBy says in words where answers name their endpoint, each place and port
// once. What was learned for ways through a proxy is told of only where nothing
// was for the port itself.
func (t *Trace) namedBy(records [][]wire.Record, changes target.Changes) []string {
	var spots []*spot
	for i, plan := range t.run.Plans {
		_, held := evidence.Lessons(records[i])
		for _, l := range held {
			port := t.portOf(l.Group)
			if port == 0 || plan.Vantage.Kind == vantage.Local {
				continue
			}
			p := place{l.Kind, l.Header, l.Withdrawn || changes.Written && l.Kind == wire.IdentityFingerprint}
			at := slices.IndexFunc(spots, func(s *spot) bool { return s.place == p && s.port == port })
			if at < 0 {
				at, spots = len(spots), append(spots, &spot{place: p, port: port})
			}
			if !slices.Contains(spots[at].from, plan.Vantage.Place()) {
				spots[at].from = append(spots[at].from, plan.Vantage.Place())
			}
		}
	}
	var said []string
	for i, s := range spots {
		same := func(o *spot) bool { return o.place == s.place && slices.Equal(o.from, s.from) }
		if !slices.ContainsFunc(spots[:i], same) {
			said = append(said, t.say(s, slices.DeleteFunc(slices.Clone(spots), func(o *spot) bool { return !same(o) })))
		}
	}
	return said
}

// portOf returns the number, from 1, of the target's port that a group of the
// run's plans is for, and 0 for a group of another target.
func (t *Trace) portOf(group int) int {
	group -= t.run.offset(slices.Index(t.run.Traces, t))
	for _, r := range t.Routes {
		if r.Group == group && r.Port >= 0 {
			return r.Port + 1
		}
	}
	return 0
}

// probing returns how many vantages ask pods directly.
func (t *Trace) probing() int {
	n := 0
	for _, plan := range t.run.Plans {
		if plan.Vantage.Kind != vantage.Local {
			n++
		}
	}
	return n
}

// say tells of a place and all ports on which the same vantages found it.
func (t *Trace) say(s *spot, alike []*spot) string {
	var ports, details []string
	for _, o := range alike {
		if o.port >= 1 && o.port <= len(t.Target.Ports) {
			ports = append(ports, fmt.Sprint(t.Target.Ports[o.port-1].Port))
		}
	}
	switch len(ports) {
	case 0:
	case 1:
		details = append(details, "port "+ports[0])
	default:
		details = append(details, "ports "+strings.Join(ports, " and "))
	}
	if len(s.from) < t.probing() {
		details = append(details, "from "+strings.Join(s.from, " and ")+" only")
	}
	if s.withdrawn {
		details = append(details, "withdrawn: "+s.why())
	}
	if len(details) == 0 {
		return t.call(s.place)
	}
	return fmt.Sprintf("%s (%s)", t.call(s.place), strings.Join(details, ", "))
}

// why says why a place does not count.
func (p place) why() string {
	if p.kind == wire.IdentityFingerprint {
		return "it was not shown to stay each pod's own to the end"
	}
	return "a direct answer named another pod"
}

// call names a place.
func (t *Trace) call(p place) string {
	if i := t.run.Options.Identify; i != nil && p.kind == wire.IdentityChosen {
		return "--identify " + i.String()
	}
	return p.String()
}

func (p place) String() string {
	if p.kind == wire.IdentityFingerprint {
		if p.header != "" {
			return "a header that each pod gives otherwise, " + p.header
		}
		return "a body that each pod gives otherwise"
	}
	what := map[wire.IdentityKind]string{wire.IdentityIP: "pod IP", wire.IdentityUID: "pod UID", wire.IdentityHostname: "hostname"}[p.kind]
	if what == "" {
		what = "pod name"
	}
	if p.header != "" {
		return what + " in header " + p.header
	}
	return what + " in the body"
}

// otherwise says which answers were tied to their endpoint by something else than
// what they said themselves.
func otherwise(cells []Cell) []string {
	counts := map[wire.Rung]int{}
	for _, c := range cells {
		for _, a := range c.Answers {
			counts[a.Evidence] += a.Count
		}
	}
	var said []string
	if n := counts[wire.RungLog]; n > 0 {
		said = append(said, fmt.Sprintf("the pods' own logs (%d answers)", n))
	}
	if n := counts[wire.RungUpstream]; n > 0 {
		said = append(said, fmt.Sprintf("the log of the proxy in front (%d answers)", n))
	}
	return said
}
