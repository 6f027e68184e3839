// Package lock keeps two runs of the lab from working on the same thing. The
// kernel lets go of a lock when its holder ends, however it ends.
package lock

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// Lock is held until released.
type Lock struct {
	file *os.File
}

// Acquire waits for the lock that file stands for, as long as ctx lets it.
func Acquire(ctx context.Context, file string) (*Lock, error) {
	opened, err := os.OpenFile(file, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("opening the lock %s: %w", file, err)
	}
	for {
		err := unix.Flock(int(opened.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err == nil {
			return &Lock{file: opened}, nil
		}
		if !errors.Is(err, unix.EWOULDBLOCK) && !errors.Is(err, unix.EINTR) {
			_ = opened.Close()
			return nil, fmt.Errorf("locking %s: %w", file, err)
		}
		select {
		case <-ctx.Done():
			_ = opened.Close()
			return nil, fmt.Errorf("waiting for another lab to let go of %s: %w", file, context.Cause(ctx))
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// Release lets the next one in. The file stays: removing it would let two
// holders have two files of one name.
func (l *Lock) Release() { _ = l.file.Close() }
