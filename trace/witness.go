package trace

import (
	"cmp"
	"net/netip"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
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
)

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
