package forward

import "syscall"

// The numbers are those of Winsock, as the network itself would give them; those
// of these names in package syscall are made up.
const (
	errRefused = syscall.Errno(10061) // WSAECONNREFUSED
	errTimeout = syscall.Errno(10060) // WSAETIMEDOUT
	errReset   = syscall.Errno(10054) // WSAECONNRESET
)
