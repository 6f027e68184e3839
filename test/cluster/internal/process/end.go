package process

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// killWait is how long the kernel may take to end a killed process.
const killWait = 5 * time.Second

// End asks processes to end, kills those that still run after patience, and
// returns when all are gone. Without patience they are killed at once.
func End(patience time.Duration, processes ...Identity) error {
	if patience > 0 {
		signal(unix.SIGTERM, processes)
		if gone(patience, processes) {
			return nil
		}
	}
	signal(unix.SIGKILL, processes)
	if !gone(killWait, processes) {
		return fmt.Errorf("ending processes: %v still run", alive(processes))
	}
	return nil
}

// signal goes through a descriptor of the process: between looking whether it
// is the right one and signalling, the id cannot pass on to another process.
func signal(what unix.Signal, processes []Identity) {
	for _, process := range processes {
		descriptor, err := unix.PidfdOpen(process.PID, 0)
		if err != nil {
			continue // gone already
		}
		if process.Alive() {
			_ = unix.PidfdSendSignal(descriptor, what, nil, 0) // fails only if it is gone
		}
		_ = unix.Close(descriptor)
	}
}

func gone(within time.Duration, processes []Identity) bool {
	for deadline := time.Now().Add(within); ; time.Sleep(20 * time.Millisecond) {
		if len(alive(processes)) == 0 {
			return true
		}
		if time.Now().After(deadline) {
			return false
		}
	}
}

func alive(processes []Identity) []int {
	var ids []int
	for _, process := range processes {
		if process.Alive() {
			ids = append(ids, process.PID)
		}
	}
	return ids
}

// Marked returns all running processes with the mark in their environment.
func Marked(mark string) ([]Identity, error) {
	directories, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return nil, fmt.Errorf("listing processes: %w", err)
	}
	var found []Identity
	for _, directory := range directories {
		environment, err := os.ReadFile(filepath.Join(directory, "environ"))
		if err != nil || !hasVariable(environment, mark) {
			continue // ended meanwhile, or not ours
		}
		pid, err := strconv.Atoi(filepath.Base(directory))
		if err != nil || pid == os.Getpid() {
			continue
		}
		if identity, err := Identify(pid); err == nil && identity.Alive() {
			found = append(found, identity)
		}
	}
	return found, nil
}

// hasVariable looks for VARIABLE=VALUE in the format of /proc/PID/environ.
func hasVariable(environment []byte, variable string) bool {
	for entry := range bytes.SplitSeq(environment, []byte{0}) {
		if string(entry) == variable {
			return true
		}
	}
	return false
}

// EndMarked ends all processes with the mark, also those that such processes
// start while the others are being ended.
func EndMarked(mark string) error {
	for range 10 {
		found, err := Marked(mark)
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return nil
		}
		if err := End(0, found...); err != nil {
			return err
		}
	}
	return errors.New("ending processes: new ones keep appearing")
}
