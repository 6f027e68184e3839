package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/launch"
	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/policy"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/print"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

// run makes the trace: it finds out what to ask, asks the cluster whether it may,
// sends the requests, removes what it created, and reports.
func (o *options) run(ctx context.Context) error {
	began := time.Now()
	run, alike, err := o.prepare(ctx, o.selection.find)
	o.tell("reading the targets", began)
	if err != nil {
		return err
	}
	launcher, err := o.launcher(alike)
	if err != nil {
		return err
	}
	switch {
	case o.explainPlan:
		return print.Explain(o.Out, run)
	case o.dryRun:
		return o.printPlan(run, launcher)
	}
	reports, err := o.send(ctx, run, launcher)
	o.tell("the run", began)
	for _, report := range reports {
		report.Notes = append(report.Notes, alike.notes...)
	}
	unmet := o.judgeExpectations(reports)
	if len(reports) > 0 {
		if unwritten := print.Write(o.Out, print.Format(o.output), reports...); unwritten != nil {
			return errors.Join(fmt.Errorf("writing the report: %w", unwritten), err)
		}
	}
	if err != nil {
		return err
	}
	if err := endedEarly(reports[0]); err != nil {
		return err
	}
	if o.failOn != "" && failing(reports, o.failOn) {
		return exit(ExitBroken)
	}
	if code := codeOf(reports); unmet == nil || errors.Is(code, exit(ExitBroken)) {
		return code
	}
	return unmet
}

// launcher returns what launches the probes, like the client that they are to be like.
func (o *options) launcher(alike likeness) (*launch.Launcher, error) {
	limits, err := o.limits()
	if err != nil {
		return nil, err
	}
	return launch.New(o.client, launch.Options{
		Run: o.runID, Namespace: o.probeNamespace, Image: o.image, PullSecrets: o.pullSecrets, Labels: alike.labels,
		Limits: limits, StartTimeout: o.startTimeout, Keep: o.keep, Release: o.release,
	}), nil
}

// codeOf returns the exit code of the verdicts, as an error: one target that is
// not well outweighs all that are, and one that is well those of which nothing
// is known.
func codeOf(reports []*trace.Report) error {
	healthy := false
	for _, r := range reports {
		switch r.Verdict.Status {
		case verdict.Degraded, verdict.Broken:
			return exit(ExitBroken)
		case verdict.Healthy:
			healthy = true
		}
	}
	if !healthy {
		return exit(ExitInconclusive)
	}
	return nil
}

// slow is how long the API server may take to answer the questions of one step;
// left to itself a client waits for ever.
const slow = 30 * time.Second

// finder returns the Services to trace.
type finder func(ctx context.Context, reader *target.Reader, namespace string) ([]target.Name, error)

// prepare reads the targets, and the client that the probes are to be like.
func (o *options) prepare(ctx context.Context, find finder) (*trace.Run, likeness, error) {
	ctx, cancel := context.WithTimeout(ctx, slow)
	defer cancel()
	reader := target.NewReader(o.client, o.gateways)
	reader.Proxies = o.witness
	names, err := find(ctx, reader, o.namespace)
	if err != nil {
		return nil, likeness{}, o.withRole(ctx, err)
	}
	o.probeNamespace = cmp.Or(o.probeNamespace, common(names), o.namespace)
	alike, err := o.findLikeness(ctx, names)
	if err != nil {
		return nil, alike, err
	}
	options := o.trace(names)
	options.Probes = policy.Pod{Namespace: o.probeNamespace, Labels: launch.PodLabels(o.runID, alike.labels)}
	if alike.node != "" && len(options.From) == 0 {
		options.From = []string{alike.node}
	}
	run, err := trace.Prepare(ctx, reader, options)
	if err != nil {
		return nil, alike, o.withRole(ctx, err)
	}
	return run, alike, nil
}

// common returns the namespace that all targets have in common, or nothing.
func common(names []target.Name) string {
	for _, name := range names {
		if name.Namespace != names[0].Namespace {
			return ""
		}
	}
	return names[0].Namespace
}

// preflight asks whether the probes may run.
func (o *options) preflight(ctx context.Context, run *trace.Run, launcher *launch.Launcher) (launch.Advice, error) {
	ctx, cancel := context.WithTimeout(ctx, slow)
	defer cancel()
	var plans []wire.Plan
	var places []launch.Place
	for _, plan := range run.Plans {
		if plan.Vantage.Launched() && len(plan.Asked) > 0 {
			plans, places = append(plans, plan.Wire), append(places, place(plan.Vantage))
		}
	}
	for _, plan := range run.Witnesses {
		plans, places = append(plans, plan.Wire), append(places, place(plan.Vantage))
	}
	if len(plans) == 0 {
		return launch.Advice{}, nil // this machine asks alone
	}
	return launcher.PreflightAt(ctx, plans, places...)
}

// send launches the probes and removes them again, whatever happens.
func (o *options) send(ctx context.Context, run *trace.Run, launcher *launch.Launcher) ([]*trace.Report, error) {
	if run.Requests() == 0 {
		return run.Send(ctx, nobody{}, nil) // nothing to ask: report why, and start nothing
	}
	advice, err := o.preflight(ctx, run, launcher)
	if err != nil {
		return nil, err
	}
	progress := newProgress(o.ErrOut, run)
	tunnel, err := o.tunnel(run)
	if err != nil {
		return nil, err
	}
	observe := progress.observe
	if o.observe != nil {
		observe = o.observe
	}
	reports, err := run.Send(ctx, probers{launcher, tunnel, o.release}, observe)
	progress.done()
	err = o.cleanUp(ctx, launcher, err)
	for _, report := range reports {
		report.Notes = append(report.Notes, advice.Effects...)
		for _, u := range advice.Unchecked {
			report.Notes = append(report.Notes, unchecked(u))
		}
		if o.keep {
			for _, name := range launcher.Names() {
				report.Notes = append(report.Notes, fmt.Sprintf("kept: job %s in namespace %s; kubectl nettrace cleanup removes it", name, o.probeNamespace))
			}
		}
	}
	return reports, err
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
	needs := append(readNeeds(o.namespace), launch.Needs(cmp.Or(o.probeNamespace, o.namespace))...)
	// Nobody needs to be granted more than a trace takes.
	needs = slices.DeleteFunc(needs, func(need launch.Need) bool { return need.Optional })
	missing, checkErr := launch.Check(ctx, o.client, needs)
	if checkErr != nil || len(missing) == 0 {
		return err
	}
	return &rightsError{cause: err, missing: missing}
}

// readNeeds are the rights to read the target with, and what stands around it.
func readNeeds(namespace string) []launch.Need {
	const ingress, gateway = "networking.k8s.io", "gateway.networking.k8s.io"
	return []launch.Need{
		{Verb: "get", Resource: "services", Namespace: namespace, Why: "read the Service"},
		{Verb: "list", Group: "discovery.k8s.io", Resource: "endpointslices", Namespace: namespace, Why: "read its endpoints"},
		{Verb: "list", Resource: "pods", Namespace: namespace, Why: "read its pods"},
		{Verb: "get", Resource: "pods", Subresource: "log", Namespace: namespace, Optional: true, Why: "tell from the pods' own logs which of them answered, and with which path requests arrived"},
		{Verb: "list", Resource: "nodes", Optional: true, Why: "find the NodePorts, and nodes to send from"},
		{Verb: "list", Group: ingress, Resource: "ingresses", Optional: true, Why: "find the Ingresses that lead to the Service"},
		{Verb: "list", Group: ingress, Resource: "networkpolicies", Namespace: namespace, Optional: true, Why: "tell whether NetworkPolicies keep the probes out of the pods"},
		{Verb: "list", Group: ingress, Resource: "ingressclasses", Optional: true, Why: "tell whose an Ingress is"},
		{Verb: "list", Group: gateway, Resource: "httproutes", Optional: true, Why: "find the HTTPRoutes that lead to the Service"},
		{Verb: "list", Group: gateway, Resource: "grpcroutes", Optional: true, Why: "find the GRPCRoutes that lead to the Service"},
		{Verb: "get", Group: gateway, Resource: "gateways", Optional: true, Why: "find the listeners and addresses of Gateways"},
		{Verb: "get", Group: gateway, Resource: "gatewayclasses", Optional: true, Why: "tell whose a Gateway is"},
		{Verb: "list", Group: gateway, Resource: "referencegrants", Optional: true, Why: "see whether a route of another namespace may name the Service"},
		{Verb: "list", Resource: "services", Optional: true, Why: "find the address of an Ingress controller or Gateway (in all namespaces)"},
		{Verb: "get", Resource: "secrets", Optional: true, Why: "compare a certificate with the Secret that it should come from"},
	}
}
