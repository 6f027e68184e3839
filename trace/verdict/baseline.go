package verdict

import (
	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/evidence"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
)

// Baseline is what counts as a good answer of one port, as learned from the
// answers that its endpoints gave to direct requests.
type Baseline struct {
	// Classes are the classes of status that are good: 2 for 200 to 299, and so
	// on.
	Classes map[int]bool
	// Endless is set when the endpoints' own answers have no end either: event
	// streams and long downloads. Else an answer that stalls is a failure.
	Endless bool
}

// Baselines returns the baseline of each port, by its index. Answers of class 5
// are failures of the application and never good. Where no endpoint answered
// directly there is nothing to compare with; then every class below 5 is good.
func Baselines(routes []route.Route, seen []evidence.Observation) map[int]Baseline {
	direct := map[int][]wire.Tally{}
	for _, observation := range seen {
		r := routes[observation.Route]
		if r.Kind == route.Pod && !r.Contrast {
			direct[r.Port] = append(direct[r.Port], observation.Tallies...)
		}
	}
	all := map[int]Baseline{}
	for _, observation := range seen {
		port := routes[observation.Route].Port
		if _, known := all[port]; !known {
			all[port] = baseline(direct[port])
		}
	}
	return all
}

func baseline(direct []wire.Tally) Baseline {
	complete, endless := map[int]bool{}, map[int]bool{}
	for _, tally := range direct {
		class := tally.Status / 100
		switch {
		case class < 1 || class > 4:
		case tally.Error == "":
			complete[class] = true
		case tally.Error == wire.ErrorEndless:
			endless[class] = true
		}
	}
	switch {
	case len(complete) > 0:
		return Baseline{Classes: complete}
	case len(endless) > 0:
		return Baseline{Classes: endless, Endless: true}
	}
	return Baseline{Classes: map[int]bool{1: true, 2: true, 3: true, 4: true}}
}

// Good reports whether the outcome of a request in the protocol is what the
// endpoints give.
func (b Baseline) Good(protocol wire.Protocol, outcome wire.Outcome) bool {
	if outcome.Error != "" && !(b.Endless && outcome.Error == wire.ErrorEndless) {
		return false
	}
	return protocol == wire.TCP || b.Classes[outcome.Status/100]
}
