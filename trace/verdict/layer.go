package verdict

import (
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
)

// Layers returns the verdict of each kind of route that was asked for, contrast
// routes aside: healthy when all its tested cells are, broken when all are, and
// degraded in between.
func Layers(routes []route.Route, cells []Cell) map[route.Kind]Verdict {
	layers := map[route.Kind]Verdict{}
	for _, cell := range cells {
		r := routes[cell.Route]
		if r.Contrast {
			continue
		}
		layers[r.Kind] = worse(layers[r.Kind], cell.Verdict)
	}
	return layers
}

// worse joins the verdicts of two cells of one layer. An untested cell changes
// nothing once another was tested.
func worse(layer, cell Verdict) Verdict {
	switch {
	case layer == "" || layer == Untested:
		return cell
	case cell == Untested || cell == layer:
		return layer
	}
	return Degraded
}

// Overall returns the verdict of the run, the worst of its layers, and the layer
// where the fault lies: the inmost one with that verdict. One dead pod of three
// degrades all layers, and the fault is the pods'; but a ClusterIP that never
// answers while some pods do has a fault of its own. The verdict is untested when
// nothing was tested.
func Overall(layers map[route.Kind]Verdict) (Verdict, route.Kind) {
	inmost := []route.Kind{route.Pod, route.ClusterIP, route.NodePort}
	for _, worst := range []Verdict{Broken, Degraded} {
		for _, kind := range inmost {
			if layers[kind] == worst {
				return worst, kind
			}
		}
	}
	for _, kind := range inmost {
		if layers[kind] == Healthy {
			return Healthy, ""
		}
	}
	return Untested, ""
}
