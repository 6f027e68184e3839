package cluster

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/build"
	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/fabric"
	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/image"
	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/instance"
	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/node"
	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/pki"
	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/process"
)

// booting is one boot on its way.
type booting struct {
	*Cluster
	cache *build.Cache
	state instance.State
	// authority is there once certificates are issued.
	authority *pki.Authority
}

// boot is the story of the cluster, from nothing to answering DNS.
func (c *Cluster) boot(ctx context.Context, cache *build.Cache, options Options) error {
	state, err := c.Create(ctx, options.nodes())
	if err != nil {
		return err
	}
	b := &booting{Cluster: c, cache: cache, state: state}
	for _, step := range []struct {
		name string
		run  func(context.Context) error
	}{
		{"laying the network", b.layNetwork},
		{"issuing certificates", b.issueCertificates},
		{"starting the control plane and the nodes' containerd", b.startBase},
		{"starting the nodes", b.startNodes},
		{"waiting for the nodes to be Ready", b.waitForNodes},
		{"asking the cluster's DNS", b.waitForDNS},
	} {
		// A step that looks at ctx late must not start after its end.
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		if err := c.Reporter.Step(step.name, func() error { return step.run(ctx) }); err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
	}
	b.state.Booted = true
	return c.Save(b.state)
}

func (b *booting) layNetwork(context.Context) error {
	return fabric.Build(b.Namespace(bridge), plan(b.state), b.hosts())
}

// hosts are all machines of the cluster. Each that has to do with pods gets
// routes to their networks: what a cloud's network, or a plugin like flannel
// in its host-gw mode, sets up.
func (b *booting) hosts() []fabric.Host {
	addresses := plan(b.state)
	hosts := []fabric.Host{
		{Name: controlPlane, Addresses: addresses.ControlPlane(), Routes: b.podRoutes("")},
		{Name: client, Addresses: addresses.Client()},
	}
	for _, one := range b.state.Nodes {
		hosts = append(hosts, fabric.Host{
			Name: one.Name, Addresses: addresses.Node(one.Number), Forwards: true, Routes: b.podRoutes(one.Name),
		})
	}
	for n := range hosts {
		hosts[n].Namespace = b.Namespace(hosts[n].Name)
	}
	return hosts
}

func (b *booting) podRoutes(except string) []fabric.Route {
	var routes []fabric.Route
	for _, one := range b.Nodes(b.state) {
		if one.Name != except {
			routes = append(routes, fabric.Route{To: one.Pods(), Via: one.Addresses()})
		}
	}
	return routes
}

// startBase starts both sides at once: they need each other only later.
func (b *booting) startBase(ctx context.Context) error {
	nodes := b.Nodes(b.state)
	return together(ctx, len(nodes)+1, func(ctx context.Context, n int) error {
		if n == len(nodes) {
			return b.startControlPlane(ctx)
		}
		return b.startContainerd(ctx, nodes[n])
	})
}

func (b *booting) startControlPlane(ctx context.Context) error {
	config := b.controlPlane(b.state)
	if _, err := b.start(controlPlane, "etcd", append([]string{"etcd"}, config.Etcd()...)); err != nil {
		return err
	}
	server, err := b.startKubernetes(controlPlane, "kube-apiserver", config.APIServer())
	if err != nil {
		return err
	}
	if err := b.startForwarder(); err != nil {
		return err
	}
	asking, err := b.api()
	if err != nil {
		return err
	}
	if err := b.await(ctx, server, func(ctx context.Context) error { return asking.Ready(ctx) }); err != nil {
		return err
	}
	if _, err := b.startKubernetes(controlPlane, "kube-controller-manager", config.ControllerManager()); err != nil {
		return err
	}
	_, err = b.startKubernetes(controlPlane, "kube-scheduler", config.Scheduler())
	return err
}

// startForwarder makes the API server reachable from the real machine.
func (b *booting) startForwarder() error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding this executable: %w", err)
	}
	target := strings.TrimPrefix(b.server(), "https://")
	spec := b.spec(controlPlane, "forwarder", []string{self, "forward", target})
	spec.Listen = "127.0.0.1:0"
	record, err := b.Table().Start(spec)
	if err != nil {
		return err
	}
	return b.writeAdminKubeconfigs("https://" + record.Listen)
}

func (b *booting) startContainerd(ctx context.Context, on node.Node) error {
	record, err := b.start(on.Name, "containerd", append([]string{"containerd"}, on.Containerd()...))
	if err != nil {
		return err
	}
	images, err := b.cache.Images()
	if err != nil {
		return err
	}
	if err := b.await(ctx, record, func(context.Context) error { return listening(on.Socket()) }); err != nil {
		return err
	}
	return image.Load(ctx, on.Socket(), images...)
}

func (b *booting) startNodes(ctx context.Context) error {
	if err := b.applyManifests(ctx); err != nil {
		return err
	}
	for _, one := range b.Nodes(b.state) {
		if _, err := b.startKubernetes(one.Name, "kubelet", one.Kubelet()); err != nil {
			return err
		}
		if _, err := b.startKubernetes(one.Name, "kube-proxy", one.Proxy()); err != nil {
			return err
		}
	}
	return nil
}

func (b *booting) startKubernetes(machine, daemon string, arguments []string) (process.Record, error) {
	executable, err := b.cache.Executable("kube", daemon)
	if err != nil {
		return process.Record{}, err
	}
	return b.start(machine, daemon, append([]string{executable}, arguments...))
}

func (b *booting) start(machine, daemon string, arguments []string) (process.Record, error) {
	return b.Table().Start(b.spec(machine, daemon, arguments))
}

func (b *booting) spec(machine, daemon string, arguments []string) process.Spec {
	return process.Spec{
		Machine: machine, Daemon: daemon, Namespace: b.Namespace(machine), Args: arguments,
		Log: filepath.Join(b.Path("logs"), machine+"."+daemon+".log"),
	}
}

// together runs what n times side by side and returns the first failure,
// which ends the others.
func together(ctx context.Context, n int, what func(context.Context, int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var running sync.WaitGroup
	for i := range n {
		running.Go(func() {
			if err := what(ctx, i); err != nil {
				cancel(err) // only the first one counts
			}
		})
	}
	running.Wait()
	return context.Cause(ctx)
}
