package route

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
)

// maxContrast bounds the other ports that are tried on one endpoint, and the
// endpoints that they are tried on.
const maxContrast = 3

// pods returns the endpoints' own addresses for one port, and beside them what
// helps to tell why they fail.
func pods(t *target.Target, port int) []Route {
	var all []Route
	contrasts := 0
	for i, endpoint := range t.Endpoints {
		for _, socket := range endpoint.Socketed(t.Ports[port]) {
			r := base(t, port, Pod, socket.Address, socket.Number)
			r.Endpoint = i
			r.Node = endpoint.Node
			r.Source = "EndpointSlices of service " + t.Service.Name
			r.Contrast = !endpoint.Ready
			all = append(all, r)
		}
		if contrasts < maxContrast && endpoint.Ready {
			others := otherPorts(t, port, i)
			all = append(all, others...)
			contrasts += min(len(others), 1)
		}
	}
	return all
}

// otherPorts returns plain connects to the TCP ports that the pod declares and
// that the Service port does not lead to. They are listed only where the port
// that it does lead to is declared by no container, which proves nothing
// (containerPort is documentation) but is how a wrong targetPort looks.
func otherPorts(t *target.Target, port, endpoint int) []Route {
	e := t.Endpoints[endpoint]
	sockets := e.Socketed(t.Ports[port])
	if speaks := t.Ports[port].Speaks; speaks == "" || speaks == wire.UDP {
		return nil // nothing is asked that a connect could be compared with
	}
	if e.Pod == nil || len(sockets) == 0 || declares(e.Pod, sockets[0].Number) {
		return nil
	}
	var others []Route
	for _, container := range target.Containers(e.Pod) {
		for _, declared := range container.Ports {
			if declared.Protocol != "" && declared.Protocol != corev1.ProtocolTCP || len(others) == maxContrast {
				continue
			}
			r := base(t, port, Pod, sockets[0].Address, declared.ContainerPort)
			r.Endpoint, r.Node, r.Contrast = endpoint, e.Node, true
			r.Protocol, r.Path, r.Host = wire.TCP, "", ""
			r.Source = "ports that pod " + e.Name + " declares"
			others = append(others, r)
		}
	}
	return others
}

// declares reports whether a container of the pod declares the number for TCP.
func declares(pod *corev1.Pod, number int32) bool {
	for _, container := range target.Containers(pod) {
		for _, declared := range container.Ports {
			if declared.ContainerPort == number && (declared.Protocol == "" || declared.Protocol == corev1.ProtocolTCP) {
				return true
			}
		}
	}
	return false
}
