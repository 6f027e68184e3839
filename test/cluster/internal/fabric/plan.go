package fabric

import (
	"fmt"
	"net/netip"
)

// MaxInstances is how many clusters have address ranges of their own.
const MaxInstances = 32

// MaxNodes is how many nodes one cluster has addresses for.
const MaxNodes = 100

// Numbers of the hosts inside the fabric's networks. New kinds of hosts take
// a number below the nodes'.
const (
	gatewayNumber      = 1
	controlPlaneNumber = 10
	clientNumber       = 20
	balancerNumber     = 30
	nodeNumber         = 100 // node N is nodeNumber + N
	// The pool begins behind the last node.
	poolNumber = nodeNumber + MaxNodes + 1
	poolSize   = 50
)

// Plan is all addresses of one cluster. They follow from the number of the
// instance, so that two clusters never share one.
type Plan struct {
	Index int
}

// Addresses are the two addresses of one host or Service.
type Addresses struct {
	V4, V6 netip.Addr
}

// Ranges are the two networks something takes its addresses from.
type Ranges struct {
	V4, V6 netip.Prefix
}

// String lists both addresses the way most flags of Kubernetes take them.
func (a Addresses) String() string { return a.V4.String() + "," + a.V6.String() }

// String lists both networks the way most flags of Kubernetes take them.
func (r Ranges) String() string { return r.V4.String() + "," + r.V6.String() }

// Network is where nodes, the control plane and clients have their addresses.
func (p Plan) Network() Ranges {
	return ranges("172.28.%d.0/24", "fd28:%x::/64", p.Index)
}

// Gateway is the bridge's own address: every host's default route. It
// forwards nothing.
func (p Plan) Gateway() Addresses { return p.host(gatewayNumber) }

// ControlPlane is where the API server listens.
func (p Plan) ControlPlane() Addresses { return p.host(controlPlaneNumber) }

// Client is the host outside of the cluster.
func (p Plan) Client() Addresses { return p.host(clientNumber) }

// Balancer is the load balancer in front of the nodes, with the addresses that
// it uses itself.
func (p Plan) Balancer() Addresses { return p.host(balancerNumber) }

// Pool is what the load balancer gives to Services.
func (p Plan) Pool() []Addresses {
	var pool []Addresses
	for n := range poolSize {
		pool = append(pool, p.host(poolNumber+n))
	}
	return pool
}

// Node returns the addresses of node number n, counted from 1.
func (p Plan) Node(n int) Addresses { return p.host(nodeNumber + n) }

// Pods are all pods' networks.
func (p Plan) Pods() Ranges { return ranges("10.%d.0.0/16", "fd10:%x::/48", 128+p.Index) }

// NodePods are the networks of the pods on node number n, counted from 1.
func (p Plan) NodePods(n int) Ranges {
	return Ranges{
		V4: netip.MustParsePrefix(fmt.Sprintf("10.%d.%d.0/24", 128+p.Index, n)),
		V6: netip.MustParsePrefix(fmt.Sprintf("fd10:%x:0:%x::/64", 128+p.Index, n)),
	}
}

// Services are the networks of the ClusterIPs.
func (p Plan) Services() Ranges { return ranges("10.%d.0.0/16", "fd96:%x::/112", 96+p.Index) }

// KubernetesService are the first addresses of the Services, which the API
// server takes for itself.
func (p Plan) KubernetesService() Addresses { return p.Services().host(1) }

// DNSService is the usual tenth address.
func (p Plan) DNSService() Addresses { return p.Services().host(10) }

func (p Plan) host(number int) Addresses { return p.Network().host(number) }

// host returns the addresses that are number steps into the networks.
func (r Ranges) host(number int) Addresses {
	v4, v6 := r.V4.Addr().As4(), r.V6.Addr().As16()
	v4[3], v6[15] = byte(number), byte(number)
	return Addresses{V4: netip.AddrFrom4(v4), V6: netip.AddrFrom16(v6)}
}

func ranges(v4, v6 string, n int) Ranges {
	return Ranges{
		V4: netip.MustParsePrefix(fmt.Sprintf(v4, n)),
		V6: netip.MustParsePrefix(fmt.Sprintf(v6, n)),
	}
}
