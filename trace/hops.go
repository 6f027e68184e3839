package trace

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/evidence"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
)

// WitnessReport is what became of one witness.
type WitnessReport struct {
	Node string `json:"node"`
	// Packets is how many it was given to look at, and Dropped how many of these it
	// lost; Evicted, Broken and Unread are as in [wire.Watched].
	Packets uint64 `json:"packets"`
	Dropped uint64 `json:"dropped"`
	Evicted int    `json:"evicted,omitempty"`
	Broken  int    `json:"broken,omitempty"`
	Unread  int    `json:"unread,omitempty"`
	// Deliveries is how many requests of the run it saw getting into pods.
	Deliveries int `json:"deliveries"`
	// Error says why it has not told of everything.
	Error string `json:"error,omitempty"`
}

// Hop is a place at which a request was seen on its way.
type Hop struct {
	Node      string `json:"node"`
	Interface string `json:"interface"`
	// Device is what the interface is: veth, bridge, loopback, vxlan and so on; empty
	// for others, such as network cards.
	Device string `json:"device,omitempty"`
	// Out is set where the request left the node's network there, and not where it came
	// in.
	Out bool `json:"out,omitempty"`
	// From and To are the addresses in the packet, with the ports.
	From string `json:"from"`
	To   string `json:"to"`
	// Seen is when, by the node's own clock. After is how long after the hop before, where
	// that was on the same node: the clocks of different nodes do not compare.
	Seen  time.Time      `json:"seen"`
	After *time.Duration `json:"after,omitempty"`
	// Endpoint is the name of the one that got the request there, and Proxy that of the
	// pod of the controller.
	Endpoint string `json:"endpoint,omitempty"`
	Proxy    string `json:"proxy,omitempty"`
	// Method, Path and Host are the request as it was there.
	Method string `json:"method,omitempty"`
	Path   string `json:"path,omitempty"`
	Host   string `json:"host,omitempty"`
	// Status is what the endpoint was seen to answer.
	Status int `json:"status,omitempty"`
}

// witnessed reports what became of the witnesses.
func (run *Run) witnessed(w watched) []WitnessReport {
	var all []WitnessReport
	for _, s := range w.by {
		r := WitnessReport{
			Node: s.node, Packets: s.watched.Packets, Dropped: s.watched.Dropped,
			Evicted: s.watched.Evicted, Broken: s.watched.Broken, Unread: s.watched.Unread,
		}
		r.Deliveries = len(run.directory.Deliveries(run.Options.Run, s.sights))
		if s.err != nil {
			r.Error = s.err.Error()
		}
		all = append(all, r)
	}
	return all
}

// hops returns where one request of a cell was seen, in the order of its way, and the
// id of that request: the first one that was seen to get into a pod, or else that was
// seen at all.
func (t *Trace) hops(w watched, r route.Route, marker string) ([]Hop, string) {
	if marker == "" || len(w.by) == 0 {
		return nil, ""
	}
	var chosen []evidence.Seen
	id := ""
	for n := range hopped {
		this := fmt.Sprintf("%s%d", marker, n+1)
		seen := w.sights(this)
		delivered := slices.ContainsFunc(seen, func(s evidence.Seen) bool { return s.Endpoint != 0 })
		if len(seen) > 0 && (id == "" || delivered) {
			chosen, id = seen, this
		}
		if delivered {
			break
		}
	}
	proxied := r.Kind == route.Ingress || r.Kind == route.Gateway
	var hops []Hop
	atProxy := func(s evidence.Seen) bool { return t.run.proxyAt(s) != "" }
	for _, s := range t.run.directory.Way(evidence.Certain(single(chosen)), proxied, atProxy) {
		hop := Hop{
			Node: s.Node, Interface: s.Interface, Device: s.Device, Out: s.Out, From: s.From, To: s.To, Seen: s.Seen.UTC(),
			Endpoint: t.run.directory.Name(s.Endpoint), Method: s.Method, Path: s.Path, Host: s.Host, Status: s.Status,
			Proxy: t.run.proxyAt(s),
		}
		if last := len(hops) - 1; last >= 0 && hops[last].Node == s.Node {
			after := s.Seen.Sub(hops[last].Seen)
			hop.After = &after
		}
		hops = append(hops, hop)
	}
	return hops, id
}

// single leaves of the sights that were told of twice, without and with the status, the
// second.
func single(seen []evidence.Seen) []evidence.Seen {
	var all []evidence.Seen
	for _, s := range seen {
		at := slices.IndexFunc(all, func(known evidence.Seen) bool {
			return known.Node == s.Node && known.Interface == s.Interface && known.Out == s.Out && known.From == s.From && known.To == s.To && known.Seen.Equal(s.Seen)
		})
		if at < 0 {
			all = append(all, s)
		} else if s.Status != 0 {
			all[at] = s
		}
	}
	return all
}

// proxyAt returns the name of the pod of an Ingress controller that the request gets into
// there, or nothing. The cards of nodes may look like those of pods, as where nodes are
// containers: what leaves by one is only on its way to a pod of another node.
func (run *Run) proxyAt(s evidence.Seen) string {
	at, err := netip.ParseAddrPort(s.To)
	if err != nil || !s.Enters() {
		return ""
	}
	for _, pod := range run.proxies() {
		if pod.Spec.NodeName != s.Node {
			continue
		}
		for _, socket := range listening(pod) {
			a, err := netip.ParseAddr(socket.Address)
			if err == nil && a.Unmap() == at.Addr().Unmap() && (socket.Port == 0 || socket.Port == at.Port()) {
				return pod.Namespace + "/" + pod.Name
			}
		}
	}
	return ""
}
