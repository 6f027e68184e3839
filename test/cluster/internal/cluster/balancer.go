package cluster

import (
	"context"
	"fmt"
	"os"
	"strconv"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/balancer"
	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/pki"
)

// startLoadBalancer starts HAProxy, which has nothing to serve yet, and what
// tells it about Services. Nobody waits for either: the first Service does.
func (b *booting) startLoadBalancer(context.Context) error {
	directory := b.Path(loadBalancer)
	if err := os.MkdirAll(directory, 0o755); err != nil {
		return fmt.Errorf("making the load balancer's directory: %w", err)
	}
	// A cloud's controller has rights that the cluster does not limit, either.
	user := pki.Request{Name: "balancer", CommonName: "balancer", Organizations: []string{administrators}}
	if err := b.authority.WriteKubeconfig(balancer.Kubeconfig(directory), b.Name, b.server(), user); err != nil {
		return err
	}
	if err := balancer.Prepare(directory); err != nil {
		return err
	}
	if _, err := b.start(loadBalancer, "haproxy", balancer.Command(directory)); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding this executable: %w", err)
	}
	_, err = b.start(loadBalancer, "controller", []string{self, "balance", strconv.Itoa(b.state.Index), directory})
	return err
}
