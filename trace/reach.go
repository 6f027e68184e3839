package trace

import (
	"slices"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

// reach says how far requests get, and at which layer they fail, if those within are
// seen to work; nothing else.
func reach(r *Report) string {
	at := r.Verdict.Layer
	works := route.Kind("")
	for _, inner := range route.Kinds() {
		if inner == at {
			break
		}
		if r.Verdict.Layers[inner].Failing() {
			return "" // in part, and something further out altogether
		}
		// The name leads nowhere else than to the ClusterIP, and an Ingress is not on the
		// way to a Gateway.
		if r.Verdict.Layers[inner] == verdict.Healthy && inner != route.DNS && inner.Layer() < route.Ingress.Layer() {
			works = inner
		}
	}
	if at == "" || works == "" {
		return ""
	}
	how := ", breaks at the "
	if r.Verdict.Status == verdict.Degraded {
		how = ", breaks in part at the "
	}
	return "works to the " + layerName(works) + how + layerName(at) + entrance(r)
}

// entrance names what is asked for at the failing layer, where it is one thing.
func entrance(r *Report) string {
	var all []string
	for _, c := range r.Cells {
		if c.Kind != r.Verdict.Layer || !c.Verdict.Failing() || c.Contrast || c.Kind.Layer() < route.Ingress.Layer() {
			continue
		}
		if name := " " + c.Host + c.Path; !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	if len(all) != 1 {
		return ""
	}
	return all[0]
}
