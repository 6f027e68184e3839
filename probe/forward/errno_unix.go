//go:build !windows

package forward

import "syscall"

const (
	errRefused = syscall.ECONNREFUSED
	errTimeout = syscall.ETIMEDOUT
	errReset   = syscall.ECONNRESET
)
