package cluster

import (
	"context"
	"fmt"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/image"
	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/lock"
)

// Load gives the images in tarballs to all nodes.
func (c *Cluster) Load(ctx context.Context, tarballs []string) error {
	state, err := c.State()
	if err != nil {
		return err
	}
	nodes := c.Nodes(state)
	return together(ctx, len(nodes), func(ctx context.Context, n int) error {
		if err := image.Load(ctx, nodes[n].Socket(), tarballs...); err != nil {
			return fmt.Errorf("loading images on %s: %w", nodes[n].Name, err)
		}
		return nil
	})
}

// StopDaemon ends one daemon, as if it had failed. Containers go on when
// their kubelet or containerd ends, rules of kube-proxy stay.
func (c *Cluster) StopDaemon(ctx context.Context, machine, daemon string) error {
	held, err := c.lockRunning(ctx)
	if err != nil {
		return err
	}
	defer held.Release()
	record, err := c.Table().Get(machine, daemon)
	if err != nil {
		return err
	}
	return c.Table().Stop(record)
}

// StartDaemon starts a daemon again, just as it was started before.
func (c *Cluster) StartDaemon(ctx context.Context, machine, daemon string) error {
	held, err := c.lockRunning(ctx)
	if err != nil {
		return err
	}
	defer held.Release()
	record, err := c.Table().Get(machine, daemon)
	if err != nil {
		return err
	}
	if record.Identity.Alive() {
		return fmt.Errorf("starting %s: it runs already as process %d", record.Name(), record.Identity.PID)
	}
	_, err = c.Table().Start(record.Spec)
	return err
}

func (c *Cluster) lockRunning(ctx context.Context) (*lock.Lock, error) {
	if _, err := c.State(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, lockPatience)
	defer cancel()
	return c.Lock(ctx)
}
