package launch

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// phase is how far a probe's container is.
type phase int

const (
	waiting phase = iota
	running
	ended
)

// phase tells how far the container is. One whose pod is gone has ended.
func (s state) phase() phase {
	if s.pod == nil {
		return waiting
	}
	status := containerStatus(s.pod)
	switch {
	case s.gone, status.State.Terminated != nil, s.pod.Status.Phase == corev1.PodFailed, s.pod.Status.Phase == corev1.PodSucceeded:
		return ended
	case status.State.Running != nil:
		return running
	}
	return waiting
}

// stuck says why a container that has not run yet will not do so in time, and
// nil as long as it still can.
func (s state) stuck() *Failure {
	if s.pod == nil || containerStatus(s.pod).State.Terminated != nil {
		return nil
	}
	status := s.pod.Status
	switch {
	case status.Phase == corev1.PodFailed:
		return rejected(status)
	case s.gone, s.pod.DeletionTimestamp != nil && s.phase() == waiting:
		return deleted(s.pod)
	}
	if reason := waitingFor(s.pod); reason != "" {
		return s.notStarting(reason, containerStatus(s.pod).State.Waiting.Message)
	}
	return nil
}

func (s state) notStarting(reason, message string) *Failure {
	image := s.pod.Spec.Containers[0].Image
	said := words(message)
	if said == "" {
		said = words(reason)
	}
	switch reason {
	case "InvalidImageName", "ErrImageNeverPull":
		return unpullable(image, said)
	case "ErrImagePull", "ImagePullBackOff", "RegistryUnavailable", "SignatureValidationFailed":
		// What may pass by itself, such as a registry that is overloaded, gets
		// the second try that the kubelet gives it.
		if s.pulls > 1 || hopeless(message) {
			return unpullable(image, said)
		}
	case "CreateContainerConfigError", "CreateContainerError", "RunContainerError", "ImageInspectError", "PreCreateHookError":
		return &Failure{
			Reason: ReasonContainer,
			What:   fmt.Sprintf("the container cannot be started (%s)", reason),
			Said:   said,
			Fix:    startFix(message),
		}
	}
	return nil
}

func unpullable(image, said string) *Failure {
	return &Failure{
		Reason: ReasonImage,
		What:   fmt.Sprintf("the image %s cannot be pulled", words(image)),
		Said:   said,
		Fix:    "name one that the node can pull with --image, and a Secret for its registry with --image-pull-secret",
	}
}

// hopeless reports whether a failed pull will fail again in the same way.
func hopeless(message string) bool {
	message = strings.ToLower(message)
	for _, sign := range []string{
		"not found", "manifest unknown", "name unknown", "does not exist",
		"unauthorized", "denied", "forbidden", "authentication required", "no basic auth credentials",
		"no match for platform", "no matching manifest", "invalid reference format",
		"x509", "http response to https client",
		// The registry cannot be reached from the node, and the kubelet has
		// already waited for it.
		"no such host", "i/o timeout", "connection refused", "no route to host", "network is unreachable",
	} {
		if strings.Contains(message, sign) {
			return true
		}
	}
	return false
}

func startFix(message string) string {
	switch {
	case strings.Contains(message, "runAsNonRoot"), strings.Contains(message, "non-numeric user"):
		return "the image must name a numeric user other than 0; use a probe image of this project"
	case strings.Contains(message, "exec format error"):
		return "the image is for another architecture than the node; name another with --image"
	case strings.Contains(message, "no such file"), strings.Contains(message, "not found"):
		return "the image does not hold the probe; name another with --image"
	}
	return ""
}

// rejected is for a pod that failed without its container ever running: the
// kubelet checks again what the scheduler would have checked.
func rejected(status corev1.PodStatus) *Failure {
	failure := &Failure{
		Reason: ReasonRejected,
		What:   fmt.Sprintf("the node's kubelet refuses the pod (%s)", words(status.Reason)),
		Said:   words(status.Message),
		Fix:    "choose another node with --from",
	}
	if strings.HasPrefix(status.Reason, "OutOf") {
		failure.Fix = "the node is full; " + failure.Fix
	}
	return failure
}

// deleted is for a pod that somebody removed. Who does so on behalf of the
// cluster leaves a condition.
func deleted(pod *corev1.Pod) *Failure {
	failure := &Failure{Reason: ReasonDeleted, What: "the pod was deleted before it was done", Fix: "run it again"}
	for _, condition := range pod.Status.Conditions {
		if condition.Type == corev1.DisruptionTarget && condition.Status == corev1.ConditionTrue {
			failure.Said = words(condition.Reason + ": " + condition.Message)
		}
	}
	return failure
}

// containerStatus is that of the probe itself; a webhook may have added others.
func containerStatus(pod *corev1.Pod) corev1.ContainerStatus {
	for _, status := range pod.Status.ContainerStatuses {
		if status.Name == container {
			return status
		}
	}
	return corev1.ContainerStatus{}
}

func waitingFor(pod *corev1.Pod) string {
	if state := containerStatus(pod).State.Waiting; state != nil {
		return state.Reason
	}
	return ""
}
