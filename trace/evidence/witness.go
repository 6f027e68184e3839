package evidence

import (
	"cmp"
	"net/netip"
	"slices"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
)

// Seen is a request as the witness on a node has seen it on one interface there.
type Seen struct {
	wire.Sight
	Node string
}

// Enters reports whether the request left the node's network for another one there, as it
// does on its way into a pod.
func (s Seen) Enters() bool { return s.Out && (s.Device == "veth" || s.Device == "netkit") }

// Hosted is an endpoint, its number, and whether it has the network of its node.
type Hosted struct {
	target.Endpoint
	Number int
	OnNode bool
}

// Hosted returns all endpoints in the order of their numbers.
func (d *Directory) Hosted() []Hosted {
	all := make([]Hosted, len(d.endpoints))
	for i, e := range d.endpoints {
		all[i] = Hosted{Endpoint: e, Number: i + 1, OnNode: e.Pod != nil && e.Pod.Spec.HostNetwork}
	}
	return all
}

// owner returns the number of the endpoint that has the address, which comes with a
// port, or zero.
func (d *Directory) owner(address string) int {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return 0
	}
	for i, e := range d.endpoints {
		for _, s := range e.Sockets {
			if a, err := netip.ParseAddr(s.Address); err == nil && a.Unmap() == at.Addr().Unmap() {
				return i + 1
			}
		}
	}
	return 0
}

// Deliveries returns which endpoints got each request, as witnesses have seen it. An
// endpoint may pass a request on to another one, marker and all; then the first one
// counts, which the client or the last proxy has chosen. Where this one was not seen to
// get it, nothing is known of the request.
func (d *Directory) Deliveries(run string, seen []Seen) []Sighting {
	type delivery struct {
		endpoint, source int
		from             string
	}
	got := map[Marker]map[delivery]Sighting{}
	for _, s := range seen {
		all := markers(run, s.Marker)
		if s.Endpoint < 1 || s.Endpoint > len(d.endpoints) || len(all) != 1 {
			continue
		}
		if got[all[0]] == nil {
			got[all[0]] = map[delivery]Sighting{}
		}
		at := delivery{s.Endpoint, d.owner(s.From), s.From}
		made := Sighting{Marker: all[0], Endpoint: s.Endpoint, Rung: wire.RungWitness, Path: s.Path, Status: s.Status}
		if made.Status == 0 {
			made.Status = got[all[0]][at].Status // it may have been told of before
		}
		got[all[0]][at] = made
	}
	var all []Sighting
	for _, deliveries := range got {
		chosen := map[int]bool{}
		for at := range deliveries {
			chosen[at.endpoint] = chosen[at.endpoint] || at.source == 0
		}
		passed := false
		for at := range deliveries {
			passed = passed || at.source != 0 && !chosen[at.source]
		}
		for at, s := range deliveries {
			if at.source == 0 && !passed {
				all = append(all, s)
			}
		}
	}
	slices.SortFunc(all, func(a, b Sighting) int {
		return cmp.Or(cmp.Compare(a.Vantage, b.Vantage), cmp.Compare(a.Route, b.Route), cmp.Compare(a.Sequence, b.Sequence),
			cmp.Compare(a.Endpoint, b.Endpoint), cmp.Compare(a.Status, b.Status))
	})
	return all
}

// Certain returns the sights of one request without those that may be something else:
// where the beginning of a connection was not seen, what is passing is the request if
// it goes between the same addresses as where it was seen for sure.
func Certain(seen []Seen) []Seen {
	return slices.DeleteFunc(slices.Clone(seen), func(s Seen) bool {
		return s.Midway && s.Endpoint == 0 && !slices.ContainsFunc(seen, func(other Seen) bool {
			return (other.Endpoint != 0 || !other.Midway) && other.From == s.From && other.To == s.To
		})
	})
}

// Way puts the sights of one request into the order of its way. Each node has a clock of
// its own, so that times compare on one node only: what goes to a proxy comes before
// what goes on from there to an endpoint, where there is a proxy, and of the nodes on
// either part of the way the one at which it ends is the last.
func (d *Directory) Way(seen []Seen, proxied bool, atProxy func(Seen) bool) []Seen {
	part := func(s Seen) int {
		if proxied && d.owner(s.To) != 0 {
			return 1
		}
		return 0
	}
	type stop struct {
		part int
		node string
	}
	last, first := map[stop]bool{}, map[stop]Seen{}
	for _, s := range seen {
		at := stop{part(s), s.Node}
		arrived := s.Endpoint != 0 || at.part == 0 && proxied && atProxy(s)
		last[at] = last[at] || arrived
		if f, known := first[at]; !known || s.Seen.Before(f.Seen) {
			first[at] = s
		}
	}
	ends := func(s Seen) int {
		if last[stop{part(s), s.Node}] {
			return 1
		}
		return 0
	}
	way := slices.Clone(seen)
	slices.SortStableFunc(way, func(a, b Seen) int {
		if a.Node == b.Node {
			return cmp.Or(cmp.Compare(part(a), part(b)), a.Seen.Compare(b.Seen))
		}
		return cmp.Or(cmp.Compare(part(a), part(b)), cmp.Compare(ends(a), ends(b)),
			first[stop{part(a), a.Node}].Seen.Compare(first[stop{part(b), b.Node}].Seen), cmp.Compare(a.Node, b.Node))
	})
	return way
}

// Name returns the name of the endpoint with the number, or nothing for 0.
func (d *Directory) Name(number int) string {
	if number < 1 || number > len(d.endpoints) {
		return ""
	}
	return d.endpoints[number-1].Name
}
