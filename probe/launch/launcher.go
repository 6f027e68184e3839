package launch

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// DefaultStartTimeout is how long a probe may take until its first record,
// which includes pulling its image.
const DefaultStartTimeout = 60 * time.Second

// Options say how the probes of a run are launched.
type Options struct {
	// Run identifies the run; it must be the one of the plans.
	Run string
	// Namespace is where the probes run.
	Namespace string
	// Image holds the probe.
	Image string
	// PullSecrets are the names of the Secrets with which to pull the image.
	PullSecrets []string
	// StartTimeout is how long a probe may take until its first record; zero
	// means [DefaultStartTimeout].
	StartTimeout time.Duration
	// Limits replace the limits of the probe's resources, each by itself, where
	// a LimitRange or a quota demands others.
	Limits corev1.ResourceList
	// Labels are those of somebody's pods that the probes' pods have, too, so
	// that NetworkPolicies take a probe for one of them. What then could do harm
	// is not only looked for but has to be excluded, and such a probe lives for at
	// most a minute.
	Labels map[string]string
	// Keep leaves the Jobs in place, for whoever wants to look at them.
	Keep bool
	// Release is the version of this program, noted on the Job.
	Release string
	// AllowInjected accepts a probe into which a webhook has put containers.
	AllowInjected bool
}

// Launcher runs the probes of one run. Its methods may be called concurrently.
type Launcher struct {
	client  kubernetes.Interface
	options Options
	logs    logOpener
	pace    pace

	mu sync.Mutex
	// names are the Jobs that may exist: noted before they are created, since
	// the answer to a request that took effect can get lost.
	names []string
	// closed is set by Cleanup; what would be created after it would stay.
	closed   bool
	creating sync.WaitGroup
}

// New returns a Launcher. The client should not limit its own request rate.
func New(client kubernetes.Interface, o Options) *Launcher {
	if o.StartTimeout <= 0 {
		o.StartTimeout = DefaultStartTimeout
	}
	return &Launcher{
		client:  client,
		options: o,
		logs:    podLogs{pods: client.CoreV1().Pods(o.Namespace)},
		pace:    defaultPace(),
	}
}

// Names returns the names of the Jobs created so far, in the order of creation.
func (l *Launcher) Names() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.names)
}

// Probe runs the plan on a node, in a pod with a network of its own, and hands every record to observe, in order and
// exactly once, up to and including the last one. What it created stays until
// [Launcher.Cleanup]. An error that the cluster caused is a [*Failure].
func (l *Launcher) Probe(ctx context.Context, node string, plan wire.Plan, observe func(wire.Record)) error {
	return l.ProbeAt(ctx, Place{Node: node}, plan, observe)
}

// ProbeAt is [Launcher.Probe] for any place.
func (l *Launcher) ProbeAt(ctx context.Context, place Place, plan wire.Plan, observe func(wire.Record)) error {
	ctx, cancel := context.WithTimeoutCause(ctx, l.lifetime(plan)+l.pace.margin, l.located(&Failure{
		Reason: ReasonOverdue,
		What:   fmt.Sprintf("the probe has not finished after %s, all that its plan allows", l.lifetime(plan)+l.pace.margin),
	}, place.Node))
	defer cancel()
	job, err := l.create(ctx, place, plan)
	if err != nil {
		return err
	}
	f := l.follow(ctx, place, job, l.startTimeout(plan))
	if err := f.awaitStart(ctx); err != nil {
		return err
	}
	return f.read(ctx, observe)
}

// pace holds the waits, so that tests need not wait as long.
type pace struct {
	// patience is how long the Job controller is given before it is asked
	// what keeps it from creating the pod, and between the questions.
	patience time.Duration
	// podless is how long a Job may have no pod.
	podless time.Duration
	// event is how long an event may come after the status that it explains.
	event time.Duration
	// idle is how long a log may be silent before its stream counts as broken:
	// a probe writes about once a second.
	idle time.Duration
	// retry is the first of the growing pauses before a log is opened again.
	retry time.Duration
	// attempts is how often a log is opened without getting anything new.
	attempts int
	// margin is what is added to the life of the pod before Probe gives up.
	margin time.Duration
	// create and cleanup bound the requests that must not be torn off.
	create, cleanup time.Duration
}

func defaultPace() pace {
	return pace{
		patience: time.Second,
		podless:  15 * time.Second,
		event:    4 * time.Second,
		idle:     10 * time.Second,
		retry:    100 * time.Millisecond,
		attempts: 8,
		margin:   15 * time.Second,
		create:   15 * time.Second,
		cleanup:  15 * time.Second,
	}
}
