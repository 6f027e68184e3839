package mount

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// Cover puts a file in place of the one at path, for the calling thread and
// what it becomes. Nobody else sees it, and it ends with them.
func Cover(path, file string) error {
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		return fmt.Errorf("leaving the machine's mounts: %w", err)
	}
	// What is mounted here stays here; what the machine unmounts goes here, too.
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_SLAVE, ""); err != nil {
		return fmt.Errorf("keeping mounts apart: %w", err)
	}
	if err := unix.Mount(file, path, "", unix.MS_BIND, ""); err != nil {
		return fmt.Errorf("covering %s: %w", path, err)
	}
	return nil
}
