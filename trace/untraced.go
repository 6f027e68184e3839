package trace

import (
	"fmt"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
)

// untraced says which ways in the run leaves out, so that nobody takes its
// verdict for theirs.
func (t *Trace) untraced() []string {
	var notes []string
	nodes := map[string]bool{}
	for _, r := range t.Routes {
		if r.Kind == route.NodePort {
			nodes[r.Node] = true
		}
	}
	if len(nodes) > 0 && len(nodes) < len(t.Target.Nodes) {
		notes = append(notes, fmt.Sprintf("NodePorts were asked on %d of %d nodes", len(nodes), len(t.Target.Nodes)))
	}
	return notes
}
