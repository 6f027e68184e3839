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
		chosen = append(chosen, t.port(declared, choice))
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

// port decides how to speak to one port of the Service. Its number alone does
// not name a port: 53 over TCP and 53 over UDP are two.
func (t *Target) port(declared corev1.ServicePort, choice Choice) Port {
	p := Port{ServicePort: declared}
	switch protocol(declared.Protocol) {
	case corev1.ProtocolTCP:
	case corev1.ProtocolUDP:
		p.Payload, p.Why = datagram(declared, choice.UDPPayload)
		if len(p.Payload) > 0 {
			p.Speaks = wire.UDP
		}
		return p
	default:
		p.Why = fmt.Sprintf("%s is not traced", declared.Protocol)
		return p
	}
	asked := t.readiness(declared)
	p.Speaks, p.Why = speaks(declared, asked)
	if socket, can := upgraded(p.Speaks); can && choice.WebSocket {
		p.Speaks, p.Why = socket, p.Why+"; --websocket"
	}
	p.Path, p.PathWhy = path(p.Speaks, asked, choice.Path)
	return p
}

// path chooses what is asked of a port that speaks the protocol.
func path(protocol wire.Protocol, asked readiness, wanted string) (path, why string) {
	switch {
	case !protocol.Web():
		return "", ""
	case protocol == wire.GRPC || protocol == wire.GRPCS:
		return healthPath, asked.health()
	case wanted != "":
		path, why = wanted, "--path"
	case protocol == wire.WS || protocol == wire.WSS:
		// The readiness path is there for plain requests, and tells nothing of
		// where an upgrade is granted.
		return "/", "default"
	case asked.http != nil && asked.http.Path != "":
		path, why = asked.http.Path, "the pods' readiness probe"
	default:
		return "/", "default"
	}
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	return path, why
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
