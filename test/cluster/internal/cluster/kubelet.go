package cluster

import (
	"context"
	"errors"
	"os"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/node"
)

// devicePlugins is where every kubelet of a machine listens for device plugins:
// Kubernetes fixes the path (k8s.io/kubelet, deviceplugin v1beta1).
const devicePlugins = "/var/lib/kubelet/device-plugins/kubelet.sock"

// startKubelet starts the kubelet of a node and returns when it listens for device
// plugins. A kubelet removes the socket that it finds and makes its own. Two that
// do so in the same moment get in each other's way, and one of them ends; one
// after the other they do not mind.
func (b *booting) startKubelet(ctx context.Context, on node.Node) error {
	held, err := b.LockKubelets(ctx)
	if err != nil {
		return err
	}
	defer held.Release()
	before, _ := os.Stat(devicePlugins) // nil when there is none yet
	kubelet, err := b.startKubernetes(on.Name, "kubelet", on.Kubelet())
	if err != nil {
		return err
	}
	return b.await(ctx, kubelet, func(ctx context.Context) error {
		now, err := os.Stat(devicePlugins)
		if err != nil {
			return err
		}
		if before != nil && now.ModTime().Equal(before.ModTime()) {
			return errors.New("it has not made its socket for device plugins")
		}
		return listening(ctx, devicePlugins)
	})
}
