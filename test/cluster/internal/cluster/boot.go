package cluster

import (
	"context"
	"fmt"
	"sync"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/build"
	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/instance"
	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/pki"
)

// booting is one boot on its way.
type booting struct {
	*Cluster
	cache *build.Cache
	state instance.State
	// authority is there once certificates are issued.
	authority *pki.Authority
}

// boot is the story of the cluster, from nothing to serving Ingresses.
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
		{"starting the load balancer", b.startLoadBalancer},
		{"installing the Gateway API and Traefik", b.installTraefik}, // while the nodes begin to work
		{"waiting for the nodes to be Ready", b.waitForNodes},
		{"asking the cluster's DNS", b.waitForDNS},
		{"waiting for Traefik to be Ready", b.waitForTraefik},
	} {
		err := c.Reporter.Step(step.name, func() error { return step.run(ctx) })
		if ctx.Err() != nil {
			// Whatever the step says of it: it was interrupted.
			return fmt.Errorf("%s: %w", step.name, context.Cause(ctx))
		}
		if err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
	}
	b.state.Booted = true
	return c.Save(b.state)
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
