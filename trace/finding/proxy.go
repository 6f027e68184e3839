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
// on that node. Where the ClusterIP brings an answer of any status, rules lead
// somewhere, and this is not the cause.
func clusterIPBrokenOnNode(f Facts) []Finding {
	var all []Finding
	for i, port := range f.Target.Ports {
		var nodes, addresses []string
		var seen []Evidence
		for _, c := range f.cells(route.ClusterIP, i) {
			direct := f.pastClusterIP(c)
			if len(direct) == 0 {
				continue
			}
			node := f.Vantages[c.Vantage]
			nodes, addresses = append(nodes, node), append(addresses, f.Routes[c.Route].Address)
			seen = append(seen, f.outcome([]verdict.Cell{c})...)
			seen = append(seen, traffic(fmt.Sprintf("%s from %s: every request answered", count(len(direct), "pod address", "pod addresses"), node)))
		}
		if len(nodes) == 0 {
			continue
		}
		nodes, addresses = distinct(nodes), distinct(addresses)
		found := Finding{
			Name: "clusterip-broken-on-node", Severity: Error, Status: Confirmed,
			Summary: fmt.Sprintf("the ClusterIP %s of %s, port %s, fails from %s, although all pods answer directly from there",
				strings.Join(addresses, " and "), f.service(), portText(port), some(nodes)),
			Evidence: append(seen, f.working(i, addresses)...),
		}
		for _, node := range nodes[:min(3, len(nodes))] {
			found.Fix = append(found.Fix, f.kubeProxyOn(node))
		}
		all = append(all, found)
	}
	return all
}

// pastClusterIP returns the cells of the pods that all answer directly from where their
// ClusterIP fails; nothing where they do not, or it works.
func (f Facts) pastClusterIP(c verdict.Cell) []verdict.Cell {
	r := f.Routes[c.Route]
	direct := f.directFrom(c.Vantage, r.Port, r.IPv6)
	if c.Verdict != verdict.Broken || answeredByAnybody(c) || !allHealthy(direct) {
		return nil
	}
	return direct
}

// working says from where each of the addresses does answer.
func (f Facts) working(port int, addresses []string) []Evidence {
	var seen []Evidence
	for _, address := range addresses {
		var nodes []string
		for _, c := range f.cells(route.ClusterIP, port) {
			if f.Routes[c.Route].Address == address && c.OK > 0 {
				nodes = append(nodes, f.Vantages[c.Vantage])
			}
		}
		if len(nodes) > 0 {
			seen = append(seen, traffic(address+" answers from "+some(distinct(nodes))))
		}
	}
	return seen
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

func answeredByAnybody(c verdict.Cell) bool {
	return slices.ContainsFunc(c.Failures, func(f verdict.Failure) bool { return f.Status != 0 })
}

func distinct(names []string) []string { return slices.Compact(slices.Sorted(slices.Values(names))) }

func count(n int, one, many string) string {
	if n == 1 {
		return "the " + one
	}
	return fmt.Sprintf("all %d %s", n, many)
}
