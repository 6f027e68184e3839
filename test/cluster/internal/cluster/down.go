package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/cgroup"
	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/mount"
	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/namespace"
	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/process"
)

// Down takes the cluster down. Where there is none it does nothing.
func (c *Cluster) Down(ctx context.Context) error {
	if os.Geteuid() != 0 {
		return errors.New("taking the cluster down: this needs root, as booting it did")
	}
	waiting, cancel := context.WithTimeout(ctx, lockPatience)
	defer cancel()
	held, err := c.Lock(waiting)
	if err != nil {
		return err
	}
	defer held.Release()
	if !c.traces() {
		return nil
	}
	return c.Reporter.Step("taking cluster "+c.Name+" down", c.remove)
}

// traces tells whether anything of the cluster is there, running or not.
func (c *Cluster) traces() bool {
	if _, err := os.Stat(c.Directory()); err == nil {
		return true
	}
	marked, _ := process.Marked(c.Mark())
	namespaces, _ := namespace.List(c.NamespacePrefix())
	return len(marked) > 0 || len(namespaces) > 0
}

// remove ends and removes all that belongs to the cluster. It relies on no
// earlier step having been completed, nor on the records being complete, and
// takes no context: it is what runs when time is up. The order matters: as
// long as a kubelet or a containerd lives it makes new processes and mounts.
func (c *Cluster) remove() error {
	if err := c.endProcesses(); err != nil {
		return err
	}
	if err := mount.RemoveBelow(c.Directory()); err != nil {
		return err
	}
	if err := c.removeContainerGroups(); err != nil {
		return err
	}
	if err := c.removeNamespaces(); err != nil {
		return err
	}
	if err := c.removeStrays(); err != nil {
		return err
	}
	return c.Remove()
}

// endProcesses kills instead of asking: nothing of the cluster is kept.
func (c *Cluster) endProcesses() error {
	// Where the records cannot be read, the marks below still lead to all.
	records, _ := c.Table().List()
	for _, daemon := range []string{"kubelet", "kube-proxy", "containerd", ""} {
		var batch []process.Identity
		for _, record := range records {
			if daemon == "" || record.Daemon == daemon {
				batch = append(batch, record.Identity)
			}
		}
		if err := process.End(0, batch...); err != nil {
			return err
		}
	}
	// The shims, and whatever was started but not yet remembered.
	if err := process.EndMarked(c.Mark()); err != nil {
		return err
	}
	return c.endContainers()
}

// endContainers ends the processes in the pods. They carry no mark, but each
// container has a control group of its own.
func (c *Cluster) endContainers() error {
	for range 10 {
		running, err := c.containerProcesses()
		if err != nil {
			return err
		}
		if len(running) == 0 {
			return nil
		}
		if err := process.End(0, running...); err != nil {
			return err
		}
	}
	return errors.New("ending the pods' processes: new ones keep appearing")
}

func (c *Cluster) containerProcesses() ([]process.Identity, error) {
	groups, err := c.containerGroups()
	if err != nil {
		return nil, err
	}
	var running []process.Identity
	for _, group := range groups {
		ids, err := cgroup.Processes(group)
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			if identity, err := process.Identify(id); err == nil && identity.Alive() {
				running = append(running, identity)
			}
		}
	}
	return running, nil
}

// containerGroups returns the control groups of the cluster's containers:
// containerd names them after its namespace and the container's id, of which
// it makes a directory before it starts the container.
func (c *Cluster) containerGroups() ([]string, error) {
	bundles, err := filepath.Glob(c.Path("*", "containerd-state", "io.containerd.runtime.v2.task", "k8s.io", "*"))
	if err != nil {
		return nil, fmt.Errorf("listing containers: %w", err)
	}
	var groups []string
	for _, bundle := range bundles {
		groups = append(groups, "/k8s.io/"+filepath.Base(bundle))
	}
	return groups, nil
}

func (c *Cluster) removeContainerGroups() error {
	groups, err := c.containerGroups()
	if err != nil {
		return err
	}
	var failures []error
	for _, group := range groups {
		failures = append(failures, cgroup.Remove(group))
	}
	return errors.Join(failures...)
}

func (c *Cluster) removeNamespaces() error {
	names, err := namespace.List(c.NamespacePrefix())
	if err != nil {
		return err
	}
	var failures []error
	for _, name := range names {
		failures = append(failures, namespace.Delete(name))
	}
	return errors.Join(failures...)
}
