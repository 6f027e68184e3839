package witness

import (
	"container/list"
	"net/netip"
	"time"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// The bounds of what is remembered: sides of connections, requests whose answer is
// awaited, and of each text of a request how many bytes are told.
const (
	maxSides   = 8192
	maxAwaited = 4096
	maxText    = 2000
	// idle is after how long a silent connection is forgotten, without that counting as
	// a loss: no request lies that long on its way.
	idle = 30 * time.Second
	// patience is how long the answer to a request is awaited before the request is told
	// of without it.
	patience = time.Second
)

// device is an interface of the node.
type device struct{ name, kind string }

// leads reports whether what leaves by the interface gets into a pod, whose end of it
// is in another network namespace.
func (d device) leads() bool { return d.kind == "veth" || d.kind == "netkit" }

// way names one direction in which packets of a connection pass an interface.
type way struct {
	link     int
	out      bool
	from, to netip.AddrPort
}

// back is the way that answers take.
func (w way) back() way { return way{w.link, !w.out, w.to, w.from} }

// remembered is a side of a connection in the order in which they were last heard.
type remembered struct {
	way
	side
	// server is set where it is the server's.
	server bool
	heard  time.Time
}

// awaiting is a request that was delivered, whose answer was not seen yet.
type awaiting struct {
	sight  wire.Sight
	since  time.Time
	ack    uint32
	stream uint32
	// certain is set where the request is one for sure, and told where it was told of.
	certain, told bool
}

// tracker follows connections, and tells of the run's requests in them.
type tracker struct {
	run       string
	hops      int
	delivered map[netip.AddrPort]wire.Socket
	device    func(link int) device

	sides   map[way]*list.Element
	order   *list.List
	awaited map[way][]*awaiting
	waiting int
	ready   []wire.Sight
	watched wire.Watched
}

func newTracker(plan wire.Plan, named func(int) device) *tracker {
	t := &tracker{
		run: plan.Run, hops: plan.Watch.Hops, device: named, delivered: map[netip.AddrPort]wire.Socket{},
		sides: map[way]*list.Element{}, order: list.New(), awaited: map[way][]*awaiting{},
	}
	for _, s := range plan.Watch.Delivered {
		if address, err := netip.ParseAddr(s.Address); err == nil {
			t.delivered[netip.AddrPortFrom(address.Unmap(), s.Port)] = s
		}
	}
	return t
}

// add takes a packet.
func (t *tracker) add(p packet) {
	w := way{p.link, p.out, p.from, p.to}
	if _, ours := t.delivered[p.from]; ours {
		t.answer(w, p)
	}
	if p.flags&(flagSyn|flagAck) == flagSyn|flagAck {
		return // a server's
	}
	s := t.side(w, p, p.flags&flagSyn != 0 || looksLikeRequest(p.payload), false)
	if s == nil || s.server {
		return
	}
	broken, unread := s.broken, s.unread
	s.say(t.run, p, func(r request) { t.found(w, p, r) })
	if s.broken && !broken && t.receiver(p) != 0 {
		t.watched.Broken++
	}
	if s.unread && !unread && t.receiver(p) != 0 {
		t.watched.Unread++
	}
	s.broken = false // the next one counts again
	t.close(w, p)
}

// receiver returns the endpoint that gets what the packet carries, or zero where it is
// but passing.
func (t *tracker) receiver(p packet) int {
	socket, here := t.delivered[p.to]
	if here && (socket.OnNode && p.mine || !socket.OnNode && p.out && t.device(p.link).leads()) {
		return socket.Endpoint
	}
	return 0
}

func looksLikeRequest(text []byte) bool {
	_, _, looks := requestLine(text)
	return looks
}

// side returns the side of a connection that goes the way, and makes one if asked to.
func (t *tracker) side(w way, p packet, make, server bool) *remembered {
	if at := t.sides[w]; at != nil && (!make || at.Value.(*remembered).server == server) {
		t.order.MoveToBack(at)
		r := at.Value.(*remembered)
		r.heard = p.seen
		return r
	}
	if !make {
		return nil
	}
	t.forget(w)
	for t.order.Len() >= maxSides {
		oldest := t.order.Front().Value.(*remembered)
		if p.seen.Sub(oldest.heard) < idle {
			t.watched.Evicted++
		}
		t.forget(oldest.way)
	}
	r := &remembered{way: w, server: server, heard: p.seen}
	t.sides[w] = t.order.PushBack(r)
	return r
}

// close forgets a side that says that it has said all.
func (t *tracker) close(w way, p packet) {
	if p.flags&(flagFin|flagRst) != 0 && p.flags&flagSyn == 0 {
		if at := t.sides[w]; at != nil && len(at.Value.(*remembered).held) == 0 {
			t.forget(w)
		}
	}
}

func (t *tracker) forget(w way) {
	if at := t.sides[w]; at != nil {
		t.order.Remove(at)
		delete(t.sides, w)
	}
}

// found takes note of a request that went by.
func (t *tracker) found(w way, p packet, r request) {
	if r.disputed || r.marker == "" {
		return
	}
	d := t.device(p.link)
	sight := wire.Sight{
		Marker: r.marker, Seen: r.first.seen, Interface: d.name, Device: d.kind, Out: p.out,
		From: p.from.String(), To: p.to.String(), Protocol: wire.HTTP, Midway: !r.fresh,
		Method: clip(r.method), Path: clip(r.path), Host: clip(r.host),
	}
	if r.stream != 0 {
		sight.Protocol = wire.H2C
	}
	if sight.Endpoint = t.receiver(p); sight.Endpoint == 0 {
		if sequence(t.run, r.marker) <= t.hops {
			t.ready = append(t.ready, sight)
		}
		return
	}
	if t.waiting >= maxAwaited {
		t.tell(&awaiting{sight: sight, certain: r.fresh})
		return
	}
	t.waiting++
	t.awaited[w.back()] = append(t.awaited[w.back()], &awaiting{
		sight: sight, since: p.seen, ack: r.first.ack, stream: r.stream, certain: r.fresh,
	})
}

func clip(text string) string { return text[:min(len(text), maxText)] }

// tell has a request told of. One in a connection whose beginning was not seen may be
// part of something else, unless it was answered as a request is.
func (t *tracker) tell(a *awaiting) {
	if !a.certain && a.sight.Status == 0 {
		t.watched.Broken++
		return
	}
	t.ready = append(t.ready, a.sight)
}

// take returns what there is to tell. Requests that have waited for their answer for
// long are told of without it; should it come later they are told of again.
func (t *tracker) take(now time.Time, all bool) []wire.Sight {
	for w, waiting := range t.awaited {
		for _, a := range waiting {
			if !a.told && (all || now.Sub(a.since) >= patience) && a.certain {
				a.told = true
				t.ready = append(t.ready, a.sight)
			}
		}
		t.drop(w, func(a *awaiting) bool {
			gone := now.Sub(a.since) >= idle
			if gone && !a.certain {
				t.watched.Broken++
			}
			return gone
		})
	}
	ready := t.ready
	t.ready = nil
	return ready
}
