package launch

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

const (
	// longest is how long a probe may live that has labels of somebody's
	// application: as long as it is there, others may take it for one of theirs.
	longest = time.Minute
	// shortestStart is what a probe needs at least to start.
	shortestStart = 10 * time.Second
	// LongestLabelled is the longest deadline of a plan whose probe has labels.
	LongestLabelled = longest - grace - ending - shortestStart
)

// notLike is what helps where the labels are what stands against a probe.
const notLike = "leave --like out, or name another client with it"

// labelled reports whether the probes have labels of somebody's application.
func (l *Launcher) labelled() bool { return len(l.options.Labels) > 0 }

// Reserved says why no probe may have a label of this key from somebody's pod,
// and nothing when it may. Such keys say whose pod it is, or are the probe's own.
func Reserved(key string) string {
	prefix, _, prefixed := strings.Cut(key, "/")
	switch {
	case slices.Contains([]string{
		"pod-template-hash", "rollouts-pod-template-hash", "controller-revision-hash", "pod-template-generation",
		"statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index",
		"job-name", "controller-uid",
	}, key), prefixed && prefix == "batch.kubernetes.io":
		return "a controller knows its pods by it"
	case prefixed && prefix == "nettrace.dev", meshLabels()[key] != "":
		return "the probe has one of its own"
	}
	return ""
}

// alike checks that a probe which has labels is one that may have them.
func (l *Launcher) alike(place Place, plan wire.Plan) error {
	if !l.labelled() {
		return nil
	}
	failure := &Failure{Reason: ReasonLike, Namespace: l.options.Namespace, Node: place.Node}
	for _, key := range slices.Sorted(maps.Keys(l.options.Labels)) {
		if why := Reserved(key); why != "" {
			failure.What = fmt.Sprintf("the label %s cannot be given to a probe: %s", key, why)
			return failure
		}
	}
	switch {
	case place.HostNetwork:
		failure.What = "on the node's own network no NetworkPolicy sees a probe's labels"
		failure.Fix = "leave --like out, or send from pod@" + place.Node
	case l.options.Keep:
		failure.What = "a probe that has labels of somebody's application must not stay"
		failure.Fix = "leave --keep out"
	case plan.Deadline > LongestLabelled:
		failure.What = fmt.Sprintf("a probe that has labels of somebody's application lives for a minute at most, and its requests alone may take %s", plan.Deadline)
		failure.Fix = fmt.Sprintf("lower --deadline to %s or less", LongestLabelled)
	default:
		return nil
	}
	return failure
}

// startTimeout is how long a probe may take until its first record: with labels,
// what the plan leaves of its life.
func (l *Launcher) startTimeout(plan wire.Plan) time.Duration {
	if !l.labelled() {
		return l.options.StartTimeout
	}
	return min(l.options.StartTimeout, longest-grace-ending-plan.Deadline)
}

// like gives the pod labels of somebody's application. Its own come after them.
func like(labels map[string]string) mutator {
	return func(pod *corev1.PodTemplateSpec) { maps.Copy(pod.Labels, labels) }
}

// PodLabels returns the labels of the probes' pods of a run, those included by
// which they are like somebody's. Those that the Job controller adds have values
// that nobody can know beforehand.
func PodLabels(run string, alike map[string]string) map[string]string {
	all := controllerLabels("", "")
	maps.Copy(all, alike)
	maps.Copy(all, meshLabels())
	all[LabelRun] = run
	return all
}

// controllerLabels are those that the Job controller adds to a Job's pod.
func controllerLabels(job, uid string) map[string]string {
	return map[string]string{
		batchv1.JobNameLabel:       job,
		"job-name":                 job,
		batchv1.ControllerUidLabel: uid,
		"controller-uid":           uid,
	}
}

// OwnLabel reports whether every probe has a label of this key, whatever it is
// like.
func OwnLabel(key string) bool {
	_, controller := controllerLabels("", "")[key]
	return key == LabelRun || controller || meshLabels()[key] != ""
}
