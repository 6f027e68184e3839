package launch

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// Unchecked is something that Preflight could not find out.
type Unchecked struct {
	// What was not checked, as a clause: "whether a Service selects the probes".
	What string
	// Why are the words of whoever kept it from being checked.
	Why string
}

// Advice is what Preflight says about probes that may run.
type Advice struct {
	// Unchecked is what could not be found out.
	Unchecked []Unchecked
	// Effects is what the probes' being there brings about and is accepted, each
	// as a sentence without a full stop.
	Effects []string
}

// trial is a kind of pod that will run: all that run alike are tried as one.
type trial struct {
	place Place
	// pod is what the API server would make of the probe's pod, or what it
	// would be given if it could not be asked.
	pod *corev1.Pod
}

// preflight gathers the answers to questions that are asked all at once.
type preflight struct {
	*Launcher
	trials   []*trial
	missing  []Need
	services []corev1.Service
	budgets  []policyv1.PodDisruptionBudget
	// scaled and neighbours are looked at for probes with labels only.
	scaled     []scaled
	neighbours []corev1.Pod

	mu       sync.Mutex
	failures []*Failure
	advice   Advice
	// blind are the rights for want of which harm could not be excluded.
	blind []Need
}

// Preflight is [Launcher.PreflightAt] for probes that have networks of their
// own and plans of about the same size.
func (l *Launcher) Preflight(ctx context.Context, plan wire.Plan, nodes ...string) ([]Unchecked, error) {
	advice, err := l.PreflightAt(ctx, []wire.Plan{plan}, places(nodes)...)
	return advice.Unchecked, err
}

// PreflightAt asks the API server whether probes could carry out the plans at
// the places, and whether they could do harm by being there, before there is
// anything. The error joins one [*Failure] for each reason against it; what
// could not be checked is no failure but is named. All of it takes about one
// round trip.
//
// Any of the plans may run at any of the places: what has to be known of them
// is what each kind of pod needs, and whether it is let in.
func (l *Launcher) PreflightAt(ctx context.Context, plans []wire.Plan, places ...Place) (Advice, error) {
	if len(plans) == 0 {
		return Advice{}, errors.New("asking whether the probes may run: no plan is given")
	}
	p := preflight{Launcher: l}
	needs, err := l.needs(plans...)
	if err != nil {
		return Advice{}, err
	}
	questions := []func(){
		func() { p.checkNeeds(ctx, needs) },
		func() { p.listServices(ctx) },
		func() { p.listBudgets(ctx) },
		func() { p.listScaled(ctx) },
		func() { p.listNeighbours(ctx) },
	}
	for _, place := range kinds(places) {
		for _, plan := range plans {
			if err := l.alike(place, plan); err != nil {
				return Advice{}, err
			}
		}
		job, err := l.JobAt(place, plans[0])
		if err != nil {
			return Advice{}, err
		}
		t := &trial{place: place, pod: podOf(job)}
		p.trials = append(p.trials, t)
		if len(p.trials) == 1 {
			questions = append(questions, func() { p.tryJob(ctx, job) })
		}
		questions = append(questions, func() { p.tryPod(ctx, t) })
	}
	for _, node := range nodesOf(places) {
		questions = append(questions, func() { p.checkNode(ctx, node) })
	}
	var all sync.WaitGroup
	for _, question := range questions {
		all.Go(question)
	}
	all.Wait()
	if ctx.Err() != nil {
		return Advice{}, context.Cause(ctx)
	}
	return p.conclude()
}

// conclude puts what was found into an order that does not depend on who was
// answered first.
func (p *preflight) conclude() (Advice, error) {
	slices.SortFunc(p.advice.Unchecked, func(a, b Unchecked) int { return strings.Compare(a.What, b.What) })
	slices.SortFunc(p.failures, func(a, b *Failure) int { return strings.Compare(a.Error(), b.Error()) })
	slices.SortFunc(p.blind, func(a, b Need) int { return strings.Compare(a.String(), b.String()) })
	for _, need := range p.blind {
		if !slices.ContainsFunc(p.missing, func(m Need) bool { return m.String() == need.String() }) {
			p.missing = append(p.missing, need)
		}
	}
	for _, t := range p.trials {
		p.advice.Effects = append(p.advice.Effects, p.avoided(t.pod)...)
	}
	return p.advice, p.verdict()
}

// verdict puts the answers together: missing rights first, since the other
// refusals may follow from them.
func (p *preflight) verdict() error {
	var errs []error
	refused := false
	if len(p.missing) > 0 {
		errs = append(errs, p.located(missingRights(p.missing), ""))
	}
	failures := p.failures
	for _, t := range p.trials {
		failures = slices.Concat(failures, p.injected(t.pod), p.selected(t.pod), p.counted(t.pod), p.autoscaled(t.pod))
	}
	for _, failure := range failures {
		if failure.Reason == ReasonRights && len(p.missing) > 0 || failure.Reason == ReasonRefused && refused {
			continue // it says the same in other words
		}
		refused = refused || failure.Reason == ReasonRefused
		if failure.Namespace = p.options.Namespace; !slices.ContainsFunc(errs, func(err error) bool { return err.Error() == failure.Error() }) {
			errs = append(errs, failure)
		}
	}
	return errors.Join(errs...)
}

func (p *preflight) checkNeeds(ctx context.Context, needs []Need) {
	missing, err := Check(ctx, p.client, needs)
	p.missing = missing
	if err != nil {
		p.leave("whether you have the rights that the probes need", err)
	}
}

// tryJob finds what refuses Jobs as such, and what puts them into a queue.
func (p *preflight) tryJob(ctx context.Context, job *batchv1.Job) {
	accepted, err := p.client.BatchV1().Jobs(job.Namespace).Create(ctx, job, dryRun())
	switch {
	case err == nil:
		p.fail(suspended(accepted))
	case cannotTry(err):
		p.leave("whether the probe's Job would be accepted", err)
	default:
		p.fail(refusal("create the Job", err))
	}
}

// tryPod asks for the pod as the Job controller would. Who may create Jobs need
// not have the right to create pods.
func (p *preflight) tryPod(ctx context.Context, t *trial) {
	accepted, err := p.client.CoreV1().Pods(t.pod.Namespace).Create(ctx, t.pod, dryRun())
	if err == nil {
		t.pod = accepted
		return
	}
	failure := refusal("create the pod", err)
	t.place.explain(failure)
	if cannotTry(err) || failure.Reason == ReasonRights {
		p.leave("whether the probe's pod would be accepted as it is", err)
		return
	}
	p.fail(failure)
}

func (p *preflight) listServices(ctx context.Context) {
	list, err := p.client.CoreV1().Services(p.options.Namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		p.unsure("whether a Service selects the probes", servicesNeed(p.options.Namespace), err)
		return
	}
	p.services = list.Items
}

func (p *preflight) listBudgets(ctx context.Context) {
	list, err := p.client.PolicyV1().PodDisruptionBudgets(p.options.Namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		p.unsure("whether a disruption budget counts the probes", budgetsNeed(p.options.Namespace), err)
		return
	}
	p.budgets = list.Items
}

func (p *preflight) checkNode(ctx context.Context, name string) {
	node, err := p.client.CoreV1().Nodes().Get(ctx, name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		p.fail(noSuchNode(name, err))
	case err != nil:
		p.leave("whether node "+name+" is ready", err)
	default:
		p.fail(judgeNode(node))
	}
}

func (p *preflight) fail(failure *Failure) {
	if failure == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failures = append(p.failures, failure)
}

// unsure is for what could do harm and cannot be looked at. That a probe without
// labels of anybody's is taken for one of theirs is far-fetched, and it is
// enough to say that this was not checked; with labels it is likely.
func (p *preflight) unsure(what string, need Need, err error) {
	switch {
	case !p.labelled():
		p.leave(what, err)
	case apierrors.IsForbidden(err):
		p.mu.Lock()
		defer p.mu.Unlock()
		p.blind = append(p.blind, need)
	default:
		p.fail(&Failure{
			Reason: ReasonUnsafe,
			What:   "it cannot be found out " + what,
			Said:   Quote(err),
			Fix:    notLike,
			Err:    err,
		})
	}
}

func (p *preflight) leave(what string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.advice.Unchecked = append(p.advice.Unchecked, Unchecked{What: what, Why: Quote(err)})
}

func dryRun() metav1.CreateOptions {
	return metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}}
}
