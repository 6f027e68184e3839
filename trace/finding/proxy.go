package finding

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

// clusterIPBrokenOnNode: from a node the pods answer directly, and the ClusterIP
// does not, so that the rules that lead from the one to the other are at fault
// on that node.
func clusterIPBrokenOnNode(f Facts) []Finding {
	var all []Finding
	for i, port := range f.Target.Ports {
		var broken, working []string
		var evidence []Evidence
		for _, c := range f.cells(route.ClusterIP, i) {
			node := f.Vantages[c.Vantage]
			direct := f.directFrom(c.Vantage, i, f.Routes[c.Route].IPv6)
			switch {
			case c.Verdict != verdict.Broken:
				working = append(working, node)
			case len(direct) > 0 && allHealthy(direct):
				broken = append(broken, node)
				evidence = append(evidence, f.outcome([]verdict.Cell{c})...)
				evidence = append(evidence, traffic(fmt.Sprintf("all %d pod addresses from %s: every request answered", len(direct), node)))
			}
		}
		if len(broken) == 0 {
			continue
		}
		slices.Sort(broken)
		broken = slices.Compact(broken)
		found := Finding{
			Name: "clusterip-broken-on-node", Severity: Error, Status: Confirmed,
			Summary: fmt.Sprintf("the ClusterIP of %s fails at port %s from %s, although all pods answer directly from there",
				f.service(), portText(port), strings.Join(broken, ", ")),
			Evidence: evidence,
		}
		if len(working) > 0 {
			found.Evidence = append(found.Evidence, traffic("the ClusterIP answers from "+strings.Join(slices.Compact(slices.Sorted(slices.Values(working))), ", ")))
		}
		for _, node := range broken {
			found.Fix = append(found.Fix, Step{
				Text:    "look at kube-proxy, or what replaces it, on " + node,
				Command: fmt.Sprintf("kubectl -n kube-system get pods -o wide --field-selector spec.nodeName=%s", node),
			})
		}
		all = append(all, found)
	}
	return all
}

// directFrom returns the cells of the pods' own addresses in one family, as
// seen from one vantage.
func (f Facts) directFrom(vantage, port int, ipv6 bool) []verdict.Cell {
	return slices.DeleteFunc(f.cells(route.Pod, port), func(c verdict.Cell) bool {
		return c.Vantage != vantage || f.Routes[c.Route].IPv6 != ipv6
	})
}

func allHealthy(cells []verdict.Cell) bool {
	return !slices.ContainsFunc(cells, func(c verdict.Cell) bool { return c.Verdict != verdict.Healthy })
}
