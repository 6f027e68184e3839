package target

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// speaks chooses the protocol of a port: what the Service declares comes before
// what its pods are asked by the kubelet, and that before what its number is
// registered for. A port of which nothing says that it speaks HTTP gets plain
// connects, because a request in the wrong protocol can do harm.
func speaks(port corev1.ServicePort, probe *corev1.HTTPGetAction) (wire.Protocol, string) {
	if port.Protocol != "" && port.Protocol != corev1.ProtocolTCP {
		return "", fmt.Sprintf("%s is not traced yet", port.Protocol)
	}
	if port.AppProtocol != nil {
		why := "appProtocol " + *port.AppProtocol
		// k8s.io/api/core/v1 ServicePort.AppProtocol: IANA service names, or
		// names with a prefix. "kubernetes.io/h2c" is HTTP/2 by prior knowledge.
		switch strings.ToLower(*port.AppProtocol) {
		case "http", "kubernetes.io/ws", "ws":
			return wire.HTTP, why
		case "https", "kubernetes.io/wss", "wss":
			return wire.HTTPS, why
		}
		return wire.TCP, why
	}
	for _, named := range []struct{ what, name string }{
		{"port name", port.Name}, {"target port name", port.TargetPort.StrVal},
	} {
		if protocol, known := byName(named.name); known {
			return protocol, named.what + " " + named.name
		}
	}
	if probe != nil {
		if probe.Scheme == corev1.URISchemeHTTPS {
			return wire.HTTPS, "the pods' readiness probe"
		}
		return wire.HTTP, "the pods' readiness probe"
	}
	return byNumber(port)
}

// byName chooses by a port's name, as Istio reads it: PROTOCOL or
// PROTOCOL-SUFFIX.
func byName(name string) (wire.Protocol, bool) {
	prefix, _, _ := strings.Cut(strings.ToLower(name), "-")
	switch prefix {
	case "http", "web":
		return wire.HTTP, true
	case "https":
		return wire.HTTPS, true
	case "grpc", "http2", "h2c", "tcp", "tls", "mysql", "mongo", "redis", "postgres", "amqp", "kafka":
		return wire.TCP, true
	}
	return "", false
}

// byNumber chooses by the numbers that are registered for HTTP and its common
// alternatives (IANA service names: http, http-alt, https, pcsync-https).
func byNumber(port corev1.ServicePort) (wire.Protocol, string) {
	for _, number := range []int{int(port.Port), port.TargetPort.IntValue()} {
		switch number {
		case 80, 8080, 8000, 8008, 8081, 8888, 3000, 5000:
			return wire.HTTP, fmt.Sprintf("port number %d", number)
		case 443, 8443:
			return wire.HTTPS, fmt.Sprintf("port number %d", number)
		}
	}
	return wire.TCP, "nothing says that the port speaks HTTP"
}
