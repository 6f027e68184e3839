// Package cgroup finds and removes the control groups of the cluster's pods.
//
// With version 1 every controller is a hierarchy of its own, with version 2
// there is one, and machines in between have both: the same path is looked at
// in each. The hierarchies themselves belong to the machine and stay as they
// are.
package cgroup

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Processes returns the ids of all processes in the group at path or below.
func Processes(path string) ([]int, error) {
	var ids []int
	err := walk(path, func(directory string) error {
		content, err := os.ReadFile(filepath.Join(directory, "cgroup.procs"))
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("listing the processes of a control group: %w", err)
		}
		for field := range strings.FieldsSeq(string(content)) {
			if id, err := strconv.Atoi(field); err == nil {
				ids = append(ids, id)
			}
		}
		return nil
	})
	return ids, err
}

// Remove removes the group at path with all below it. It must be empty of
// processes; since the kernel takes a moment to notice, a few tries are made.
func Remove(path string) error {
	var err error
	for range 50 {
		err = walk(path, func(directory string) error {
			if err := os.Remove(directory); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("removing control group: %w", err)
			}
			return nil
		})
		if err == nil {
			return nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	return err
}

// RemoveEmpty removes the group at path where nothing is in it.
func RemoveEmpty(path string) error {
	roots, err := hierarchies()
	if err != nil {
		return err
	}
	for _, root := range roots {
		_ = os.Remove(filepath.Join(root, path)) // fails where somebody uses it
	}
	return nil
}

// walk calls visit for each directory of the group in each hierarchy, the
// inner ones first.
func walk(path string, visit func(directory string) error) error {
	roots, err := hierarchies()
	if err != nil {
		return err
	}
	var failures []error
	for _, root := range roots {
		failures = append(failures, walkDirectory(filepath.Join(root, path), visit))
	}
	return errors.Join(failures...)
}

func walkDirectory(directory string, visit func(string) error) error {
	entries, err := os.ReadDir(directory)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("listing a control group: %w", err)
	}
	for _, entry := range entries {
		if !entry.IsDir() {
			continue
		}
		if err := walkDirectory(filepath.Join(directory, entry.Name()), visit); err != nil {
			return err
		}
	}
	return visit(directory)
}

func hierarchies() ([]string, error) {
	content, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil, fmt.Errorf("listing the control group hierarchies: %w", err)
	}
	return parseHierarchies(content), nil
}

// parseHierarchies picks the mount points of control groups from the format
// of /proc/PID/mountinfo: the fifth field, the type after a lone dash.
func parseHierarchies(content []byte) []string {
	var points []string
	lines := bufio.NewScanner(bytes.NewReader(content))
	lines.Buffer(nil, 1<<20) // overlays list all their layers in one line
	for lines.Scan() {
		before, after, found := strings.Cut(lines.Text(), " - ")
		fields := strings.Fields(before)
		if !found || len(fields) < 5 {
			continue
		}
		kind, _, _ := strings.Cut(after, " ")
		if kind == "cgroup" || kind == "cgroup2" {
			points = append(points, fields[4])
		}
	}
	return points
}
