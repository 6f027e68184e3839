package vantage

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
)

// Worth is what requests on a route from a vantage are worth.
type Worth int

// The worths, from the least to the most.
const (
	// None: they would show nothing, or must fail although nothing is wrong.
	None Worth = iota
	// Part: they reach the target, but past a part of the way that clients take.
	// When they fail something is wrong; when they succeed that part remains
	// unproven.
	Part
	// Full: they go the way of a client.
	Full
)

// Proof is what requests on a route from a vantage can prove.
type Proof struct {
	Worth Worth
	// Reason says why the worth is less than Full.
	Reason string
}

// Of is the matrix of what can prove what.
//
// The rules of kube-proxy behind it are in k8s.io/kubernetes/pkg/proxy: traffic
// that comes from the cluster's own pods (detect-local) is let through to all
// endpoints also under externalTrafficPolicy Local, and so is that of a node to
// its own NodePort; and an address of a load balancer with ipMode VIP is one of
// the addresses that every node's rules answer for.
func Of(t *target.Target, r route.Route, v Vantage) Proof {
	if v.Kind == Forward {
		return forwarded(r)
	}
	if r.Kind == route.Control || r.Inside && v.Kind == Local {
		return within(v)
	}
	if !r.Kind.Outside() {
		return inside(t, r, v)
	}
	if r.Node != "" && localOnly(t, r) {
		return ofLocalNodePort(t, r, v)
	}
	if v.Kind != Local && r.Virtual {
		return Proof{Part, partly(r.Kind)}
	}
	return Proof{Worth: Full}
}

// forwarded is for what is asked through the API server, which passes connections
// on to the pods themselves, and to nothing else.
func forwarded(r route.Route) Proof {
	if r.Kind != route.Pod || r.Protocol == wire.UDP {
		return Proof{None, "without probes nothing in the cluster can ask it"}
	}
	return Proof{Part, "short-cut: asked through the API server's port-forward, so that the pod network took no part"}
}

func within(v Vantage) Proof {
	if v.Kind == Local {
		return Proof{None, "it is reached from inside the cluster only"}
	}
	return Proof{Worth: Full}
}

// inside is for the routes that exist within the cluster only.
func inside(t *target.Target, r route.Route, v Vantage) Proof {
	switch {
	case v.Kind == Local:
		return within(v)
	case r.Kind == route.DNS && v.Kind == Node:
		return Proof{None, "a node asks other DNS servers than its pods"}
	case r.Kind == route.ClusterIP && unserved(t, r, v.Node):
		return Proof{None, fmt.Sprintf("internalTrafficPolicy is Local and %s hosts no ready endpoint: not served, as configured", v.Node)}
	}
	return Proof{Worth: Full}
}

// unserved reports whether the ClusterIP must fail from the node although
// nothing is wrong: under internalTrafficPolicy Local a node without an endpoint
// of its own drops what is sent to it. Where no node has one, something is
// wrong, and is asked.
func unserved(t *target.Target, r route.Route, node string) bool {
	p := t.Ports[r.Port]
	return t.LocalOnly() && t.Backed(p, r.IPv6) && len(t.Usable(p, r.IPv6, node)) == 0
}

// localOnly reports whether the address of a node leads only to what this node
// hosts itself.
func localOnly(t *target.Target, r route.Route) bool {
	if r.Kind != route.NodePort {
		return r.NodeLocal
	}
	return t.Service.Spec.ExternalTrafficPolicy == corev1.ServiceExternalTrafficPolicyLocal
}

// ofLocalNodePort is for NodePorts under externalTrafficPolicy Local.
func ofLocalNodePort(t *target.Target, r route.Route, v Vantage) Proof {
	switch {
	case v.Kind == Pod:
		return Proof{None, "externalTrafficPolicy is Local: only a client outside the cluster can prove it"}
	case v.Kind == Node && v.Node == r.Node:
		return Proof{None, "externalTrafficPolicy is Local, and a node's requests to itself are not subject to it"}
	case r.Kind == route.NodePort && !t.HostsReady(r.Node, t.Ports[r.Port], r.IPv6) && t.Backed(t.Ports[r.Port], r.IPv6):
		return Proof{None, fmt.Sprintf("externalTrafficPolicy is Local and %s hosts no ready endpoint: it drops what comes from outside, as configured", r.Node)}
	}
	return Proof{Worth: Full}
}

// partly says what a request from inside leaves out.
func partly(kind route.Kind) string {
	if kind == route.LoadBalancer {
		return "short-cut: inside the cluster the nodes answer for this address themselves, so that the load balancer took no part; only a client outside proves it"
	}
	return "short-cut: inside the cluster the nodes answer for this address themselves; the proxy was reached past its load balancer"
}
