package cluster

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/process"
)

const (
	// bootPatience is how long one thing may take to begin to serve.
	bootPatience = 90 * time.Second
	// logLines is how much of a log is shown with a failure.
	logLines = 15
)

// await returns when ask does no longer fail. If it keeps failing, the error
// shows the end of the process's log; if any process has ended, that one is to
// blame, such as etcd where it is the API server that does not answer.
func (c *Cluster) await(ctx context.Context, of process.Record, ask func(context.Context) error) error {
	limited, cancel := context.WithTimeout(ctx, bootPatience)
	defer cancel()
	for {
		failure := ask(limited)
		if failure == nil {
			return nil
		}
		if dead, found := c.firstDead(); found {
			return withLog(dead, errors.New("it has ended"))
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-limited.Done():
			return withLog(of, fmt.Errorf("it does not serve after %s: %w", bootPatience, failure))
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// firstDead returns the process that was started first of those that ended.
func (c *Cluster) firstDead() (process.Record, bool) {
	records, err := c.Table().List()
	if err != nil {
		return process.Record{}, false
	}
	for _, record := range records {
		if !record.Stopped && !record.Identity.Alive() {
			return record, true
		}
	}
	return process.Record{}, false
}

// withLog says which process is at fault and how its log ends.
func withLog(of process.Record, cause error) error {
	content, err := os.ReadFile(of.Log)
	if err != nil {
		return errors.Join(fmt.Errorf("%s on %s: %w", of.Daemon, of.Machine, cause), err)
	}
	lines := strings.Split(strings.TrimSpace(string(content)), "\n")
	end := strings.Join(lines[max(0, len(lines)-logLines):], "\n    ")
	return fmt.Errorf("%s on %s: %w\n  the end of its log (lab up --keep keeps all of it):\n    %s", of.Daemon, of.Machine, cause, end)
}

// listening returns nil when something accepts on the Unix socket at path.
func listening(ctx context.Context, path string) error {
	connection, err := (&net.Dialer{}).DialContext(ctx, "unix", path)
	if err != nil {
		return fmt.Errorf("asking at its socket: %w", err)
	}
	return connection.Close()
}

// waitForNodes returns when all nodes say that they can take pods.
func (b *booting) waitForNodes(ctx context.Context) error {
	asking, err := b.api()
	if err != nil {
		return err
	}
	for _, one := range b.state.Nodes {
		kubelet, err := b.Table().Get(one.Name, "kubelet")
		if err != nil {
			return err
		}
		err = b.await(ctx, kubelet, func(ctx context.Context) error {
			nodes, err := asking.Nodes(ctx)
			if err != nil {
				return err
			}
			for _, node := range nodes {
				if node.Name == one.Name && node.Ready {
					return nil
				}
			}
			return fmt.Errorf("%s is not Ready", one.Name)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// waitForDNS asks from every node, so that each kube-proxy's rules, the
// routes between the nodes and CoreDNS itself have all worked once.
func (b *booting) waitForDNS(ctx context.Context) error {
	for _, one := range b.state.Nodes {
		proxy, err := b.Table().Get(one.Name, "kube-proxy")
		if err != nil {
			return err
		}
		server := plan(b.state).DNSService().V4.String()
		err = b.await(ctx, proxy, func(ctx context.Context) error {
			return askDNS(ctx, b.Namespace(one.Name), server)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// waitForTraefik returns when it can be sent requests. Where the Service in
// front of it is reached from outside is not waited for: nothing here makes
// that happen.
func (b *booting) waitForTraefik(ctx context.Context) error {
	asking, err := b.api()
	if err != nil {
		return err
	}
	kubelet, err := b.Table().Get(b.state.Nodes[0].Name, "kubelet")
	if err != nil {
		return err
	}
	return b.await(ctx, kubelet, func(ctx context.Context) error {
		return asking.DeploymentReady(ctx, "traefik", "traefik")
	})
}

// askDNS resolves the API server's own Service from inside a namespace.
func askDNS(ctx context.Context, namespace, server string) error {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	resolver := net.Resolver{PreferGo: true, Dial: dialerIn(namespace, net.JoinHostPort(server, "53"))}
	_, err := resolver.LookupHost(ctx, "kubernetes.default.svc.cluster.local.")
	if err != nil {
		return fmt.Errorf("asking %s from %s: %w", server, namespace, err)
	}
	return nil
}
