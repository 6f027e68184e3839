package cluster

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/balancer"
	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/pki"
)

// balancedNames are the names that the load balancer may give to Services, as
// lines of a file of hosts.
func (b *booting) balancedNames() []string {
	var lines []string
	for _, pair := range plan(b.state).Pool() {
		lines = append(lines, balancer.Hosts(pair)...)
	}
	return lines
}

// Hosts returns the path of the file of hosts that the client has in place of
// this machine's: the client has no way to the cluster's DNS.
func (c *Cluster) Hosts() string { return c.Path("hosts") }

func (b *booting) writeHosts() error {
	own, err := os.ReadFile("/etc/hosts")
	if err != nil {
		return fmt.Errorf("reading this machine's hosts: %w", err)
	}
	content := string(own) + "\n" + strings.Join(b.balancedNames(), "\n") + "\n"
	if err := os.WriteFile(b.Hosts(), []byte(content), 0o644); err != nil {
		return fmt.Errorf("writing the client's hosts: %w", err)
	}
	return nil
}

// startLoadBalancer starts HAProxy, which has nothing to serve yet, and what
// tells it about Services. Nobody waits for either: the first Service does.
func (b *booting) startLoadBalancer(context.Context) error {
	directory := b.Path(loadBalancer)
	if err := os.MkdirAll(directory, 0o755); err != nil {
		return fmt.Errorf("making the load balancer's directory: %w", err)
	}
	if err := b.writeHosts(); err != nil {
		return err
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
