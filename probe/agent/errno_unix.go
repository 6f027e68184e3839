//go:build !windows

package agent

import (
	"syscall"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// classOf returns what an error number of the system says about a request.
//
// EACCES and EPERM come from a route of type prohibit, or from a program that
// the cluster's network hooked into connect(2): this node does not let packets
// go to the target. A lack of permission to have sockets at all is told apart
// before this is asked.
func classOf(number syscall.Errno) wire.ErrorClass {
	switch number {
	case syscall.ECONNREFUSED:
		return wire.ErrorRefused
	case syscall.EHOSTUNREACH, syscall.ENETUNREACH, syscall.EHOSTDOWN, syscall.ENETDOWN, syscall.EACCES, syscall.EPERM:
		return wire.ErrorUnreachable
	case syscall.ETIMEDOUT:
		return wire.ErrorTimeout
	case syscall.ECONNRESET, syscall.ECONNABORTED, syscall.EPIPE, syscall.ENOTCONN:
		return wire.ErrorReset
	case syscall.EMFILE, syscall.ENFILE, syscall.EADDRNOTAVAIL, syscall.EADDRINUSE, syscall.ENOBUFS, syscall.ENOMEM,
		syscall.EAGAIN, syscall.EAFNOSUPPORT, syscall.EINVAL:
		return wire.ErrorLocal
	}
	return ""
}
