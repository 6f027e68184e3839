// Package instance knows where a cluster of one name keeps what, and what
// must outlive the process that started it.
package instance

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/cgroup"
	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/fabric"
	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/kernel"
	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/lock"
)

// Instance is one cluster, running or not.
type Instance struct {
	Name string
	root string // of all instances
}

// State is what a later run needs to know of a cluster.
type State struct {
	Index  int    `json:"index"` // chooses its addresses
	Nodes  []Node `json:"nodes"`
	Booted bool   `json:"booted"` // false until all of it worked
}

// Node is one node as it was asked for.
type Node struct {
	Name      string `json:"name"`
	Number    int    `json:"number"`
	ProxyMode string `json:"proxyMode"`
}

// ErrNone is returned where there is no such cluster.
var ErrNone = errors.New("no cluster of this name is up")

// Open returns the instance called name, which need not exist yet.
func Open(name string) (*Instance, error) {
	// The name becomes part of file names and, before a dot, of namespaces'.
	if !regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,18}[a-z0-9])?$`).MatchString(name) {
		return nil, fmt.Errorf("naming the cluster %q: use at most 20 letters, digits and dashes", name)
	}
	root := os.Getenv("NETTRACE_LAB_RUN")
	if root == "" {
		root = "/var/lib/kubectl-nettrace-lab"
	}
	root, err := filepath.Abs(root)
	if err != nil {
		return nil, fmt.Errorf("finding the run directory: %w", err)
	}
	return &Instance{Name: name, root: root}, nil
}

// Directory returns where everything of the instance is.
func (i *Instance) Directory() string { return filepath.Join(i.root, i.Name) }

// Path returns a path below the instance's directory.
func (i *Instance) Path(elements ...string) string {
	return filepath.Join(append([]string{i.Directory()}, elements...)...)
}

// Mark is in the environment of every process of the instance.
func (i *Instance) Mark() string { return "NETTRACE_LAB_INSTANCE=" + i.Directory() }

// NamespacePrefix begins the names of the instance's network namespaces, and
// of no other instance's, because a name has no dot.
func (i *Instance) NamespacePrefix() string { return "nettrace." + i.Name + "." }

// Namespace returns the network namespace of one of the cluster's machines.
func (i *Instance) Namespace(machine string) string { return i.NamespacePrefix() + machine }

// Lock keeps other runs from starting or ending the same instance meanwhile.
func (i *Instance) Lock(ctx context.Context) (*lock.Lock, error) {
	if err := os.MkdirAll(i.root, 0o755); err != nil {
		return nil, fmt.Errorf("making the run directory: %w", err)
	}
	return lock.Acquire(ctx, filepath.Join(i.root, "."+i.Name+".lock"))
}

// Create makes the instance's directory and gives it addresses that no
// other instance has.
func (i *Instance) Create(ctx context.Context, nodes []Node) (State, error) {
	held, err := i.lockAll(ctx)
	if err != nil {
		return State{}, err
	}
	defer held.Release()
	taken, err := i.takenIndexes()
	if err != nil {
		return State{}, err
	}
	index, err := freeIndex(taken)
	if err != nil {
		return State{}, err
	}
	if err := kernel.Save(i.settings()); err != nil {
		return State{}, err
	}
	for _, directory := range []string{"logs", "processes", "control-plane"} {
		if err := os.MkdirAll(i.Path(directory), 0o755); err != nil {
			return State{}, fmt.Errorf("making the instance's directory: %w", err)
		}
	}
	state := State{Index: index, Nodes: nodes}
	return state, i.Save(state)
}

// Remove removes the instance's directory, from which all must be unmounted
// and ended, and after the last instance also what all of them share.
func (i *Instance) Remove() error {
	held, err := i.lockAll(context.Background())
	if err != nil {
		return err
	}
	defer held.Release()
	if err := os.RemoveAll(i.Directory()); err != nil {
		return fmt.Errorf("removing the instance's directory: %w", err)
	}
	taken, err := i.takenIndexes()
	if err != nil || len(taken) > 0 {
		return err
	}
	return errors.Join(kernel.Restore(i.settings()), cgroup.RemoveEmpty(containerGroup))
}

// containerGroup is where containerd puts the control groups of containers.
const containerGroup = "/k8s.io"

// settings is the file that remembers the kernel's settings.
func (i *Instance) settings() string { return filepath.Join(i.root, ".settings.json") }

// lockAll keeps the set of instances as it is. It is held for moments only.
func (i *Instance) lockAll(ctx context.Context) (*lock.Lock, error) {
	return lock.Acquire(ctx, filepath.Join(i.root, ".instances.lock"))
}

// LockKubelets lets one kubelet at a time start on the machine, whatever instance
// it is of: they share a path that they cannot be told to change.
func (i *Instance) LockKubelets(ctx context.Context) (*lock.Lock, error) {
	return lock.Acquire(ctx, filepath.Join(i.root, ".kubelets.lock"))
}

func (i *Instance) takenIndexes() (map[int]bool, error) {
	files, err := filepath.Glob(filepath.Join(i.root, "*", "state.json"))
	if err != nil {
		return nil, fmt.Errorf("listing the instances: %w", err)
	}
	taken := map[int]bool{}
	for _, file := range files {
		other := Instance{Name: filepath.Base(filepath.Dir(file)), root: i.root}
		state, err := other.State()
		if err != nil {
			return nil, err
		}
		taken[state.Index] = true
	}
	return taken, nil
}

func freeIndex(taken map[int]bool) (int, error) {
	for index := range fabric.MaxInstances {
		if !taken[index] {
			return index, nil
		}
	}
	return 0, fmt.Errorf("finding free addresses: %d clusters have all", fabric.MaxInstances)
}

// State returns what is known of the instance, or ErrNone.
func (i *Instance) State() (State, error) {
	var state State
	content, err := os.ReadFile(i.Path("state.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return state, fmt.Errorf("finding cluster %s: %w", i.Name, ErrNone)
	}
	if err != nil {
		return state, fmt.Errorf("reading the state of %s: %w", i.Name, err)
	}
	if err := json.Unmarshal(content, &state); err != nil {
		return state, fmt.Errorf("parsing the state of %s: %w", i.Name, err)
	}
	return state, nil
}

// Save replaces what is known, at once.
func (i *Instance) Save(state State) error {
	content, err := json.MarshalIndent(state, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding the state of %s: %w", i.Name, err)
	}
	if err := os.WriteFile(i.Path("state.json.new"), content, 0o644); err != nil {
		return fmt.Errorf("saving the state of %s: %w", i.Name, err)
	}
	if err := os.Rename(i.Path("state.json.new"), i.Path("state.json")); err != nil {
		return fmt.Errorf("saving the state of %s: %w", i.Name, err)
	}
	return nil
}
