// Package kernel puts back the settings of the machine's kernel that kubelets
// change: they make it panic on an oops and overcommit memory, which is right
// for a server and wrong for whoever only ran a test.
package kernel

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// changed are the settings that a kubelet sets when it starts.
func changed() []string {
	return []string{
		"vm/overcommit_memory", "vm/panic_on_oom",
		"kernel/panic", "kernel/panic_on_oops",
		"kernel/keys/root_maxkeys", "kernel/keys/root_maxbytes",
	}
}

// Save writes the settings to file, unless it exists: then an earlier lab has
// saved them, and they are changed already.
func Save(file string) error {
	if _, err := os.Stat(file); err == nil {
		return nil
	}
	settings := map[string]string{}
	for _, name := range changed() {
		value, err := os.ReadFile(path(name))
		if err != nil {
			continue // a kernel without it
		}
		settings[name] = string(value)
	}
	content, err := json.MarshalIndent(settings, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding the kernel's settings: %w", err)
	}
	if err := os.WriteFile(file+".new", content, 0o644); err != nil {
		return fmt.Errorf("saving the kernel's settings: %w", err)
	}
	if err := os.Rename(file+".new", file); err != nil {
		return fmt.Errorf("saving the kernel's settings: %w", err)
	}
	return nil
}

// Restore sets what file has, and removes it.
func Restore(file string) error {
	content, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading the kernel's settings: %w", err)
	}
	var settings map[string]string
	if err := json.Unmarshal(content, &settings); err != nil {
		return fmt.Errorf("parsing the kernel's settings: %w", err)
	}
	var failures []error
	for name, value := range settings {
		if now, err := os.ReadFile(path(name)); err == nil && string(now) == value {
			continue
		}
		if err := os.WriteFile(path(name), []byte(value), 0); err != nil {
			failures = append(failures, fmt.Errorf("setting %s back: %w", name, err))
		}
	}
	return errors.Join(append(failures, os.Remove(file))...)
}

func path(name string) string { return filepath.Join("/proc/sys", name) }
