//go:build linux

package main

import (
	"fmt"
	"os"
	"strings"
	"time"
)

// watchMemory looks at a process until the returned function is called, which
// says how large its resident set has been at most, in KiB. It is not taken
// from getrusage, because there a process inherits the peak of the one that
// started it.
func watchMemory(pid int) func() int {
	stop, peak := make(chan struct{}), make(chan int)
	go func() {
		most := 0
		for {
			select {
			case <-stop:
				peak <- most
				return
			case <-time.After(10 * time.Millisecond):
				most = max(most, highWater(pid))
			}
		}
	}()
	return func() int {
		close(stop)
		return <-peak
	}
}

// highWater returns the peak of a process so far, or zero when it has ended.
func highWater(pid int) int {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	_, line, _ := strings.Cut(string(status), "VmHWM:")
	kib := 0
	_, _ = fmt.Sscan(line, &kib)
	return kib
}
