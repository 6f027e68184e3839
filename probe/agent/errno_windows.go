package agent

import (
	"syscall"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// classOf returns what an error number of the system says about a request. The
// numbers are those of Winsock; most of them have no name in package syscall,
// whose ECONNREFUSED and so on are made up and never returned by the network.
func classOf(number syscall.Errno) wire.ErrorClass {
	switch number {
	case 10061: // WSAECONNREFUSED
		return wire.ErrorRefused
	case 10065, 10064, 10051, 10050, 10013: // WSAEHOSTUNREACH, WSAEHOSTDOWN, WSAENETUNREACH, WSAENETDOWN, WSAEACCES
		return wire.ErrorUnreachable
	case 10060: // WSAETIMEDOUT
		return wire.ErrorTimeout
	case 10054, 10053, 10058, 10057: // WSAECONNRESET, WSAECONNABORTED, WSAESHUTDOWN, WSAENOTCONN
		return wire.ErrorReset
	case 10024, 10049, 10048, 10055, 10047, 10022: // WSAEMFILE, WSAEADDRNOTAVAIL, WSAEADDRINUSE, WSAENOBUFS, WSAEAFNOSUPPORT, WSAEINVAL
		return wire.ErrorLocal
	}
	return ""
}
