package target

import (
	"encoding/binary"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// datagram chooses what is sent to a UDP port, and says why, or why there is
// nothing to send. Over UDP nobody answers what he does not understand, so that
// a datagram of one's own making would only ever meet silence.
func datagram(port corev1.ServicePort, wanted []byte) (payload []byte, why string) {
	if len(wanted) > 0 {
		return wanted, "--udp-payload"
	}
	for _, number := range []int{int(port.Port), port.TargetPort.IntValue()} {
		if number == 53 {
			return dnsQuery(), "port number 53: a DNS query"
		}
	}
	for _, named := range []struct{ what, name string }{
		{"port name", port.Name}, {"target port name", port.TargetPort.StrVal},
	} {
		if strings.HasPrefix(strings.ToLower(named.name), "dns") {
			return dnsQuery(), fmt.Sprintf("%s %s: a DNS query", named.what, named.name)
		}
	}
	return nil, "UDP: nothing is known that it would answer; --udp-payload gives a datagram to send"
}

// queried is a name that the cluster's own DNS knows without asking anybody. Any
// other server says that it does not know it, or that it will not tell; each of
// these is an answer.
const queried = "kubernetes.default.svc.cluster.local"

// dnsQuery returns a query for the IPv4 address of the name (RFC 1035, section
// 4.1), with recursion desired as every client's has it.
func dnsQuery() []byte {
	const id, recursionDesired, questions, typeA, classIN = 0x6e74, 0x0100, 1, 1, 1
	var message []byte
	for _, field := range []uint16{id, recursionDesired, questions, 0, 0, 0} {
		message = binary.BigEndian.AppendUint16(message, field)
	}
	for label := range strings.SplitSeq(queried, ".") {
		message = append(append(message, byte(len(label))), label...)
	}
	message = append(message, 0) // the root
	message = binary.BigEndian.AppendUint16(message, typeA)
	return binary.BigEndian.AppendUint16(message, classIN)
}
