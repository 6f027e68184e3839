// Package mount finds and removes what is mounted below a directory, and mounts a
// file where only one command sees it.
package mount

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Below returns the mount points below directory, the last mounted first.
func Below(directory string) ([]string, error) {
	content, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil, fmt.Errorf("listing mounts: %w", err)
	}
	return parse(content, directory), nil
}

// RemoveBelow unmounts all that is mounted below directory.
func RemoveBelow(directory string) error {
	points, err := Below(directory)
	if err != nil {
		return err
	}
	var failures []error
	for _, point := range points {
		// Detaching also works where something still has a file open.
		err := unix.Unmount(point, unix.MNT_DETACH|unix.UMOUNT_NOFOLLOW)
		if err != nil && !errors.Is(err, unix.EINVAL) && !errors.Is(err, unix.ENOENT) {
			failures = append(failures, fmt.Errorf("unmounting %s: %w", point, err))
		}
	}
	// Whoever removes the directory next must not walk into what somebody
	// mounted there from elsewhere.
	left, err := Below(directory)
	if len(left) > 0 {
		failures = append(failures, fmt.Errorf("unmounting: %v are mounted still", left))
	}
	return errors.Join(append(failures, err)...)
}

// parse picks the mount points (the fifth field) below directory from the
// format of /proc/PID/mountinfo.
func parse(content []byte, directory string) []string {
	var points []string
	lines := bufio.NewScanner(bytes.NewReader(content))
	lines.Buffer(nil, 1<<20) // overlays list all their layers in one line
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 5 {
			continue
		}
		if point := unescape(fields[4]); strings.HasPrefix(point, directory+"/") {
			points = append(points, point)
		}
	}
	slices.Reverse(points)
	return points
}

// unescape undoes the kernel's writing of blanks and the like as \ooo.
func unescape(field string) string {
	var text strings.Builder
	for i := 0; i < len(field); i++ {
		if field[i] == '\\' && i+3 < len(field) {
			if code, err := strconv.ParseUint(field[i+1:i+4], 8, 8); err == nil {
				text.WriteByte(byte(code))
				i += 3
				continue
			}
		}
		text.WriteByte(field[i])
	}
	return text.String()
}
