//go:build linux

package main

import (
	"net/netip"
	"sync"
	"syscall"
	"time"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/agent"
	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// floor asks a server like the probe does, at the same pace, but with blocking
// system calls and nothing else: what it is off by, no program on this machine
// at this moment could do without.
func floor(plan wire.Plan) (wire.Latency, error) {
	to, err := netip.ParseAddrPort(plan.Routes[0].Address)
	if err != nil {
		return wire.Latency{}, err
	}
	pacer := agent.NewPacer(plan.Rate, plan.Concurrency)
	begin := time.Now()
	var mu sync.Mutex
	var all wire.Latency
	var failed error
	var workers sync.WaitGroup
	left := plan.Routes[0].Requests
	for range plan.Concurrency {
		workers.Go(func() {
			for {
				mu.Lock()
				left--
				due, more := pacer.Next(time.Since(begin)), left >= 0 && failed == nil
				mu.Unlock()
				if !more {
					return
				}
				time.Sleep(due - time.Since(begin))
				took, err := askPlainly(to)
				mu.Lock()
				all.Record(took)
				if err != nil {
					failed = err
				}
				mu.Unlock()
			}
		})
	}
	workers.Wait()
	return all, failed
}

// askPlainly returns the time from the request to the first byte.
func askPlainly(to netip.AddrPort) (time.Duration, error) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	defer func() { _ = syscall.Close(fd) }()
	if err := syscall.Connect(fd, &syscall.SockaddrInet4{Addr: to.Addr().As4(), Port: int(to.Port())}); err != nil {
		return 0, err
	}
	begin := time.Now()
	if _, err := syscall.Write(fd, []byte("GET / HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n")); err != nil {
		return 0, err
	}
	_, err = syscall.Read(fd, make([]byte, 4096))
	return time.Since(begin), err
}
