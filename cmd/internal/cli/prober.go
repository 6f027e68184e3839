package cli

import (
	"context"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/agent"
	"github.com/kubectl-nettrace/kubectl-nettrace/probe/launch"
	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/vantage"
)

// probers send the requests of each vantage from where it is: from a pod that
// the launcher starts, or from this process.
type probers struct {
	launcher *launch.Launcher
	release  string
}

func (p probers) Probe(ctx context.Context, from vantage.Vantage, plan wire.Plan, observe func(wire.Record)) error {
	if from.Kind == vantage.Local {
		return agent.Run(ctx, plan, p.release, func(record wire.Record) error {
			observe(record)
			return nil
		})
	}
	return p.launcher.Probe(ctx, from.Node, plan, observe)
}

// nobody is the prober of a run that has nothing to ask.
type nobody struct{}

func (nobody) Probe(context.Context, vantage.Vantage, wire.Plan, func(wire.Record)) error { return nil }
