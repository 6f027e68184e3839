package cluster

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// removeStrays removes what daemons keep at places that cannot be configured:
// containerd's shims their sockets, the CNI library its results, the kubelet
// its links to the logs.
func (c *Cluster) removeStrays() error {
	return errors.Join(c.removeShimSockets(), c.removeNetworkResults(), c.removeLogLinks())
}

func (c *Cluster) removeShimSockets() error {
	// Each running container's state names its shim's socket.
	files, err := filepath.Glob(c.Path("*", "containerd-state", "io.containerd.runtime.v2.task", "*", "*", "address"))
	if err != nil {
		return fmt.Errorf("looking for shims' sockets: %w", err)
	}
	var failures []error
	for _, file := range files {
		address, err := os.ReadFile(file)
		if err != nil {
			failures = append(failures, fmt.Errorf("reading a shim's address: %w", err))
			continue
		}
		if socket, found := strings.CutPrefix(string(address), "unix://"); found {
			failures = append(failures, removeFile(socket))
		}
	}
	return errors.Join(failures...)
}

func (c *Cluster) removeNetworkResults() error {
	// Each pod has results of two networks, which carry its sandbox's id.
	sandboxes, err := filepath.Glob(c.Path("*", "containerd", "io.containerd.grpc.v1.cri", "sandboxes", "*"))
	if err != nil {
		return fmt.Errorf("looking for sandboxes: %w", err)
	}
	var failures []error
	for _, sandbox := range sandboxes {
		files, err := filepath.Glob(filepath.Join("/var/lib/cni/results", "*-"+filepath.Base(sandbox)+"-*"))
		failures = append(failures, err)
		for _, file := range files {
			failures = append(failures, removeFile(file))
		}
	}
	return errors.Join(failures...)
}

func (c *Cluster) removeLogLinks() error {
	links, err := filepath.Glob("/var/log/containers/*.log")
	if err != nil {
		return fmt.Errorf("looking for links to logs: %w", err)
	}
	var failures []error
	for _, link := range links {
		target, err := os.Readlink(link)
		if err == nil && strings.HasPrefix(target, c.Directory()+"/") {
			failures = append(failures, removeFile(link))
		}
	}
	return errors.Join(failures...)
}

func removeFile(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing a stray file: %w", err)
	}
	return nil
}
