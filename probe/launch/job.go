package launch

import (
	"fmt"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// The names by which the objects of a run are known. All of them have a prefix
// of our own: a selector written for somebody's application cannot match them.
const (
	// LabelRun is the only label that Jobs, pods and Secrets of a run share;
	// its value is the run.
	LabelRun = "nettrace.dev/run"
	// AnnotationRelease holds the version of the program that made the Job.
	AnnotationRelease = "nettrace.dev/release"

	container     = "probe"
	planDirectory = "/etc/nettrace"
	planKey       = "plan"
)

const (
	// maxInline is the largest plan that travels in the environment. Linux ends
	// the life of a process that is given a longer string (128 KiB), and all of
	// it is stored in etcd twice, with the Job and with the pod.
	maxInline = 96 << 10
	// maxSecret is what the API server accepts as the data of a Secret.
	maxSecret = 1 << 20
	// timeToLive is how long a finished Job stays when nobody removes it:
	// long enough to read its log again.
	timeToLive = 30 * time.Second
	// ending is the time between the end of the plan and that of the pod, in
	// which the probe writes its last records.
	ending = 10 * time.Second
	// grace is how long a probe that is told to stop may take to do so.
	grace = 3 * time.Second
)

// Job returns the Job that carries out the plan on a node, in a pod with a
// network of its own. It does not touch the cluster. A plan that is too large to
// be inline is in the Secret of the same name ([Launcher.Secret]).
func (l *Launcher) Job(node string, plan wire.Plan) (*batchv1.Job, error) {
	return l.JobAt(Place{Node: node}, plan)
}

// JobAt is [Launcher.Job] for any place.
func (l *Launcher) JobAt(place Place, plan wire.Plan) (*batchv1.Job, error) {
	if err := l.alike(place, plan); err != nil {
		return nil, err
	}
	text, err := l.encode(plan)
	if err != nil {
		return nil, err
	}
	name := l.name(plan)
	var none, one int32 = 0, 1
	job := &batchv1.Job{
		TypeMeta:   metav1.TypeMeta{APIVersion: "batch/v1", Kind: "Job"},
		ObjectMeta: l.meta(name),
		Spec: batchv1.JobSpec{
			Parallelism:           &one,
			Completions:           &one,
			BackoffLimit:          &none,
			ActiveDeadlineSeconds: seconds(l.lifetime(plan)),
			Template:              l.template(place, planSource(name, text), l.lifetime(plan)),
		},
	}
	if !l.options.Keep {
		ttl := int32(timeToLive / time.Second)
		job.Spec.TTLSecondsAfterFinished = &ttl
	}
	return job, nil
}

// Secret returns the Secret that holds the plan, or nil when the plan is inline
// in the Job. It belongs to the Job, whose UID is not known before it exists.
func (l *Launcher) Secret(plan wire.Plan) (*corev1.Secret, error) {
	text, err := l.encode(plan)
	if err != nil || len(text) <= maxInline {
		return nil, err
	}
	immutable := true
	return &corev1.Secret{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"},
		ObjectMeta: l.meta(l.name(plan)),
		Immutable:  &immutable,
		Data:       map[string][]byte{planKey: []byte(text)},
	}, nil
}

func (l *Launcher) encode(plan wire.Plan) (string, error) {
	switch {
	case l.options.Image == "":
		return "", fmt.Errorf("making the probe's Job: no image is given")
	case plan.Run != l.options.Run || plan.Vantage < 1:
		return "", fmt.Errorf("making the probe's Job: the plan is for vantage %d of run %q, not for one of run %q", plan.Vantage, plan.Run, l.options.Run)
	}
	if err := plan.Validate(); err != nil {
		return "", fmt.Errorf("making the probe's Job: %w", err)
	}
	text, err := wire.Encode(plan)
	if err == nil && len(text) > maxSecret {
		err = fmt.Errorf("making the probe's Job: the plan has %d KiB, a Secret holds %d: trace fewer routes at a time", len(text)>>10, maxSecret>>10)
	}
	return text, err
}

func (l *Launcher) meta(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{
		Name:        name,
		Namespace:   l.options.Namespace,
		Labels:      map[string]string{LabelRun: l.options.Run},
		Annotations: map[string]string{AnnotationRelease: l.options.Release},
	}
}

// name is known before the Job exists, so that it can be removed even if the
// answer to its creation never arrives.
func (l *Launcher) name(plan wire.Plan) string {
	return fmt.Sprintf("nettrace-%s-%d", plan.Run, plan.Vantage)
}

// lifetime is how long a probe may exist in all, from its creation.
func (l *Launcher) lifetime(plan wire.Plan) time.Duration {
	return l.startTimeout(plan) + plan.Deadline + ending
}

func seconds(d time.Duration) *int64 {
	whole := int64((d + time.Second - 1) / time.Second)
	return &whole
}
