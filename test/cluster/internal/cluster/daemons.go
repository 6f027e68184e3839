package cluster

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/image"
	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/node"
	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/process"
)

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
	if _, err := b.startKubernetes(controlPlane, "kube-scheduler", config.Scheduler()); err != nil {
		return err
	}
	return b.startPolicy()
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
	if err := b.await(ctx, record, func(ctx context.Context) error { return listening(ctx, on.Socket()) }); err != nil {
		return err
	}
	return image.Load(ctx, on.Socket(), images...)
}

func (b *booting) startNodes(ctx context.Context) error {
	if err := b.applyManifests(ctx); err != nil {
		return err
	}
	for _, one := range b.Nodes(b.state) {
		if err := b.startKubelet(ctx, one); err != nil {
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
