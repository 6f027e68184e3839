package finding

import (
	"fmt"
	"maps"
	"slices"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

// Retries are the requests of a cell that a proxy has sent more than once, as its log
// says.
type Retries struct {
	Vantage, Route int
	// Requests is how many there were.
	Requests int
	// InVain is how often each endpoint, by its index, was tried before the one that
	// answered; -1 stands for addresses that are no endpoint's.
	InVain map[int]int
}

// hiddenRetries: clients get good answers, because a proxy tries again where it gets
// none. Its log may say so, or how long answers take.
func hiddenRetries(f Facts) []Finding {
	var seen []Evidence
	var ways []string
	vain := map[int]int{}
	for _, r := range f.Retries {
		at := slices.IndexFunc(f.Cells, func(c verdict.Cell) bool { return c.Route == r.Route && c.Vantage == r.Vantage })
		if at < 0 || f.Cells[at].OK == 0 {
			continue // nothing is hidden
		}
		c, way := f.Cells[at], f.Routes[r.Route]
		ways = append(ways, way.Object)
		seen = append(seen, traffic(fmt.Sprintf("%s at %s from %s: %d of %d answered, and by the proxy's log %d were sent more than once", way.Object, way.Address, f.Vantages[r.Vantage], c.OK, c.Sent, r.Requests)))
		for e, n := range r.InVain {
			vain[e] += n
		}
	}
	if len(ways) == 0 {
		return hiddenByLateness(f)
	}
	found := Finding{
		Name: "hidden-retries", Severity: Warning, Status: Confirmed,
		Summary:  fmt.Sprintf("requests to %s through %s get an answer only because the proxy tries again", f.service(), some(distinct(ways))),
		Evidence: seen,
	}
	for _, e := range slices.Sorted(maps.Keys(vain)) {
		if e < 0 || e >= f.Target.Known() {
			found.Evidence = append(found.Evidence, traffic(fmt.Sprintf("tried in vain: an address that no endpoint has, %s", times(vain[e]))))
			continue
		}
		endpoint := f.Target.Endpoint(e)
		found.Evidence = append(found.Evidence, traffic(fmt.Sprintf("tried in vain: %s, %s", endpoint.Name, times(vain[e]))))
		if endpoint.Pod != nil {
			found.Fix = append(found.Fix, Step{
				Text:    "see why " + endpoint.Name + " does not answer the proxy",
				Command: fmt.Sprintf("kubectl -n %s logs %s --tail=50", endpoint.Pod.Namespace, endpoint.Name),
			})
		}
	}
	if len(found.Fix) == 0 {
		found.Fix = []Step{{Text: "see which endpoint does not answer the proxy: one that fails directly, or its own log", Command: f.namespaced("get pods -o wide")}}
	}
	return []Finding{found}
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}
