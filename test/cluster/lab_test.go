//go:build lab

// These tests boot real clusters on this machine. They need root and the
// Debian packages that "lab packages" prints, and take some minutes:
//
//	go test -tags lab -timeout 30m .
package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/cluster"
)

// harness is the built lab.
type harness struct {
	binary string
}

func newHarness(t *testing.T) harness {
	t.Helper()
	// Everything below measures clusters, not compilers.
	lab := harness{binary: filepath.Join(t.TempDir(), "lab")}
	if output, err := exec.Command("go", "build", "-buildvcs=false", "-o", lab.binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("building the lab: %v\n%s", err, output)
	}
	lab.run(t, "build")
	return lab
}

// run runs the lab, which must succeed, and returns what it printed.
func (h harness) run(t *testing.T, arguments ...string) string {
	t.Helper()
	output, err := h.try(arguments...)
	if err != nil {
		t.Fatalf("lab %s: %v\n%s", strings.Join(arguments, " "), err, output)
	}
	return strings.TrimSpace(output)
}

// try returns standard output, and both together where the lab fails.
func (h harness) try(arguments ...string) (string, error) {
	var stdout, both bytes.Buffer
	command := exec.Command(h.binary, arguments...)
	command.Stdout, command.Stderr = writers{&stdout, &both}, &both
	if err := command.Run(); err != nil {
		return both.String(), err
	}
	return stdout.String(), nil
}

type writers []*bytes.Buffer

func (w writers) Write(content []byte) (int, error) {
	for _, one := range w {
		one.Write(content)
	}
	return len(content), nil
}

// up boots a cluster that is taken down after the test at the latest.
func (h harness) up(t *testing.T, name string, arguments ...string) {
	t.Helper()
	t.Cleanup(func() { h.run(t, "down", "--name", name) })
	start := time.Now()
	h.run(t, append([]string{"up", "--name", name}, arguments...)...)
	t.Logf("%s is up after %s", name, time.Since(start).Round(100*time.Millisecond))
	if took := time.Since(start); took > 60*time.Second {
		t.Errorf("booting took %s", took)
	}
}

// down takes a cluster down and looks for leftovers.
func (h harness) down(t *testing.T, name string) {
	t.Helper()
	before := look(t, name)
	start := time.Now()
	h.run(t, "down", "--name", name)
	t.Logf("%s is down after %s", name, time.Since(start).Round(100*time.Millisecond))
	if took := time.Since(start); took > 15*time.Second {
		t.Errorf("taking it down took %s", took)
	}
	before.gone(t)
}

func (h harness) kubectl(t *testing.T, name string, arguments ...string) string {
	t.Helper()
	kubectl := filepath.Join(h.run(t, "bin"), "kubectl")
	kubeconfig := h.run(t, "kubeconfig", "--name", name)
	output, err := exec.Command(kubectl, append([]string{"--kubeconfig", kubeconfig}, arguments...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("kubectl %s: %v\n%s", strings.Join(arguments, " "), err, output)
	}
	return strings.TrimSpace(string(output))
}

func (h harness) status(t *testing.T, name string) cluster.Status {
	t.Helper()
	var status cluster.Status
	if err := json.Unmarshal([]byte(h.run(t, "status", "--name", name, "-o", "json")), &status); err != nil {
		t.Fatal(err)
	}
	return status
}

// interrupt starts to boot a cluster, sends a signal when the step called
// step begins to be done, and returns how the lab ended.
func (h harness) interrupt(t *testing.T, name, step string, signal syscall.Signal) error {
	t.Helper()
	t.Cleanup(func() { h.run(t, "down", "--name", name) })
	log := filepath.Join(t.TempDir(), "log")
	file, err := os.Create(log)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	command := exec.Command(h.binary, "up", "--name", name)
	command.Stderr = file
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		if content, err := os.ReadFile(log); err == nil && strings.Contains(string(content), "✔ "+step) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%q was never done", step)
		}
	}
	time.Sleep(500 * time.Millisecond) // into the next step
	if err := command.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
	return command.Wait()
}
