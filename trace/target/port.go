package target

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// ports returns the Service's ports that were chosen, each with the protocol
// and path that requests to it use.
func ports(t *Target, choice Choice) ([]Port, error) {
	var chosen []Port
	wanted := map[string]bool{}
	for _, w := range choice.Ports {
		wanted[w] = false
	}
	for _, declared := range t.Service.Spec.Ports {
		number := strconv.Itoa(int(declared.Port))
		_, byNumber := wanted[number]
		_, byName := wanted[declared.Name]
		if len(wanted) > 0 && !byNumber && (!byName || declared.Name == "") {
			continue
		}
		if byNumber {
			wanted[number] = true
		}
		if byName {
			wanted[declared.Name] = true
		}
		chosen = append(chosen, t.port(declared, choice.Path))
	}
	for _, w := range choice.Ports {
		if !wanted[w] {
			return nil, fmt.Errorf("service %s/%s has no port %q; it has %s", t.Service.Namespace, t.Service.Name, w, portNames(t.Service))
		}
	}
	return chosen, nil
}

func portNames(service *corev1.Service) string {
	var names []string
	for _, p := range service.Spec.Ports {
		name := strconv.Itoa(int(p.Port))
		if p.Name != "" {
			name += " (" + p.Name + ")"
		}
		names = append(names, name)
	}
	if len(names) == 0 {
		return "none"
	}
	return join(names)
}

// port decides how to speak to one port of the Service.
func (t *Target) port(declared corev1.ServicePort, path string) Port {
	p := Port{ServicePort: declared}
	probe := t.readiness(declared)
	p.Speaks, p.Why = speaks(declared, probe)
	if p.Speaks == wire.TCP || p.Speaks == "" {
		return p
	}
	switch {
	case path != "":
		p.Path, p.PathWhy = path, "--path"
	case probe != nil && probe.Path != "":
		p.Path, p.PathWhy = probe.Path, "the pods' readiness probe"
	default:
		p.Path, p.PathWhy = "/", "default"
	}
	if !strings.HasPrefix(p.Path, "/") {
		p.Path = "/" + p.Path
	}
	return p
}

// readiness returns the HTTP readiness probe of the first selected container
// that is probed on the port's target, or nil.
func (t *Target) readiness(port corev1.ServicePort) *corev1.HTTPGetAction {
	for _, pod := range t.Pods {
		number := PodPort(&pod, port)
		for _, container := range Containers(&pod) {
			if container.ReadinessProbe == nil || container.ReadinessProbe.HTTPGet == nil {
				continue
			}
			get := container.ReadinessProbe.HTTPGet
			if probed := get.Port.IntValue(); probed == 0 {
				i := slices.IndexFunc(container.Ports, func(c corev1.ContainerPort) bool { return c.Name == get.Port.StrVal })
				if i >= 0 && container.Ports[i].ContainerPort == number {
					return get
				}
			} else if int32(probed) == number {
				return get
			}
		}
	}
	return nil
}

// PodPort returns the port number to which the Service port leads in the
// pod, or zero when it is a name that none of the pod's containers declares. It
// looks where the EndpointSlice controller does (k8s.io/endpointslice,
// FindPort): into init containers only when they go on running.
func PodPort(pod *corev1.Pod, port corev1.ServicePort) int32 {
	if number := port.TargetPort.IntValue(); number != 0 {
		return int32(number)
	}
	if port.TargetPort.StrVal == "" {
		return port.Port
	}
	for _, container := range Containers(pod) {
		for _, declared := range container.Ports {
			if declared.Name == port.TargetPort.StrVal && protocol(declared.Protocol) == protocol(port.Protocol) {
				return declared.ContainerPort
			}
		}
	}
	return 0
}

// Containers returns the containers that run as long as the pod does: the
// ordinary ones, and init containers that restart always (sidecars).
func Containers(pod *corev1.Pod) []corev1.Container {
	sidecars := slices.DeleteFunc(slices.Clone(pod.Spec.InitContainers), func(c corev1.Container) bool {
		return c.RestartPolicy == nil || *c.RestartPolicy != corev1.ContainerRestartPolicyAlways
	})
	return slices.Concat(pod.Spec.Containers, sidecars)
}

// protocol returns p, or TCP, which an empty protocol means.
func protocol(p corev1.Protocol) corev1.Protocol {
	if p == "" {
		return corev1.ProtocolTCP
	}
	return p
}

func join(words []string) string { return strings.Join(words, ", ") }
