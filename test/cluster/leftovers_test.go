//go:build lab

package main

import (
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// sight is what belongs to a cluster, found by other means than the lab's
// own: the marks it leaves on the machine.
type sight struct {
	name       string
	directory  string
	containers []string // ids
}

// look notes what is there as long as the cluster is.
func look(t *testing.T, name string) sight {
	t.Helper()
	s := sight{name: name, directory: "/var/lib/kubectl-nettrace-lab/" + name}
	if root := os.Getenv("NETTRACE_LAB_RUN"); root != "" {
		s.directory = filepath.Join(root, name)
	}
	for _, bundle := range glob(t, s.directory+"/*/containerd-state/io.containerd.runtime.v2.task/k8s.io/*") {
		s.containers = append(s.containers, filepath.Base(bundle))
	}
	return s
}

// gone fails the test for everything that is still there.
func (s sight) gone(t *testing.T) {
	t.Helper()
	if _, err := os.Stat(s.directory); err == nil {
		t.Errorf("left: directory %s", s.directory)
	}
	// Whoever inherits orphans may take a moment to bury them.
	var processes []string
	for range 50 {
		if processes = s.processes(t); len(processes) == 0 {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	s.none(t, "processes", processes)
	s.none(t, "namespaces", glob(t, "/run/netns/*"+s.name+".*"))
	s.none(t, "mounts", s.mounts(t))
	for _, id := range s.containers {
		s.none(t, "control groups", append(glob(t, "/sys/fs/cgroup/*/"+id), glob(t, "/sys/fs/cgroup/*/*/"+id)...))
		s.none(t, "results of CNI", glob(t, "/var/lib/cni/results/*"+id+"*"))
		s.none(t, "links to logs", glob(t, "/var/log/containers/*"+id+"*"))
	}
	s.none(t, "network interfaces", veths(t))
}

func (s sight) none(t *testing.T, what string, found []string) {
	t.Helper()
	if len(found) > 0 {
		t.Errorf("left of %s: %s %q", s.name, what, found)
	}
}

// processes returns those that have the cluster's directory or one of its
// containers' ids in their command line, environment or control group.
func (s sight) processes(t *testing.T) []string {
	t.Helper()
	traces := append([]string{s.directory + "/", s.directory + "\x00"}, s.containers...)
	var found []string
	for _, directory := range glob(t, "/proc/[0-9]*") {
		if filepath.Base(directory) == "self" {
			continue
		}
		for _, file := range []string{"cmdline", "environ", "cgroup"} {
			content, err := os.ReadFile(filepath.Join(directory, file))
			if err == nil && slices.ContainsFunc(traces, func(trace string) bool { return strings.Contains(string(content), trace) }) {
				found = append(found, directory+" "+file)
			}
		}
	}
	return found
}

func (s sight) mounts(t *testing.T) []string {
	t.Helper()
	content, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for line := range strings.Lines(string(content)) {
		if strings.Contains(line, s.directory+"/") || strings.Contains(line, "."+s.name+".") {
			found = append(found, line)
		}
	}
	return found
}

// veths returns the machine's own ends of cables: the lab never has any there.
func veths(t *testing.T) []string {
	t.Helper()
	interfaces, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, one := range interfaces {
		if strings.HasPrefix(one.Name, "veth") {
			found = append(found, one.Name)
		}
	}
	return found
}

func glob(t *testing.T, pattern string) []string {
	t.Helper()
	found, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	return found
}
