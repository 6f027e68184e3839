package target

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// healthPath is the method that the kubelet calls where it asks over gRPC
// (github.com/grpc/grpc/blob/master/doc/health-checking.md).
const healthPath = "/grpc.health.v1.Health/Check"

// readiness is how the kubelet asks pods on the port that a Service port leads
// to whether they are ready: a request that is known to be understood, and to do
// no harm. At most one of the two is set.
type readiness struct {
	http *corev1.HTTPGetAction
	grpc *corev1.GRPCAction
}

// readiness returns the readiness probe of the first container that is probed
// on the target of the TCP port.
func (t *Target) readiness(port corev1.ServicePort) readiness {
	for _, pod := range t.Pods {
		number := PodPort(&pod, port)
		for _, container := range Containers(&pod) {
			probe := container.ReadinessProbe
			switch {
			case probe == nil:
			case probe.HTTPGet != nil && probed(container, probe.HTTPGet) == number:
				return readiness{http: probe.HTTPGet}
			case probe.GRPC != nil && probe.GRPC.Port == number:
				return readiness{grpc: probe.GRPC}
			}
		}
	}
	return readiness{}
}

// probed returns the number of the port that an HTTP probe of the container
// asks, or -1 when it is a name that the container does not have.
func probed(container corev1.Container, get *corev1.HTTPGetAction) int32 {
	if number := get.Port.IntValue(); number != 0 {
		return int32(number)
	}
	i := slices.IndexFunc(container.Ports, func(c corev1.ContainerPort) bool { return c.Name == get.Port.StrVal })
	if i < 0 {
		return -1
	}
	return container.Ports[i].ContainerPort
}

// speaks returns the protocol that the kubelet uses, or none. Over gRPC it knows
// no TLS (k8s.io/api/core/v1 GRPCAction).
func (r readiness) speaks() (protocol wire.Protocol, why string) {
	switch {
	case r.grpc != nil:
		return wire.GRPC, "the pods' gRPC readiness probe"
	case r.http != nil && r.secure():
		return wire.HTTPS, "the pods' readiness probe"
	case r.http != nil:
		return wire.HTTP, "the pods' readiness probe"
	}
	return "", ""
}

// secure reports whether the kubelet asks over TLS.
func (r readiness) secure() bool { return r.http != nil && r.http.Scheme == corev1.URISchemeHTTPS }

// health says what is asked over gRPC. The question is always about the server
// as a whole, also where the kubelet's is about one of its services.
func (r readiness) health() string {
	const whole = "gRPC health check of the whole server"
	if r.grpc != nil && r.grpc.Service != nil && *r.grpc.Service != "" {
		return fmt.Sprintf("%s; the pods' readiness probe asks about its service %s", whole, *r.grpc.Service)
	}
	return whole
}
