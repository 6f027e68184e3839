package verdict

import (
	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/evidence"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
)

// Baseline is what counts as a good answer of one port: the classes of status
// (2 for 200 to 299, and so on) that its endpoints gave to direct requests.
type Baseline map[int]bool

// Baselines returns the baseline of each port, by its index. Answers of class 5
// are failures of the application and never good. Where no endpoint answered
// directly there is nothing to compare with; then every class below 5 is good.
func Baselines(routes []route.Route, seen []evidence.Observation) map[int]Baseline {
	all := map[int]Baseline{}
	for _, observation := range seen {
		r := routes[observation.Route]
		if all[r.Port] == nil {
			all[r.Port] = Baseline{}
		}
		if r.Kind != route.Pod || r.Contrast {
			continue
		}
		for _, tally := range observation.Tallies {
			if class := tally.Status / 100; class >= 1 && class <= 4 && tally.Error == "" {
				all[r.Port][class] = true
			}
		}
	}
	for port, baseline := range all {
		if len(baseline) == 0 {
			all[port] = Baseline{1: true, 2: true, 3: true, 4: true}
		}
	}
	return all
}

// Good reports whether the outcome of a request in the protocol is what the
// endpoints give.
func (b Baseline) Good(protocol wire.Protocol, outcome wire.Outcome) bool {
	if outcome.Error != "" {
		return false
	}
	return protocol == wire.TCP || b[outcome.Status/100]
}
