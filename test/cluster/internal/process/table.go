// Package process starts background processes and ends exactly those.
//
// Each is remembered in a file of its own with id, start time and boot, and
// is looked at again before it gets any signal: a process that merely has the
// same id later is left alone. Names are never used to find a process.
// In addition, each carries a mark in its environment, which its own children
// inherit, so that also what was started in the moment before a crash, and
// daemons' helpers that outlive them, are found.
package process

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/namespace"
)

// Spec is what to start.
type Spec struct {
	Machine   string   `json:"machine"`             // on which of the cluster's machines
	Daemon    string   `json:"daemon"`              // what it is there
	Namespace string   `json:"namespace,omitempty"` // empty: the real machine's
	Args      []string `json:"args"`
	Log       string   `json:"log"`
	// Listen is an address of the real machine, on which a socket is opened
	// there and handed over as descriptor 3. Port 0 chooses a free one.
	Listen string `json:"listen,omitempty"`
}

// Name tells it from the other processes of the instance.
func (s Spec) Name() string { return s.Machine + "." + s.Daemon }

// Record is a process that was started.
type Record struct {
	Spec
	Identity Identity  `json:"identity"`
	Started  time.Time `json:"started"`
	Stopped  bool      `json:"stopped,omitempty"` // on purpose
}

// Table is the processes of one instance.
type Table struct {
	Directory string // of the records
	Mark      string // VARIABLE=VALUE
}

// Start starts what spec says in the background and remembers it.
func (t Table) Start(spec Spec) (Record, error) {
	log, err := os.OpenFile(spec.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return Record{}, fmt.Errorf("opening the log of %s: %w", spec.Name(), err)
	}
	defer func() { _ = log.Close() }()
	command := t.command(spec, log)
	if spec.Listen != "" {
		socket, address, err := listen(spec.Listen)
		if err != nil {
			return Record{}, fmt.Errorf("opening the socket of %s: %w", spec.Name(), err)
		}
		defer func() { _ = socket.Close() }()
		command.ExtraFiles, spec.Listen = []*os.File{socket}, address
	}
	if err := startIn(spec.Namespace, command); err != nil {
		return Record{}, fmt.Errorf("starting %s: %w", spec.Name(), err)
	}
	identity, err := Identify(command.Process.Pid)
	// So that its end is seen at once and it never stays a zombie.
	go func() { _ = command.Wait() }()
	if err != nil {
		return Record{}, fmt.Errorf("starting %s: %w", spec.Name(), err)
	}
	record := Record{Spec: spec, Identity: identity, Started: time.Now()}
	return record, t.save(record)
}

func (t Table) command(spec Spec, log *os.File) *exec.Cmd {
	// No context of the caller: it is meant to outlive the caller.
	command := exec.CommandContext(context.Background(), spec.Args[0], spec.Args[1:]...)
	command.Stdout, command.Stderr = log, log
	// Not the caller's environment: proxies and the like set there would
	// lead the daemons astray.
	command.Env = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", t.Mark}
	// A session of its own: Ctrl-C on the terminal is for the lab only.
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	return command
}

// listen opens a socket in the calling thread's namespace: the machine's.
func listen(address string) (*os.File, string, error) {
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", address)
	if err != nil {
		return nil, "", err
	}
	defer func() { _ = listener.Close() }()
	socket, err := listener.(*net.TCPListener).File()
	return socket, listener.Addr().String(), err
}

func startIn(name string, command *exec.Cmd) error {
	if name == "" {
		return command.Start()
	}
	return namespace.Do(name, command.Start)
}

// Get returns what is remembered of the daemon on a machine.
func (t Table) Get(machine, daemon string) (Record, error) {
	var record Record
	content, err := os.ReadFile(t.file(Spec{Machine: machine, Daemon: daemon}))
	if errors.Is(err, fs.ErrNotExist) {
		return record, fmt.Errorf("finding %s on %s: the lab has not started such a process", daemon, machine)
	}
	if err != nil {
		return record, fmt.Errorf("finding %s on %s: %w", daemon, machine, err)
	}
	if err := json.Unmarshal(content, &record); err != nil {
		return record, fmt.Errorf("reading what is known of %s on %s: %w", daemon, machine, err)
	}
	return record, nil
}

// List returns all that is remembered, in the order of starting.
func (t Table) List() ([]Record, error) {
	files, err := filepath.Glob(filepath.Join(t.Directory, "*.json"))
	if err != nil {
		return nil, fmt.Errorf("listing processes: %w", err)
	}
	var records []Record
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("listing processes: %w", err)
		}
		var record Record
		if err := json.Unmarshal(content, &record); err != nil {
			return nil, fmt.Errorf("reading %s: %w", filepath.Base(file), err)
		}
		records = append(records, record)
	}
	slices.SortFunc(records, func(a, b Record) int {
		return cmp.Or(a.Started.Compare(b.Started), cmp.Compare(a.Name(), b.Name()))
	})
	return records, nil
}

// Stop ends a daemon and remembers that this was on purpose.
func (t Table) Stop(record Record) error {
	if err := End(3*time.Second, record.Identity); err != nil {
		return fmt.Errorf("stopping %s: %w", record.Name(), err)
	}
	record.Stopped = true
	return t.save(record)
}

func (t Table) file(spec Spec) string { return filepath.Join(t.Directory, spec.Name()+".json") }

// save replaces the file at once, so that a crash leaves the old or the new.
func (t Table) save(record Record) error {
	content, err := json.MarshalIndent(record, "", "  ")
	if err != nil {
		return fmt.Errorf("remembering %s: %w", record.Name(), err)
	}
	temporary := t.file(record.Spec) + ".new"
	if err := os.WriteFile(temporary, content, 0o644); err != nil {
		return fmt.Errorf("remembering %s: %w", record.Name(), err)
	}
	if err := os.Rename(temporary, t.file(record.Spec)); err != nil {
		return fmt.Errorf("remembering %s: %w", record.Name(), err)
	}
	return nil
}
