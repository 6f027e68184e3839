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

// Overall returns the verdict of the run and the layer where the fault lies:
// the inmost one that is not healthy. It is untested when nothing was tested.
func Overall(layers map[route.Kind]Verdict) (Verdict, route.Kind) {
	overall := Untested
	for _, kind := range []route.Kind{route.Pod, route.ClusterIP, route.NodePort} {
		switch layers[kind] {
		case Broken, Degraded:
			return layers[kind], kind
		case Healthy:
			overall = Healthy
		}
	}
	return overall, ""
}
