package finding

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
)

// endpointsChanged: the endpoints were others at the end than at the beginning, so
// that what requests showed is about both.
func endpointsChanged(f Facts) []Finding {
	changes := f.Changes.Endpoints
	if len(changes) == 0 {
		return nil
	}
	found := Finding{
		Name: "endpoints-changed", Severity: Info, Status: Confirmed,
		Summary: fmt.Sprintf("the endpoints of %s changed during the trace: %s", f.service(), happened(changes)),
		Fix:     []Step{{Text: "trace again once they stay as they are", Command: f.namespaced("get endpointslices -l kubernetes.io/service-name=%s --watch", f.Target.Service.Name)}},
	}
	for _, c := range changes[:min(4, len(changes))] {
		found.Evidence = append(found.Evidence, object(fmt.Sprintf("%s %s in the EndpointSlices since the trace began", c.Endpoint, c.Event)))
	}
	return []Finding{found}
}

// happened counts the changes, and names the endpoint of one that is alone.
func happened(changes []target.Change) string {
	if len(changes) == 1 {
		return changes[0].Endpoint + " " + string(changes[0].Event)
	}
	words := map[target.Event]string{target.Appeared: "new", target.Disappeared: "gone", target.GotReady: "ready now", target.GotUnready: "no longer ready"}
	var parts []string
	for _, event := range []target.Event{target.Appeared, target.Disappeared, target.GotReady, target.GotUnready} {
		n := 0
		for _, c := range changes {
			if c.Event == event {
				n++
			}
		}
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, words[event]))
		}
	}
	return strings.Join(parts, ", ")
}

// left reports whether the endpoint is no longer one that gets traffic: what it
// failed may be what failed while it went.
func (f Facts) left(e target.Endpoint) bool {
	return slices.Contains([]target.Event{target.Disappeared, target.GotUnready}, f.Changes.Of(e))
}
