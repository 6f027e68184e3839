package tracetest

import (
	"cmp"
	"reflect"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
)

// cell sends the requests of one route and counts what becomes of them.
func (n *Network) cell(plan wire.Plan, from string, asked wire.Route) *wire.Cell {
	n.mu.Lock() // probes send at the same time
	defer n.mu.Unlock()
	r := n.route(asked)
	counts, order := map[wire.Outcome]int{}, []wire.Outcome{}
	cell := &wire.Cell{Route: asked.ID, Sent: asked.Requests}
	for i := range asked.Requests {
		n.marker = plan.Marker(asked.ID, i+1)
		o, detail := n.request(from, r, i)
		if counts[o] == 0 {
			order = append(order, o)
			if detail != "" {
				cell.Samples = append(cell.Samples, wire.Sample{Outcome: o, Detail: detail})
			}
		}
		counts[o]++
		if strings.Contains(asked.Path, wire.MarkerSlot) && o.Error == "" {
			cell.Pages = append(cell.Pages, page(o.Status, r))
		}
		cell.Sequence = append(cell.Sequence, slices.Index(order, o))
		if o.Error == "" {
			d := time.Duration(700+10*i) * time.Microsecond
			cell.Connect.Record(d / 4)
			cell.FirstByte.Record(d / 2)
			cell.Total.Record(d)
		}
	}
	for _, o := range order {
		cell.Tallies = append(cell.Tallies, wire.Tally{Outcome: o, Count: counts[o]})
		if answer := n.resolution(r); r.Lookup != nil && (o.Error == "" || o.Error == wire.ErrorDNS) {
			answer.Count = counts[o]
			cell.Resolutions = append(cell.Resolutions, answer)
		}
	}
	return cell
}

// page is what pods answer: to each path that they know something else, and the same
// to all others.
func page(status int, r route.Route) wire.Page {
	p := wire.Page{Status: status, Digest: "none", Count: 1}
	if status < 300 {
		p.Digest, _, _ = strings.Cut(cmp.Or(r.Arrives, r.Path), "?")
	}
	return p
}

// request follows one request to its end. Detail is what a sample of it says.
func (n *Network) request(from string, r route.Route, turn int) (o wire.Outcome, detail string) {
	hop := Hop{From: from, Kind: r.Kind, Address: r.Address, Path: r.Path, Large: r.Padding > 0}
	if f, struck := n.struck(hop); struck {
		return n.outcome(f.outcome, -1, r), f.detail
	}
	if r.Lookup != nil {
		if len(n.resolution(r).Values) == 0 {
			return wire.Outcome{Error: wire.ErrorDNS}, ""
		}
		return wire.Outcome{}, ""
	}
	if r.Kind == route.Control {
		return n.outcome(works(r), -1, r), ""
	}
	endpoint := r.Endpoint
	if r.Kind != route.Pod {
		usable := n.usable(from, r)
		if len(usable) == 0 {
			return wire.Outcome{Error: wire.ErrorRefused}, ""
		}
		if n.target.Service.Spec.SessionAffinity == corev1.ServiceAffinityClientIP {
			turn = 0 // each probe is one client
		}
		endpoint = usable[turn%len(usable)]
		if r.Arrives != "" {
			hop.Path = r.Arrives
		}
	}
	return n.arrive(hop, endpoint, r)
}

// usable returns the indexes of the endpoints that are chosen from: by
// kube-proxy, or by a proxy that leads to pods itself.
func (n *Network) usable(from string, r route.Route) []int {
	var indexes []int
	for _, b := range r.Backends {
		indexes = append(indexes, b.Endpoints...)
	}
	if len(r.Backends) > 0 {
		return indexes
	}
	p := n.target.Ports[r.Port]
	usable := n.target.Usable(p, r.IPv6, from)
	for i, e := range n.target.Endpoints {
		itself := (r.Kind == route.Ingress || r.Kind == route.Gateway) && e.Ready && len(e.Socketed(p)) > 0
		if on(n.passedOver, from, r.Kind, e.Name) {
			continue
		}
		if on(n.favoured, from, r.Kind, e.Name) {
			indexes = append(indexes, slices.Repeat([]int{i}, 19)...)
		}
		if itself || slices.ContainsFunc(usable, func(u target.Endpoint) bool { return u.Name == e.Name }) {
			indexes = append(indexes, i)
		}
	}
	return indexes
}

// on reports whether one of the hops is that of a request to the pod.
func on(hops []Hop, from string, kind route.Kind, pod string) bool {
	return slices.ContainsFunc(hops, func(h Hop) bool {
		return h.Kind == kind && h.Pod == pod && (h.From == "" || h.From == from)
	})
}

// resolution is what the DNS knows of the name.
func (n *Network) resolution(r route.Route) wire.Resolution {
	if r.Lookup == nil {
		return wire.Resolution{}
	}
	answer := wire.Resolution{Server: "10.96.0.10", Code: "NOERROR", Name: r.Lookup.Name + ".cluster.local"}
	values, otherwise := n.resolves[r.Lookup.Type]
	switch {
	case otherwise && r.Kind != route.Control:
		answer.Values = values
	case len(r.Want) == 0 && r.Lookup.Type == wire.RecordA:
		answer.Values = []string{"192.0.2.1"}
	case len(r.Want) == 0:
		answer.Values = []string{"2001:db8::1"}
	case r.Lookup.Type == wire.RecordSRV:
		for _, port := range r.Want {
			answer.Values = append(answer.Values, "web.shop.svc.cluster.local:"+port)
		}
	default:
		answer.Values = r.Want
	}
	if len(answer.Values) == 0 {
		answer.Code, answer.Name = "NXDOMAIN", ""
	}
	return answer
}

// arrive is what the endpoint makes of a request.
func (n *Network) arrive(hop Hop, endpoint int, r route.Route) (o wire.Outcome, detail string) {
	e := n.target.Endpoint(endpoint)
	hop.Pod = e.Name
	path := hop.Path
	if path == "" {
		path = "/"
	}
	if f, struck := n.struck(hop); struck {
		if f.outcome.Status != 0 {
			n.logs.write(e.Name, n.marker, path, f.outcome.Status)
		}
		return n.outcome(f.outcome, endpoint, r), f.detail
	}
	if r.Contrast && r.Protocol == wire.TCP && !n.Listens[r.Number] && !leads(e, r.Number) {
		return wire.Outcome{Error: wire.ErrorRefused}, ""
	}
	n.logs.write(e.Name, n.marker, path, works(r).Status)
	n.logs.pass(n.marker, r, e.Sockets[0], works(r).Status)
	return n.outcome(works(r), endpoint, r), ""
}

func leads(e target.Endpoint, number int32) bool {
	for _, s := range e.Sockets {
		if s.Number == number {
			return true
		}
	}
	return false
}

// works is what a pod answers in which all is well.
func works(r route.Route) Fault {
	switch r.Protocol {
	case wire.GRPC, wire.GRPCS:
		return GRPC("OK")
	case wire.WS, wire.WSS:
		return Status(101)
	}
	return Status(200)
}

// outcome adds to what happened who is known to have answered.
func (n *Network) outcome(f Fault, endpoint int, r route.Route) wire.Outcome {
	o := wire.Outcome(f)
	if !r.Protocol.Web() && o.Error == "" {
		o.Status = 0
	}
	switch {
	case o.Status == 0 && o.Error != "" || endpoint < 0:
	case r.Kind == route.Pod:
		o.Endpoint, o.Rung = endpoint+1, wire.RungDirect
	case r.Protocol.Web() && !n.Nameless:
		o.Endpoint, o.Rung = endpoint+1, wire.RungAnswer
	}
	return o
}

// struck returns the fault at the hop, if there is one. Control targets work
// unless a fault is meant for just these.
func (n *Network) struck(hop Hop) (fault, bool) {
	for _, f := range n.faults {
		h := f.hop
		if hop.Kind == route.Control && h.Kind != route.Control {
			continue
		}
		if h.Pod == hop.Pod && (h.From == "" || h.From == hop.From) && (h.Kind == "" || h.Kind == hop.Kind) &&
			(h.Address == "" || h.Address == hop.Address) && (h.Path == "" || h.Path == hop.Path) && (!h.Large || hop.Large) {
			return f, true
		}
	}
	return fault{}, false
}

// route returns the run's route that the plan asks for.
func (n *Network) route(asked wire.Route) route.Route {
	path := asked.Path
	for _, r := range n.routes {
		for _, t := range r.Trails {
			if t.Sent == path && asked.Endpoint == 0 {
				r.Path, r.Arrives = path, t.Arrives
			}
		}
		if asked.Endpoint > 0 && strings.Contains(path, wire.MarkerSlot) {
			r.Path = path
		}
		if r.Address == asked.Address && r.Group == asked.Group%10_000 && r.Protocol == asked.Protocol && r.Endpoint == asked.Endpoint-1 &&
			r.Host == asked.Host && r.Path == asked.Path && r.Padding == asked.Padding && r.Method == asked.Method &&
			reflect.DeepEqual(r.Lookup, asked.Lookup) && reflect.DeepEqual(r.Headers, asked.Headers) {
			return r
		}
	}
	panic("no such route: " + asked.Address)
}
