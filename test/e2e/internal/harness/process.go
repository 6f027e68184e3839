package harness

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Process is a run of the plugin that is still going on.
type Process struct {
	n              *Namespace
	command        *exec.Cmd
	args           []string
	stdout, stderr lockedBuffer
	ended          chan struct{}
	err            error
}

// Start begins a run of the plugin with the test's image of the probe. It is
// killed when the test ends before it does.
//
// kubectl makes way for the plugin where it can (execve), so that the process
// is the plugin; its process group is its own, as that of a shell's job is.
func (n *Namespace) Start(args ...string) *Process {
	n.t.Helper()
	line := n.plugin(append(args, "--image", n.Probe))
	p := &Process{n: n, args: line, ended: make(chan struct{})}
	p.command = exec.CommandContext(context.WithoutCancel(n.t.Context()), line[0], line[1:]...)
	p.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	p.command.Stdout, p.command.Stderr = &p.stdout, &p.stderr
	if err := p.command.Start(); err != nil {
		n.t.Fatal("starting the plugin:", err)
	}
	go func() {
		p.err = p.command.Wait()
		close(p.ended)
	}()
	n.t.Cleanup(p.kill)
	return p
}

// Signal sends a signal to the plugin alone.
func (p *Process) Signal(signal os.Signal) {
	p.n.t.Helper()
	if err := p.command.Process.Signal(signal); err != nil {
		p.n.t.Fatalf("sending %v to the plugin: %v\n%s", signal, err, p.stderr.String())
	}
}

// SignalAgain sends another signal, unless the plugin has already ended by the first.
func (p *Process) SignalAgain(signal os.Signal) {
	p.n.t.Helper()
	if err := p.command.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.n.t.Fatalf("sending %v to the plugin again: %v\n%s", signal, err, p.stderr.String())
	}
}

// SignalGroup sends a signal to the process group, as a terminal does.
func (p *Process) SignalGroup(signal syscall.Signal) {
	p.n.t.Helper()
	if err := syscall.Kill(-p.command.Process.Pid, signal); err != nil {
		p.n.t.Fatalf("sending %v to the plugin's process group: %v", signal, err)
	}
}

// Wait returns what became of the run, and ends the test when it hangs.
func (p *Process) Wait() Result {
	p.n.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(patience):
		p.n.t.Fatalf("%s still runs after %s; on stderr: %s", strings.Join(p.args, " "), patience, p.stderr.String())
	}
	result := Result{Args: p.args, Stdout: p.stdout.String(), Stderr: p.stderr.String()}
	var exited *exec.ExitError
	switch {
	case p.err == nil:
	case errors.As(p.err, &exited):
		result.Code = exited.ExitCode() // -1 when a signal ended it
	default:
		result.Code = -1
		result.Stderr += fmt.Sprintf("running the command: %v\n", p.err)
	}
	return p.n.remember(result)
}

// Running reports whether the run has not ended yet.
func (p *Process) Running() bool {
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

func (p *Process) kill() {
	if p.Running() {
		_ = p.command.Process.Kill()
		<-p.ended
	}
}

// lockedBuffer can be read while it is written.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(text []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(text)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// Reached waits for what a test waits for while a run goes on, and ends the
// test when the run ends before, or it takes too long.
func (p *Process) Reached(t testing.TB, what string, event <-chan struct{}) {
	t.Helper()
	select {
	case <-event:
	case <-p.ended:
		t.Fatalf("the run ended before %s: %v", what, p.Wait())
	case <-time.After(bound):
		t.Fatalf("waiting for %s: nothing after %s", what, bound)
	}
}

// Stdout returns what the plugin has written until now.
func (p *Process) Stdout() string { return p.stdout.String() }
