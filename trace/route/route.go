package route

import (
	"net"
	"strconv"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
)

// Kind is the sort of address that a route is.
type Kind string

// The kinds of route, from the inmost layer to the outmost.
const (
	Pod       Kind = "pod"
	ClusterIP Kind = "clusterip"
	NodePort  Kind = "nodeport"
)

// Layer returns how far out the kind lies: a route can only work when those
// with a lower layer do.
func (k Kind) Layer() int {
	switch k {
	case Pod:
		return 0
	case ClusterIP:
		return 1
	}
	return 2
}

// Route is one address of the target.
type Route struct {
	Kind Kind
	// Port is the index of the port in target.Ports.
	Port int
	// Address is the host and port to connect to.
	Address string
	// Number is the port number in Address.
	Number int32
	IPv6   bool
	// Endpoint is the index of the endpoint in target.Endpoints that a pod
	// route leads to, and -1 otherwise.
	Endpoint int
	// Contrast marks a route that is no way in: another port that a pod
	// declares, or the address of a pod that is not ready. It is asked to tell
	// causes apart and has no verdict.
	Contrast bool
	// Node is the one whose NodePort this is.
	Node     string
	Protocol wire.Protocol
	// Host is the Host header, the same on all routes so that their answers can
	// be compared and no address is there to be echoed.
	Host, Path string
	// Untested is the reason why nothing is sent, or empty.
	Untested string
}

// Of returns all routes of the target, the inmost first.
func Of(t *target.Target) []Route {
	var all []Route
	for i := range t.Ports {
		all = append(all, pods(t, i)...)
	}
	for i := range t.Ports {
		all = append(all, clusterIPs(t, i)...)
	}
	for i := range t.Ports {
		all = append(all, nodePorts(t, i)...)
	}
	return all
}

// base returns a route to the address with what all routes of a port share.
func base(t *target.Target, port int, kind Kind, address string, number int32) Route {
	p := t.Ports[port]
	r := Route{
		Kind: kind, Port: port, Endpoint: -1,
		Address:  net.JoinHostPort(address, strconv.Itoa(int(number))),
		Number:   number,
		IPv6:     target.IPv6(address),
		Protocol: p.Speaks,
		Path:     p.Path,
		Host:     host(t, p),
	}
	if p.Speaks == "" {
		r.Untested = p.Why
	}
	return r
}

// host is the name by which a client in the cluster would call the port.
func host(t *target.Target, p target.Port) string {
	name := t.Service.Name + "." + t.Service.Namespace + ".svc"
	if p.Speaks == wire.HTTP && p.Port == 80 || p.Speaks == wire.HTTPS && p.Port == 443 {
		return name
	}
	return net.JoinHostPort(name, strconv.Itoa(int(p.Port)))
}
