package finding

import (
	"fmt"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
)

// indistinguishable: several endpoints answer, and of no answer behind an address
// that they share it is known who gave it.
func indistinguishable(f Facts) []Finding {
	var all []Finding
	for i, port := range f.Target.Ports {
		alive := map[int]bool{}
		for _, c := range f.cells(route.Pod, i) {
			if c.OK > 0 {
				alive[f.Routes[c.Route].Endpoint] = true
			}
		}
		unknown, known := 0, 0
		for _, c := range f.where(func(r route.Route) bool { return r.Port == i && r.Kind != route.Pod && !r.Contrast }) {
			if c.OK == 0 {
				continue // proxies have error pages of their own
			}
			unknown += c.Unknown
			for _, a := range c.Answers {
				known += a.Count
			}
		}
		if !port.Speaks.Web() || len(alive) < 2 || known > 0 || unknown == 0 {
			continue
		}
		all = append(all, Finding{
			Name: "answers-indistinguishable", Severity: Info, Status: Confirmed,
			Summary:  fmt.Sprintf("which of the %d endpoints of %s gave the answers at port %s is not known, and so neither is how they are spread", len(alive), f.service(), portText(port)),
			Evidence: []Evidence{traffic(fmt.Sprintf("%d answers tell nothing that one endpoint alone says, and are in no log that was read", unknown))},
			Fix: []Step{{
				Text: "name what differs by pod with --identify header:NAME or body:REGEX, or have the pods log what they are asked (path or header X-Nettrace-Id)",
			}},
		})
	}
	return all
}
