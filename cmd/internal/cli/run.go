package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/launch"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/print"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

// run makes the trace: it finds out what to ask, asks the cluster whether it may,
// sends the requests, removes what it created, and reports.
func (o *options) run(ctx context.Context) error {
	t, err := o.prepare(ctx)
	if err != nil {
		return err
	}
	limits, err := o.limits()
	if err != nil {
		return err
	}
	launcher := launch.New(o.client, launch.Options{
		Run: o.runID, Namespace: o.probeNamespace, Image: o.image, PullSecrets: o.pullSecrets,
		Limits: limits, StartTimeout: o.startTimeout, Keep: o.keep, Release: o.release,
	})
	if o.dryRun {
		return o.printPlan(t, launcher)
	}
	report, err := o.send(ctx, t, launcher)
	if report != nil {
		if unwritten := print.Write(o.Out, print.Format(o.output), report); unwritten != nil {
			return errors.Join(fmt.Errorf("writing the report: %w", unwritten), err)
		}
	}
	if err != nil {
		return err
	}
	if err := endedEarly(report); err != nil {
		return err
	}
	return codeOf(report.Verdict.Status)
}

// codeOf returns the exit code of a verdict, as an error.
func codeOf(status verdict.Verdict) error {
	switch status {
	case verdict.Healthy:
		return nil
	case verdict.Untested:
		return exit(ExitInconclusive)
	}
	return exit(ExitBroken)
}

// slow is how long the API server may take to answer the questions of one step;
// left to itself a client waits for ever.
const slow = 30 * time.Second

// prepare reads the target.
func (o *options) prepare(ctx context.Context) (*trace.Trace, error) {
	ctx, cancel := context.WithTimeout(ctx, slow)
	defer cancel()
	t, err := trace.Prepare(ctx, target.NewReader(o.client, o.gateways), o.trace())
	if err != nil {
		return nil, o.withRole(ctx, err)
	}
	return t, nil
}

// preflight asks whether the probes may run.
func (o *options) preflight(ctx context.Context, t *trace.Trace, launcher *launch.Launcher) ([]launch.Unchecked, error) {
	ctx, cancel := context.WithTimeout(ctx, slow)
	defer cancel()
	var nodes []string
	for _, plan := range t.Plans {
		nodes = append(nodes, plan.Vantage.Node)
	}
	return launcher.Preflight(ctx, t.Plans[0].Wire, nodes...)
}

// send launches the probes and removes them again, whatever happens.
func (o *options) send(ctx context.Context, t *trace.Trace, launcher *launch.Launcher) (*trace.Report, error) {
	if requests(t) == 0 {
		return t.Send(ctx, nobody{}, nil) // nothing to ask: report why, and start nothing
	}
	unchecked, err := o.preflight(ctx, t, launcher)
	if err != nil {
		return nil, err
	}
	progress := newProgress(o.ErrOut, t)
	report, err := t.Send(ctx, launcher, progress.observe)
	progress.done()
	err = o.cleanUp(ctx, launcher, err)
	if report != nil {
		for _, u := range unchecked {
			report.Notes = append(report.Notes, fmt.Sprintf("not checked: %s (%s)", u.What, u.Why))
		}
		if o.keep {
			for _, name := range launcher.Names() {
				report.Notes = append(report.Notes, fmt.Sprintf("kept: job %s in namespace %s; kubectl nettrace cleanup removes it", name, o.probeNamespace))
			}
		}
	}
	return report, err
}

// cleanUp removes the probes, also after the user broke the run off, and
// returns how the run ended: failed is what went wrong with the probes.
func (o *options) cleanUp(ctx context.Context, launcher *launch.Launcher, failed error) error {
	deleted, err := launcher.Cleanup(context.WithoutCancel(ctx))
	var stayed *cleanupError
	if err != nil {
		stayed = &cleanupError{namespace: o.probeNamespace, cause: err}
	}
	switch {
	case ctx.Err() != nil:
		return o.interrupted(launcher.Names(), deleted, stayed)
	case stayed != nil:
		return errors.Join(failed, stayed)
	}
	return failed
}

// withRole adds to a refused read which rights are missing for the whole run,
// so that they need be asked for only once.
func (o *options) withRole(ctx context.Context, err error) error {
	if !apierrors.IsForbidden(err) {
		return err
	}
	needs := append(readNeeds(o.namespace), launch.Needs(o.probeNamespace)...)
	// Nobody needs to be granted more than a trace takes.
	needs = slices.DeleteFunc(needs, func(need launch.Need) bool { return need.Optional })
	missing, checkErr := launch.Check(ctx, o.client, needs)
	if checkErr != nil || len(missing) == 0 {
		return err
	}
	return &rightsError{cause: err, missing: missing}
}

// readNeeds are the rights without which the target cannot be read.
func readNeeds(namespace string) []launch.Need {
	return []launch.Need{
		{Verb: "get", Resource: "services", Namespace: namespace, Why: "read the Service"},
		{Verb: "list", Group: "discovery.k8s.io", Resource: "endpointslices", Namespace: namespace, Why: "read its endpoints"},
		{Verb: "list", Resource: "pods", Namespace: namespace, Why: "read its pods"},
		{Verb: "list", Resource: "nodes", Optional: true, Why: "find the NodePorts, and nodes to send from"},
	}
}

func requests(t *trace.Trace) int {
	total := 0
	for _, plan := range t.Plans {
		total += plan.Requests()
	}
	return total
}
