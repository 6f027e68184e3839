package finding

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

// endpointsNotReady: pods are selected, and some or all of them get no traffic
// because they are not ready.
func endpointsNotReady(f Facts) []Finding {
	selected := f.Target.Selected()
	var waiting []corev1.Pod
	for _, pod := range selected {
		if !target.PodReady(&pod) && pod.DeletionTimestamp == nil {
			waiting = append(waiting, pod)
		}
	}
	if len(waiting) == 0 || f.Target.Service.Spec.PublishNotReadyAddresses {
		return nil
	}
	found := Finding{
		Name: "endpoints-not-ready", Severity: Warning, Status: Unverified,
		Summary: fmt.Sprintf("%d of %d pods that %s selects are not ready and get no traffic", len(waiting), len(selected), f.service()),
	}
	if len(waiting) == len(selected) {
		found.Severity = Error
	}
	for _, pod := range waiting[:min(3, len(waiting))] {
		found.Evidence = append(found.Evidence, object(fmt.Sprintf("pod %s: %s", pod.Name, whyNotReady(&pod))))
		if event := f.event(&pod); event != "" {
			found.Evidence = append(found.Evidence, object(fmt.Sprintf("pod %s: %s", pod.Name, event)))
		}
		found.Evidence = append(found.Evidence, f.contrast(pod.Name)...)
		found.Fix = append(found.Fix, Step{Text: "see why " + pod.Name + " is not ready", Command: f.namespaced("describe pod %s", pod.Name)})
	}
	return f.judgeReadiness(found, waiting, len(selected))
}

// judgeReadiness confirms the finding by traffic: with no ready pod at all every
// request to the Service must fail; else the ready ones must answer, and none
// of the others. What a pod answers all the same refutes that it gets no traffic.
func (f Facts) judgeReadiness(found Finding, waiting []corev1.Pod, selected int) []Finding {
	none, names := len(waiting) == selected, map[string]bool{}
	for _, pod := range waiting {
		names[pod.Name] = true
	}
	for port := range f.Target.Ports {
		tested, failed := f.proxied(port)
		switch {
		case none && tested && !failed, f.answered(port, names):
			return nil
		case none && failed:
			found.Status = Confirmed
			found.Evidence = append(found.Evidence, f.outcome(f.cells(route.ClusterIP, port))...)
		case f.silent(port, names, selected):
			found.Status = Confirmed
		}
	}
	return []Finding{found}
}

// contrast says how a pod that gets no traffic answers when it is asked
// directly.
func (f Facts) contrast(pod string) []Evidence {
	return f.outcomeShort(f.where(func(r route.Route) bool {
		return r.Contrast && !r.Reference && r.Endpoint >= 0 && f.Target.Endpoint(r.Endpoint).Name == pod
	}))
}

func (f Facts) outcomeShort(cells []verdict.Cell) []Evidence {
	seen := f.outcome(cells)
	return seen[:min(2, len(seen))]
}

// whyNotReady says what the pod's own status gives as the reason.
func whyNotReady(pod *corev1.Pod) string {
	for _, status := range slices.Concat(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses) {
		switch {
		case status.State.Waiting != nil && status.State.Waiting.Reason != "" && status.State.Waiting.Reason != "PodInitializing":
			return fmt.Sprintf("container %s waits: %s", status.Name, status.State.Waiting.Reason)
		case status.State.Terminated != nil && status.State.Terminated.ExitCode != 0:
			return fmt.Sprintf("container %s ended with exit code %d", status.Name, status.State.Terminated.ExitCode)
		}
	}
	for _, condition := range pod.Status.Conditions {
		if condition.Status != corev1.ConditionTrue && condition.Message != "" &&
			(condition.Type == corev1.PodReady || condition.Type == corev1.PodScheduled) {
			return condition.Message
		}
	}
	return "phase " + string(pod.Status.Phase)
}

// event returns the newest warning about the pod.
func (f Facts) event(pod *corev1.Pod) string {
	for _, event := range f.Target.Events {
		about := event.InvolvedObject
		if about.Name == pod.Name && (about.UID == pod.UID || about.UID == "") {
			text := []rune(strings.Join(strings.Fields(event.Message), " "))
			return fmt.Sprintf("event %s: %s", event.Reason, string(text[:min(200, len(text))]))
		}
	}
	return ""
}
