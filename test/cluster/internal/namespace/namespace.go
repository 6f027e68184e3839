// Package namespace makes, enters and deletes named network namespaces.
//
// A namespace is a file below /run/netns, the place where iproute2 looks,
// too. Entering one changes only the calling thread, and only its network:
// /sys and all mounts stay those of the machine, which the kubelet needs to
// find the cgroups ("ip netns exec" would hide them).
package namespace

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

const directory = "/run/netns"

// Path returns the file that stands for the namespace called name.
func Path(name string) string { return filepath.Join(directory, name) }

// Create makes the namespace called name.
func Create(name string) error {
	return onOwnThread(func() error {
		handle, err := netns.NewNamed(name)
		if err != nil {
			return fmt.Errorf("creating network namespace %s: %w", name, err)
		}
		return handle.Close()
	})
}

// Do runs what on a thread inside the namespace called name. Goroutines
// which what starts are outside of it; processes and sockets are inside.
func Do(name string, what func() error) error {
	return onOwnThread(func() error {
		if err := Enter(name); err != nil {
			return err
		}
		return what()
	})
}

// Enter moves the calling thread, which its goroutine must have locked, into
// the namespace called name.
func Enter(name string) error {
	handle, err := netns.GetFromPath(Path(name))
	if err != nil {
		return fmt.Errorf("opening network namespace %s: %w", name, err)
	}
	defer func() { _ = handle.Close() }()
	if err := netns.Set(handle); err != nil {
		return fmt.Errorf("entering network namespace %s: %w", name, err)
	}
	return nil
}

// List returns the names of all namespaces that begin with prefix.
func List(prefix string) ([]string, error) {
	entries, err := os.ReadDir(directory)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("listing network namespaces: %w", err)
	}
	var names []string
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), prefix) {
			names = append(names, entry.Name())
		}
	}
	return names, nil
}

// Delete removes the namespace called name; it is no error if there is none.
func Delete(name string) error {
	path := Path(name)
	// A maker killed between making the file and mounting on it leaves a
	// plain file, on which unmounting fails with EINVAL.
	err := unix.Unmount(path, unix.MNT_DETACH)
	if err != nil && !errors.Is(err, unix.EINVAL) && !errors.Is(err, unix.ENOENT) {
		return fmt.Errorf("unmounting network namespace %s: %w", name, err)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing network namespace %s: %w", name, err)
	}
	return nil
}

// onOwnThread runs what on a thread that ends with it: a thread whose
// namespace was changed must never serve another goroutine.
func onOwnThread(what func() error) error {
	result := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread dies with the goroutine
		result <- what()
	}()
	return <-result
}
