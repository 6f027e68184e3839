// Package cluster boots a real Kubernetes cluster on this machine and takes
// it down again without a trace.
//
// Each of its machines is a network namespace (see package fabric) with the
// daemons that a real machine would run: etcd, API server, controller manager
// and scheduler on the control plane, and what enforces NetworkPolicies on all
// nodes; containerd, kubelet and kube-proxy on each node; HAProxy and its controller on the load balancer. To add another kind
// of machine give it a number in fabric.Plan, a line in hosts, and start its
// daemons in a step of boot; to add what runs inside the cluster (an
// Ingress controller, say) give it a build.Component with an image and a
// manifest beside coredns.yaml.
package cluster

import (
	"fmt"
	"os"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/build"
	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/controlplane"
	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/fabric"
	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/instance"
	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/node"
	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/process"
	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/progress"
)

// Client is the name of the machine outside of the cluster.
const Client = "client"

// Names of the machines that are not nodes.
const (
	controlPlane = "control-plane"
	client       = Client
	loadBalancer = "balancer"
	bridge       = "fabric"
)

// Cluster is one cluster, up or not.
type Cluster struct {
	*instance.Instance
	Reporter *progress.Reporter
}

// Options say what cluster to boot.
type Options struct {
	Nodes      int
	ProxyModes []string // of the nodes in turn, repeated for more
	Keep       bool     // what a failed boot leaves, to look at
}

// Open returns the cluster called name.
func Open(name string) (*Cluster, error) {
	opened, err := instance.Open(name)
	if err != nil {
		return nil, err
	}
	return &Cluster{Instance: opened, Reporter: progress.New(os.Stderr)}, nil
}

// Validate checks the options alone.
func (o Options) Validate() error {
	if o.Nodes < 1 || o.Nodes > fabric.MaxNodes {
		return fmt.Errorf("checking the number of nodes: %d is not in 1..%d", o.Nodes, fabric.MaxNodes)
	}
	if len(o.ProxyModes) == 0 {
		return fmt.Errorf("checking the proxy modes: none given")
	}
	for _, mode := range o.ProxyModes {
		if mode != "nftables" && mode != "iptables" {
			return fmt.Errorf("checking the proxy modes: %q is neither nftables nor iptables", mode)
		}
	}
	return nil
}

func (o Options) nodes() []instance.Node {
	var nodes []instance.Node
	for n := 1; n <= o.Nodes; n++ {
		nodes = append(nodes, instance.Node{
			Name: fmt.Sprintf("node-%d", n), Number: n, ProxyMode: o.ProxyModes[(n-1)%len(o.ProxyModes)],
		})
	}
	return nodes
}

// Kubeconfig returns the path of the administrator's kubeconfig: one for the
// real machine, one for use inside the cluster's machines.
func (c *Cluster) Kubeconfig(inside bool) string {
	if inside {
		return c.Path("admin-inside.kubeconfig")
	}
	return c.Path("admin.kubeconfig")
}

// Machines returns the short names of all machines, for the given state.
func Machines(state instance.State) []string {
	machines := []string{controlPlane, client, loadBalancer, bridge}
	for _, one := range state.Nodes {
		machines = append(machines, one.Name)
	}
	return machines
}

// Table returns what processes the cluster has.
func (c *Cluster) Table() process.Table {
	return process.Table{Directory: c.Path("processes"), Mark: c.Mark()}
}

// Nodes returns the nodes with all their paths.
func (c *Cluster) Nodes(state instance.State) []node.Node {
	var nodes []node.Node
	for _, one := range state.Nodes {
		nodes = append(nodes, node.Node{
			Name: one.Name, Number: one.Number, ProxyMode: one.ProxyMode,
			Instance:     c.Name,
			Directory:    c.Path(one.Name),
			Certificates: c.certificates(),
			Plan:         plan(state),
			PauseImage:   build.PauseImage,
			PluginPath:   pluginPath,
		})
	}
	return nodes
}

func (c *Cluster) controlPlane(state instance.State) controlplane.Config {
	return controlplane.Config{Directory: c.Path(controlPlane), Certificates: c.certificates(), Plan: plan(state)}
}

func (c *Cluster) certificates() string { return c.Path("pki") }

func plan(state instance.State) fabric.Plan { return fabric.Plan{Index: state.Index} }
