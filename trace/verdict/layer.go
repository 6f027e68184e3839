package verdict

import (
	"slices"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
)

// Layers returns the verdict of each kind of route that was asked for, control
// targets and contrast routes aside: healthy when all its tested cells are,
// broken when all are, and degraded in between. Cells that say nothing of the
// target count only where there are no others, and large requests only where they
// fail: that a server takes them says nothing of what it makes of small ones.
func Layers(routes []route.Route, cells []Cell) map[route.Kind]Verdict {
	layers := map[route.Kind]Verdict{}
	for _, cell := range cells {
		r := routes[cell.Route]
		large := r.Padding > 0 && cell.Verdict.Failing()
		if r.Contrast && !large || r.Kind == route.Control {
			continue
		}
		layers[r.Kind] = join(layers[r.Kind], cell.Verdict)
	}
	return layers
}

// join joins the verdicts of two cells of one layer.
func join(layer, cell Verdict) Verdict {
	// Of what says nothing, each tells more than those before it.
	nothing := []Verdict{"", Untested, ShortCut, Stopped}
	was, is := slices.Index(nothing, layer), slices.Index(nothing, cell)
	switch {
	case was >= 0 && is >= 0:
		return nothing[max(was, is)]
	case was >= 0:
		return cell
	case is >= 0 || cell == layer:
		return layer
	}
	return Degraded
}

// Overall returns the verdict of the run, the worst of its layers, and the layer
// where the fault lies: the inmost one with that verdict. One dead pod of three
// degrades all layers, and the fault is the pods'; but a ClusterIP that never
// answers while some pods do has a fault of its own. The verdict is untested when
// nothing was tested. That a name leads to the right address shows nothing of
// what is there, so that it is a success only where there is nothing else to be
// asked.
func Overall(layers map[route.Kind]Verdict) (Verdict, route.Kind) {
	for _, worst := range []Verdict{Broken, Degraded} {
		for _, kind := range route.Kinds() {
			if layers[kind] == worst {
				return worst, kind
			}
		}
	}
	for kind, layer := range layers {
		if layer == Healthy && (kind != route.DNS || len(layers) == 1) {
			return Healthy, ""
		}
	}
	return Untested, ""
}
