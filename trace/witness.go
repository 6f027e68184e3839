package trace

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/evidence"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/vantage"
)

const (
	// maxWitnesses bounds on how many nodes witnesses run.
	maxWitnesses = 10
	// hopped is of how many requests of each cell all hops are noted: of the first one
	// something may be missing.
	hopped = 3
	// beats is after how many reports of a witness, once all requests are answered, it
	// has told of all of them; lastWords is how long these are waited for.
	beats     = 4
	lastWords = 10 * time.Second
)

// errDone ends witnesses that have seen all.
var errDone = errors.New("all requests have been answered")

// errSilent is for a witness that does not tell of the end.
var errSilent = errors.New("the witness said nothing after the last request")

// witness plans on which nodes witnesses watch, and what: on those that host endpoints
// or the pods of Ingress controllers.
func (run *Run) witness() {
	if !run.Options.Witness {
		return
	}
	nodes := run.watchable()
	for _, node := range nodes[:min(maxWitnesses, len(nodes))] {
		p := run.empty(len(run.Plans)+len(run.Witnesses), vantage.Vantage{Kind: vantage.Witness, Node: node})
		p.Wire.Rate, p.Wire.Concurrency, p.Wire.Endpoints, p.Wire.Identify = 1, 1, nil, nil
		// It starts before the probes, and must outlive them.
		p.Wire.Deadline = run.Options.StartTimeout + 2*run.Options.Load.Deadline + 2*lastWords
		p.Wire.Watch = run.watchAt(node)
		run.Witnesses = append(run.Witnesses, p)
	}
}

// watchable returns the nodes that are of concern, those with most endpoints first.
func (run *Run) watchable() []string {
	counts := map[string]int{}
	for _, h := range run.directory.Hosted() {
		counts[h.Node] += 2
	}
	for _, pod := range run.proxies() {
		counts[pod.Spec.NodeName]++
	}
	var nodes []string
	for node := range counts {
		known := run.Traces[0].Target.Node(node)
		if node != "" && (known == nil || target.NodeReady(known)) {
			nodes = append(nodes, node)
		}
	}
	slices.SortFunc(nodes, func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	return nodes
}

// proxies returns the pods that serve the targets' Ingresses and Gateways.
func (run *Run) proxies() []corev1.Pod {
	var pods []corev1.Pod
	for _, t := range run.Traces {
		var fronts []*target.Proxy
		for _, in := range t.Target.Ingresses {
			fronts = append(fronts, in.Proxy)
		}
		for _, g := range t.Target.GatewayRoutes {
			fronts = append(fronts, g.Proxy)
		}
		for _, front := range fronts {
			if front == nil {
				continue
			}
			for _, pod := range front.Pods {
				if !slices.ContainsFunc(pods, func(p corev1.Pod) bool { return p.UID == pod.UID }) {
					pods = append(pods, pod)
				}
			}
		}
	}
	return pods
}

// watchAt returns what the witness on the node is to look at.
func (run *Run) watchAt(node string) *wire.Watch {
	w := &wire.Watch{Hops: hopped}
	for _, h := range run.directory.Hosted() {
		for _, s := range h.Sockets {
			if s.Protocol != corev1.ProtocolTCP && s.Protocol != "" {
				continue
			}
			socket := wire.Socket{Address: s.Address, Port: uint16(s.Number), Endpoint: h.Number, OnNode: h.OnNode}
			if h.Node == node {
				w.Delivered = appendNew(w.Delivered, socket)
			} else {
				w.Passed = appendNew(w.Passed, socket)
			}
		}
	}
	for _, pod := range run.proxies() {
		for _, s := range listening(pod) {
			w.Passed = appendNew(w.Passed, s)
		}
	}
	for _, t := range run.Traces {
		for _, r := range t.Routes {
			if at, err := netip.ParseAddrPort(r.Address); err == nil && r.Protocol.Web() && r.Kind != route.Pod {
				w.Passed = appendNew(w.Passed, wire.Socket{Address: at.Addr().String(), Port: at.Port()})
			}
		}
	}
	return w
}

func appendNew(all []wire.Socket, s wire.Socket) []wire.Socket {
	if slices.Contains(all, s) {
		return all
	}
	return append(all, s)
}

// listening returns the sockets of a proxy's pod, as far as it declares them, and else
// all of its ports.
func listening(pod corev1.Pod) []wire.Socket {
	var ports []uint16
	for _, c := range target.Containers(&pod) {
		for _, p := range c.Ports {
			if p.Protocol == corev1.ProtocolTCP || p.Protocol == "" {
				ports = append(ports, uint16(p.ContainerPort))
			}
		}
	}
	if len(ports) == 0 && !pod.Spec.HostNetwork {
		ports = []uint16{0}
	}
	var all []wire.Socket
	for _, ip := range pod.Status.PodIPs {
		for _, port := range ports {
			all = append(all, wire.Socket{Address: ip.IP, Port: port})
		}
	}
	return all
}

// witnesses are those of a run at work.
type witnesses struct {
	run    *Run
	cancel context.CancelCauseFunc
	work   sync.WaitGroup

	mu    sync.Mutex
	seen  []seenBy
	awake sync.WaitGroup
}

// seenBy is what one witness has told.
type seenBy struct {
	node    string
	sights  []evidence.Seen
	watched wire.Watched
	// beats counts how often it said how well it sees, and since is how often it had
	// when the last request was answered; -1 before that.
	beats, since int
	begun        sync.Once
	done         chan struct{}
	err          error
}

// watch starts the witnesses, and returns when all see or are known not to.
func (run *Run) watch(ctx context.Context, prober Prober) *witnesses {
	w := &witnesses{run: run, seen: make([]seenBy, len(run.Witnesses))}
	ctx, w.cancel = context.WithCancelCause(ctx)
	for i, plan := range run.Witnesses {
		s := &w.seen[i]
		s.node, s.since, s.done = plan.Vantage.Node, -1, make(chan struct{})
		w.awake.Add(1)
		w.work.Go(func() {
			err := prober.Probe(ctx, plan.Vantage, plan.Wire, func(r wire.Record) { w.note(s, r) })
			w.end(s, err)
		})
	}
	w.awake.Wait()
	return w
}

// note takes a record of a witness.
func (w *witnesses) note(s *seenBy, r wire.Record) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case r.Sight != nil:
		s.sights = append(s.sights, evidence.Seen{Sight: *r.Sight, Node: s.node})
	case r.Watched != nil:
		s.begun.Do(w.awake.Done) // from the first of them on it sees
		s.watched = *r.Watched
		if s.beats++; s.since >= 0 && s.beats == s.since+beats {
			close(s.done)
		}
	}
}

// end takes note that a witness has ended. One that has told of all was told to.
func (w *witnesses) end(s *seenBy, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s.begun.Do(w.awake.Done)
	if told := s.since >= 0 && s.beats >= s.since+beats; told {
		return
	}
	if s.err = err; err == nil {
		s.err = errors.New("the witness ended before the last request was answered")
	}
	close(s.done)
}

// tell returns what the witnesses have seen, once they have told of all requests that
// are answered by now, and ends them.
func (w *witnesses) tell() []*seenBy {
	w.mu.Lock()
	for i := range w.seen {
		w.seen[i].since = w.seen[i].beats
	}
	w.mu.Unlock()
	limit := time.After(lastWords)
	var all []*seenBy
	for i := range w.seen {
		s := &w.seen[i]
		select {
		case <-s.done:
		case <-limit:
			limit = time.After(0)
			w.mu.Lock()
			s.err = cmp.Or(s.err, errSilent)
			w.mu.Unlock()
		}
		all = append(all, s)
	}
	w.cancel(errDone)
	w.work.Wait()
	return all
}

// watched is what the witnesses of a run have seen.
type watched struct {
	by []*seenBy
	// deliveries are the requests that endpoints got, and believed those by which it
	// is known who answered.
	deliveries, believed []evidence.Sighting
	notes                []string
}

// sights returns what all have seen of requests whose marker begins so.
func (w watched) sights(marker string) []evidence.Seen {
	var all []evidence.Seen
	for _, s := range w.by {
		for _, sight := range s.sights {
			if strings.HasPrefix(sight.Marker, marker) {
				all = append(all, sight)
			}
		}
	}
	return all
}

// weigh decides what of the witnesses' sights is believed. Up to the load balancer a
// request and its answer are one connection, and whoever was seen to get the one gave the
// other. Behind a proxy that may have tried several endpoints it takes all witnesses to
// have seen everything, and the status that the endpoint was seen to answer.
func (run *Run) weigh(by []*seenBy) watched {
	w := watched{by: by}
	if len(run.Witnesses) == 0 {
		return w
	}
	var seen []evidence.Seen
	for _, s := range by {
		seen = append(seen, s.sights...)
	}
	w.deliveries = run.directory.Deliveries(run.Options.Run, seen)
	missing := run.unseen(by)
	silent := map[evidence.Marker]bool{}
	for _, s := range w.deliveries {
		silent[s.Marker] = silent[s.Marker] || s.Status == 0
	}
	withheld := 0
	for _, s := range w.deliveries {
		r, ok := run.asked(s.Vantage, s.Route)
		switch {
		case !ok:
		case run.retried(s) && missing != "":
			withheld++
		case run.retried(s) && silent[s.Marker]:
		case !run.retried(s) && r.Protocol.Secure():
			// What comes in clear is not what was sent, but something that it led to.
		default:
			w.believed = append(w.believed, s)
		}
	}
	if missing != "" {
		w.notes = append(w.notes, "witness: "+missing)
	}
	if withheld > 0 {
		w.notes = append(w.notes, fmt.Sprintf("witness: who answered %d requests through proxies is left open, because not all was seen to which they may have led", withheld))
	}
	return w
}

// unseen says what the witnesses have not seen, or nothing where they have seen all.
func (run *Run) unseen(by []*seenBy) string {
	watching := map[string]bool{}
	for _, s := range by {
		if s.err != nil {
			continue
		}
		if n := s.watched; !n.Whole() {
			return fmt.Sprintf("on %s %d of %d packets were lost, %d connections forgotten and %d not followed, and %d addresses not watched", s.node, n.Dropped, n.Packets+n.Dropped, n.Evicted, n.Broken, n.Unfit)
		}
		watching[s.node] = true
	}
	var without []string
	for _, h := range run.directory.Hosted() {
		if name := cmp.Or(h.Node, "an unknown node"); (h.Ready || h.Serving) && !watching[h.Node] && !slices.Contains(without, name) {
			without = append(without, name)
		}
	}
	if len(without) > 0 {
		return "nothing was seen on " + list(without)
	}
	return ""
}
