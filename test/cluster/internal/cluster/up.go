package cluster

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/build"
	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/instance"
)

// lockPatience is how long one run waits for another one of the same name.
const lockPatience = 20 * time.Second

// Up boots the cluster and returns when it serves. Whatever a killed
// predecessor of the same name left is removed first; if booting fails or ctx
// ends, so is what was started here.
func (c *Cluster) Up(ctx context.Context, cache *build.Cache, options Options) error {
	if err := errors.Join(options.Validate(), checkMachine(ctx)); err != nil {
		return err
	}
	if err := cache.Ensure(ctx, c.Reporter); err != nil {
		return err
	}
	waiting, cancel := context.WithTimeout(ctx, lockPatience)
	defer cancel()
	held, err := c.Lock(waiting)
	if err != nil {
		return err
	}
	defer held.Release()

	running, err := c.alreadyUp(ctx, options)
	if err != nil || running {
		return err
	}
	if c.traces() {
		if err := c.Reporter.Step("removing what an earlier run left", c.remove); err != nil {
			return err
		}
	}
	err = c.boot(ctx, cache, options)
	if err == nil || options.Keep {
		return err
	}
	// Also when ctx has ended: that is why remove does not take one.
	return errors.Join(err, c.Reporter.Step("removing what was started", c.remove))
}

// alreadyUp tells whether just this cluster runs already. One of the same
// name that was asked for differently is an error: somebody may be using it.
func (c *Cluster) alreadyUp(ctx context.Context, options Options) (bool, error) {
	status, err := c.Status(ctx)
	if errors.Is(err, instance.ErrNone) || err == nil && !status.Running {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	state, err := c.State()
	if err != nil {
		return false, err
	}
	if !slices.Equal(state.Nodes, options.nodes()) {
		return false, fmt.Errorf("starting cluster %s: it is up with other nodes; take it down first", c.Name)
	}
	return true, nil
}
