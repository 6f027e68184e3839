package cluster

import (
	"context"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/api"
	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/instance"
)

// Status is what a cluster looks like from outside.
type Status struct {
	Name       string          `json:"name"`
	Running    bool            `json:"running"` // booted, and all its processes live that should
	Kubeconfig string          `json:"kubeconfig"`
	Logs       string          `json:"logs"` // directory of MACHINE.DAEMON.log
	Nodes      []instance.Node `json:"nodes"`
	Ready      []api.Node      `json:"ready,omitempty"` // as the API server sees them
	Processes  []Process       `json:"processes"`
}

// Process is one daemon.
type Process struct {
	Machine string `json:"machine"`
	Daemon  string `json:"daemon"`
	PID     int    `json:"pid"`
	State   string `json:"state"` // running, stopped (on purpose) or dead
}

// Status looks at the cluster. Without one it returns instance.ErrNone.
func (c *Cluster) Status(ctx context.Context) (Status, error) {
	state, err := c.State()
	if err != nil {
		return Status{}, err
	}
	records, err := c.Table().List()
	if err != nil {
		return Status{}, err
	}
	status := Status{
		Name: c.Name, Running: state.Booted, Kubeconfig: c.Kubeconfig(false), Logs: c.Path("logs"), Nodes: state.Nodes,
	}
	for _, record := range records {
		one := Process{Machine: record.Machine, Daemon: record.Daemon, PID: record.Identity.PID, State: "running"}
		switch {
		case record.Stopped:
			one.State = "stopped"
		case !record.Identity.Alive():
			one.State = "dead"
			status.Running = false
		}
		status.Processes = append(status.Processes, one)
	}
	if asking, err := c.api(); err == nil && status.Running {
		// The API server may be one of the stopped: then nothing is known.
		status.Ready, _ = asking.Nodes(ctx)
	}
	return status, nil
}
