package finding

import (
	"fmt"
	"maps"
	"slices"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/policy"
)

// vantageBlocked: from a place nothing at all can be reached, so that what failed
// from there says nothing of the target.
func vantageBlocked(f Facts) []Finding {
	var places []string
	var seen []Evidence
	for _, v := range slices.Sorted(maps.Keys(f.Blocked)) {
		places = append(places, f.Vantages[v])
		seen = append(seen, traffic(fmt.Sprintf("from %s %s", f.Vantages[v], f.Blocked[v])))
	}
	if len(places) == 0 {
		return nil
	}
	for _, p := range f.policies() {
		if p.Namespace == f.Probes.Namespace && policy.Restricts(p, policy.Egress, f.Probes.Labels) {
			seen = append(seen, object(fmt.Sprintf("networkpolicy %s/%s is about the probes' pods, too; it %s", p.Namespace, p.Name, policy.Admits(p, policy.Egress))))
		}
	}
	return []Finding{{
		Name: "vantage-blocked", Severity: Warning, Status: Confirmed,
		Summary:  fmt.Sprintf("nothing can be reached from %s, the API server neither: what failed from there says nothing of %s", some(places), f.service()),
		Evidence: seen[:min(6, len(seen))],
		Fix: []Step{{
			Text:    "see whether policies let pods of namespace " + f.Probes.Namespace + " send anything, and whether the node's network works; or send from another node with --from",
			Command: fmt.Sprintf("kubectl -n %s get networkpolicies", f.Probes.Namespace),
		}},
	}}
}
