package tracetest

import (
	"time"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
)

// cell sends the requests of one route and counts what becomes of them.
func (n *Network) cell(from string, asked wire.Route) *wire.Cell {
	counts, order := map[wire.Outcome]int{}, []wire.Outcome{}
	cell := &wire.Cell{Route: asked.ID, Sent: asked.Requests}
	if n.control(asked) {
		cell.Tallies = []wire.Tally{{Outcome: wire.Outcome{Status: 200}, Count: asked.Requests}}
		return cell
	}
	for i := range asked.Requests {
		o := n.request(from, asked, i)
		if counts[o] == 0 {
			order = append(order, o)
		}
		counts[o]++
		if o.Error == "" {
			d := time.Duration(700+10*i) * time.Microsecond
			cell.Connect.Record(d / 4)
			cell.FirstByte.Record(d / 2)
			cell.Total.Record(d)
		}
	}
	for _, o := range order {
		cell.Tallies = append(cell.Tallies, wire.Tally{Outcome: o, Count: counts[o]})
	}
	return cell
}

// request follows one request to its end.
func (n *Network) request(from string, asked wire.Route, turn int) wire.Outcome {
	r := n.route(asked)
	hop := Hop{From: from, Kind: r.Kind, Address: r.Address}
	if f, struck := n.struck(hop); struck {
		return n.outcome(f, -1, r)
	}
	if r.Kind == route.Pod {
		return n.arrive(hop, r.Endpoint, r)
	}
	usable := n.usable(from, r)
	if len(usable) == 0 {
		return wire.Outcome{Error: wire.ErrorRefused}
	}
	return n.arrive(hop, usable[turn%len(usable)], r)
}

// usable returns the indexes of the endpoints that kube-proxy chooses from.
func (n *Network) usable(from string, r route.Route) []int {
	var indexes []int
	for _, e := range n.target.Usable(n.target.Ports[r.Port], r.IPv6, from) {
		for i := range n.target.Endpoints {
			if n.target.Endpoints[i].Name == e.Name {
				indexes = append(indexes, i)
			}
		}
	}
	return indexes
}

// arrive is what the endpoint makes of a request.
func (n *Network) arrive(hop Hop, endpoint int, r route.Route) wire.Outcome {
	e := n.target.Endpoints[endpoint]
	hop.Pod = e.Name
	if f, struck := n.struck(hop); struck {
		return n.outcome(f, endpoint, r)
	}
	if r.Contrast && r.Protocol == wire.TCP && !n.Listens[r.Number] && !leads(e, r.Number) {
		return wire.Outcome{Error: wire.ErrorRefused}
	}
	return n.outcome(Status(200), endpoint, r)
}

func leads(e target.Endpoint, number int32) bool {
	for _, s := range e.Sockets {
		if s.Number == number {
			return true
		}
	}
	return false
}

// outcome adds to what happened who is known to have answered.
func (n *Network) outcome(f Fault, endpoint int, r route.Route) wire.Outcome {
	o := wire.Outcome(f)
	if r.Protocol == wire.TCP && o.Error == "" {
		o.Status = 0
	}
	switch {
	case o.Status == 0 && o.Error != "" || endpoint < 0:
	case r.Kind == route.Pod:
		o.Endpoint, o.Rung = endpoint+1, wire.RungDirect
	case r.Protocol != wire.TCP && !n.Nameless:
		o.Endpoint, o.Rung = endpoint+1, wire.RungAnswer
	}
	return o
}

// struck returns the fault at the hop, if there is one.
func (n *Network) struck(hop Hop) (Fault, bool) {
	for _, f := range n.faults {
		h := f.hop
		if h.Pod == hop.Pod && (h.From == "" || h.From == hop.From) && (h.Kind == "" || h.Kind == hop.Kind) && (h.Address == "" || h.Address == hop.Address) {
			return f.outcome, true
		}
	}
	return Fault{}, false
}

// control reports whether the route is a control target, which always works.
func (n *Network) control(asked wire.Route) bool {
	return asked.Host == "kubernetes.default.svc" || asked.Address == "kubernetes.default.svc"
}

// route returns the run's route that the plan asks for.
func (n *Network) route(asked wire.Route) route.Route {
	for _, r := range n.routes {
		if r.Address == asked.Address && r.Port == asked.Group-1 && r.Protocol == asked.Protocol && r.Endpoint == asked.Endpoint-1 {
			return r
		}
	}
	panic("no such route: " + asked.Address)
}
