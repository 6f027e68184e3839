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
func speaks(port corev1.ServicePort, asked readiness) (wire.Protocol, string) {
	secure := asked.secure() || secureNumber(port)
	if port.AppProtocol != nil {
		protocol, known := byName(strings.TrimPrefix(strings.ToLower(*port.AppProtocol), "kubernetes.io/"), secure)
		if !known {
			protocol = wire.TCP
		}
		return protocol, "appProtocol " + *port.AppProtocol
	}
	for _, named := range []struct{ what, name string }{
		{"port name", port.Name}, {"target port name", port.TargetPort.StrVal},
	} {
		if protocol, known := byPrefix(named.name, secure); known {
			return protocol, named.what + " " + named.name
		}
	}
	if protocol, why := asked.speaks(); protocol != "" {
		return protocol, why
	}
	return byNumber(port)
}

// byPrefix chooses by a port's name, as Istio reads it: PROTOCOL or
// PROTOCOL-SUFFIX (istio.io/latest/docs/ops/configuration/traffic-management/protocol-selection).
// Only one of its protocols has a dash of its own.
func byPrefix(name string, secure bool) (wire.Protocol, bool) {
	name = strings.ToLower(name)
	if name == "grpc-web" || strings.HasPrefix(name, "grpc-web-") {
		return byName("grpc-web", secure)
	}
	prefix, _, _ := strings.Cut(name, "-")
	return byName(prefix, secure)
}

// byName chooses by the name of a protocol: those of appProtocol
// (k8s.io/api/core/v1 ServicePort.AppProtocol: Kubernetes' own, here without
// their prefix, and IANA's service names), and those that meshes and gateways
// read. One that the probe does not speak is known all the same, so that its
// number does not make it pass for HTTP. Names tell HTTP/1.1 over TLS from that
// in the clear, but not what is built on HTTP/2; secure says what else is known.
func byName(name string, secure bool) (wire.Protocol, bool) {
	switch name {
	case "http", "web", "grpc-web":
		// gRPC-Web is there to pass through what speaks only HTTP/1.1.
		return wire.HTTP, true
	case "https":
		return wire.HTTPS, true
	case "http2":
		if secure {
			return wire.H2, true
		}
		return wire.H2C, true
	case "h2c":
		return wire.H2C, true
	case "h2":
		// The name in ALPN of HTTP/2 over TLS (RFC 9113, section 3.1).
		return wire.H2, true
	case "grpc":
		if secure {
			return wire.GRPCS, true
		}
		return wire.GRPC, true
	case "grpcs":
		return wire.GRPCS, true
	case "ws", "websocket":
		return wire.WS, true
	case "wss":
		return wire.WSS, true
	case "tcp", "tls", "mysql", "mongo", "redis", "postgres", "amqp", "kafka", "dns":
		return wire.TCP, true
	}
	return "", false
}

// secureNumber reports whether the number on which the pods listen is one for
// TLS. Where that is a name, the Service's own number must do.
func secureNumber(port corev1.ServicePort) bool {
	number := int(port.Port)
	if to := port.TargetPort.IntValue(); to != 0 {
		number = to
	}
	return number == 443 || number == 8443
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

// upgraded returns the protocol by which a port that speaks HTTP/1.1 is asked
// for WebSocket.
func upgraded(protocol wire.Protocol) (wire.Protocol, bool) {
	switch protocol {
	case wire.HTTP, wire.WS:
		return wire.WS, true
	case wire.HTTPS, wire.WSS:
		return wire.WSS, true
	}
	return protocol, false
}
