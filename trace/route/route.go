package route

import (
	"net"
	"net/netip"
	"strconv"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
)

// Kind is the sort of address that a route is.
type Kind string

// The kinds of route.
const (
	Pod          Kind = "pod"
	ClusterIP    Kind = "clusterip"
	DNS          Kind = "dns"
	NodePort     Kind = "nodeport"
	LoadBalancer Kind = "loadbalancer"
	Ingress      Kind = "ingress"
	Gateway      Kind = "gateway"
	// Control is no way to the target: it is asked to see whether a vantage can
	// reach anything.
	Control Kind = "control"
)

// Kinds returns the kinds of ways to a target, from the inmost layer to the
// outmost.
func Kinds() []Kind { return []Kind{Pod, ClusterIP, DNS, NodePort, LoadBalancer, Ingress, Gateway} }

// Layer returns how far out the kind lies: a route can only work when those
// with a lower layer do.
func (k Kind) Layer() int {
	switch k {
	case Pod:
		return 0
	case ClusterIP, DNS:
		return 1
	case NodePort:
		return 2
	case LoadBalancer:
		return 3
	}
	return 4
}

// Outside reports whether the kind is meant for clients outside of the cluster.
func (k Kind) Outside() bool { return k.Layer() >= NodePort.Layer() }

// Route is one address of the target, and what is asked of it.
type Route struct {
	Kind Kind
	// Port is the index of the port in target.Ports, or -1 for what belongs to no
	// port: a control target, or the name of the Service.
	Port int
	// Group is shared by the routes whose requests arrive at the pods alike: the
	// direct ones among them are the measure for the others, in what is a good
	// answer and in how it names its pod. Groups count from 1.
	Group int
	// Address is the host and port to connect to; for a lookup, the name.
	Address string
	// Number is the port number in Address.
	Number int32
	IPv6   bool
	// Endpoint is the index (see target.Endpoint) of the endpoint that a pod
	// route leads to, and -1 otherwise.
	Endpoint int
	// Contrast marks a route that is no way in: another port that a pod
	// declares, or the address of a pod that is not ready. It is asked to tell
	// causes apart and has no verdict.
	Contrast bool
	// Reference marks a contrast that is a measure: a pod is asked directly for
	// just what the other routes of its group should make arrive there.
	Reference bool
	// Node is the one whose NodePort this is, or that hosts the endpoint.
	Node     string
	Protocol wire.Protocol
	// Host is the Host header. It is the same on all routes inside the cluster, so
	// that their answers can be compared and no address is there to be echoed.
	Host, Path string
	// ServerName, Method, Headers, Padding, Payload and Lookup are as in
	// [wire.Route].
	ServerName, Method string
	Headers            []wire.Header
	Padding            int
	Payload            []byte
	Lookup             *wire.Lookup
	// Want are the values that a lookup must bring, sorted: addresses, the name
	// that a CNAME leads to, or the port numbers in SRV records. Empty means that
	// it must bring any at all.
	Want []string
	// Object is what the way leads through, such as "ingress shop/web", and Rule
	// the rule in it, such as "shop.example.com/api (Prefix)".
	Object, Rule string
	// Trails are further requests for the same rule, that show with which path they
	// arrive.
	Trails []Trail
	// Given is set for a request that was chosen elsewhere ([Options]).
	Given bool
	// Arrives is the path that the pods get, if configuration says so truly.
	Arrives string
	// Backends are those among which the rule divides its requests, when it does.
	Backends []Backend
	// Source says where the address came from, and Guessed why it is only a
	// guess.
	Source, Guessed string
	// Virtual is set where nodes answer in the place of the address, so that
	// requests from inside the cluster do not take the way of those from outside.
	Virtual bool
	// NodeLocal is set where Node serves the address only for the endpoints of the
	// proxy that it hosts itself.
	NodeLocal bool
	// Inside is set where only clients inside the cluster can reach the address.
	Inside bool
	// Certificate is what the server's certificate must be, where that is known.
	Certificate *Certificate
	// Conditions are what the API says against this way.
	Conditions []Condition
	// Untested is the reason why nothing is sent, or empty.
	Untested string
}

// Backend is one of the Services among which a rule divides its requests.
type Backend struct {
	// Service is the name, with the namespace where it is not the target's.
	Service string
	Port    int32
	Weight  int32
	// Endpoints are the indexes (see target.Endpoint) of those behind it.
	Endpoints []int
}

// Certificate is what configuration says of the certificate to be served.
type Certificate struct {
	// Secret is the NAMESPACE/NAME of the Secret that holds it.
	Secret string
	// SHA256 is its fingerprint, where the Secret could be read.
	SHA256 string
	// Missing is set when the Secret is known not to be there, or to hold no
	// certificate.
	Missing bool
}

// Options say how the ways in from outside are asked.
type Options struct {
	// Address, as HOST or HOST:PORT, takes the place of the addresses of Ingress
	// controllers and Gateways.
	Address string
	// Addresses, by object (see [Route]), take the place of Address.
	Addresses map[string]string
	// ResolveDNS sends requests to where the DNS says that a rule's host is.
	ResolveDNS bool
	// Via are the only kinds to ask; empty means all.
	Via []Kind
	// Through are the only objects (see [Route]) through which ways are asked; empty
	// means all.
	Through []string
	// Requests are sent on each way through an Ingress or HTTPRoute beside its own one,
	// if its rule takes them.
	Requests []Request
}

// Of returns all routes of the target, the inmost first.
func Of(t *target.Target, o Options) []Route {
	l := newList(t, o)
	for i := range t.Ports {
		l.add(pods(t, i)...)
	}
	l.add(large(t)...)
	for i := range t.Ports {
		l.add(clusterIPs(t, i)...)
	}
	l.add(lookups(t)...)
	for i := range t.Ports {
		l.add(nodePorts(t, i)...)
	}
	l.add(loadBalancers(t)...)
	l.ingresses()
	l.gateways()
	return l.routes
}

// base returns a route to the address with what all routes of a port share.
func base(t *target.Target, port int, kind Kind, address string, number int32) Route {
	p := t.Ports[port]
	r := Route{
		Kind: kind, Port: port, Group: port + 1, Endpoint: -1,
		Address:  net.JoinHostPort(address, strconv.Itoa(int(number))),
		Number:   number,
		IPv6:     target.IPv6(address),
		Protocol: p.Speaks,
		Path:     p.Path,
		Host:     host(t, p),
		Payload:  p.Payload,
	}
	if p.Speaks == "" {
		r.Untested = p.Why
	}
	return r
}

// address reports whether the host is an IP address, and not a name.
func address(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}

// host is the name by which a client in the cluster would call the port.
func host(t *target.Target, p target.Port) string {
	name := t.Service.Name + "." + t.Service.Namespace + ".svc"
	if p.Speaks.Web() && (p.Port == 80 && !p.Speaks.Secure() || p.Port == 443 && p.Speaks.Secure()) {
		return name
	}
	return net.JoinHostPort(name, strconv.Itoa(int(p.Port)))
}
