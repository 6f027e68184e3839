package cli

import (
	"context"
	"net"
	"strconv"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/agent"
	"github.com/kubectl-nettrace/kubectl-nettrace/probe/forward"
	"github.com/kubectl-nettrace/kubectl-nettrace/probe/launch"
	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/vantage"
)

// probers send the requests of each vantage from where it is: from a pod that
// the launcher starts, or from this process.
type probers struct {
	launcher *launch.Launcher
	// tunnel connects to pods through the API server, where no probe may run.
	tunnel  agent.Dial
	release string
}

func (p probers) Probe(ctx context.Context, from vantage.Vantage, plan wire.Plan, observe func(wire.Record)) error {
	if !from.Launched() {
		var dial agent.Dial
		if from.Kind == vantage.Forward {
			dial = p.tunnel
		}
		return agent.RunThrough(ctx, dial, plan, p.release, func(record wire.Record) error {
			observe(record)
			return nil
		})
	}
	return p.launcher.ProbeAt(ctx, place(from), plan, observe)
}

// place returns where the probe of a vantage runs.
func place(v vantage.Vantage) launch.Place {
	return launch.Place{Node: v.Node, HostNetwork: v.Kind != vantage.Pod, Witness: v.Kind == vantage.Witness}
}

// nobody is the prober of a run that has nothing to ask.
type nobody struct{}

func (nobody) Probe(context.Context, vantage.Vantage, wire.Plan, func(wire.Record)) error { return nil }

// tunnel returns what connects to the pods that a run asks without probes, or nil
// when it asks none so.
func (o *options) tunnel(run *trace.Run) (agent.Dial, error) {
	var targets []forward.Target
	for _, plan := range run.Plans {
		if plan.Vantage.Kind != vantage.Forward {
			continue
		}
		for i, asked := range plan.Asked {
			t := run.Traces[asked.Trace]
			pod := t.Target.Endpoint(t.Routes[asked.Route].Endpoint).Pod
			host, port, err := net.SplitHostPort(plan.Wire.Routes[i].Address)
			number, wrong := strconv.Atoi(port)
			if pod != nil && err == nil && wrong == nil {
				targets = append(targets, forward.Target{Namespace: pod.Namespace, Pod: pod.Name, Address: host, Port: number})
			}
		}
	}
	if len(targets) == 0 {
		return nil, nil
	}
	forwarder, err := forward.New(o.rest, o.client.CoreV1().RESTClient(), targets)
	if err != nil {
		return nil, err
	}
	return forwarder.Dial, nil
}
