package trace

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

// differing says where the endpoints of one port give different classes of status
// when they are asked directly. Each of them counts as a good answer then, since
// nothing tells which one is meant, and the reader must know.
func (t *Trace) differing(cells []verdict.Cell) []string {
	var notes []string
	for port, p := range t.Target.Ports {
		// The statuses, and who gave them; one endpoint can give several.
		gave := map[int][]string{}
		classes := map[int]bool{}
		for _, c := range cells {
			r := t.Routes[c.Route]
			if r.Kind != route.Pod || r.Port != port || r.Contrast || r.Protocol == wire.TCP {
				continue
			}
			for _, tally := range c.Seen.Tallies {
				name := t.endpoint(r.Endpoint)
				if class := tally.Status / 100; class >= 1 && class <= 4 && !slices.Contains(gave[tally.Status], name) {
					gave[tally.Status] = append(gave[tally.Status], name)
					classes[class] = true
				}
			}
		}
		if len(classes) < 2 {
			continue
		}
		var said []string
		for _, status := range slices.Sorted(maps.Keys(gave)) {
			said = append(said, fmt.Sprintf("HTTP %d from %s", status, list(gave[status])))
		}
		notes = append(notes, fmt.Sprintf("the pods do not answer alike on port %d, and each of these counts as good: %s", p.Port, strings.Join(said, "; ")))
	}
	return notes
}
