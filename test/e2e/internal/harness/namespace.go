package harness

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"strings"
	"sync"
	"testing"
)

// Prefix starts the name of every namespace that a test makes.
const Prefix = "nettrace-e2e-"

// Namespace is a test's own place in the cluster.
type Namespace struct {
	Env
	Name string

	t    testing.TB
	mu   sync.Mutex
	runs []Result
}

// New makes a namespace that lives as long as the test.
func New(t testing.TB) *Namespace {
	t.Helper()
	n := &Namespace{Env: Setup(t), Name: Prefix + unique(t), t: t}
	n.Must("create", "namespace", n.Name)
	t.Cleanup(n.remove)
	return n
}

func unique(t testing.TB) string {
	id := make([]byte, 4)
	if _, err := rand.Read(id); err != nil {
		t.Fatal("making a name for the namespace:", err)
	}
	return hex.EncodeToString(id)
}

// remove prints what helps to understand a failure, and has the namespace
// deleted in the background.
func (n *Namespace) remove() {
	if n.t.Failed() {
		n.mu.Lock()
		for _, r := range n.runs {
			n.t.Log(r)
		}
		n.mu.Unlock()
		// The test's own context has ended by now.
		n.t.Log(run(context.Background(), "", n.kubectl([]string{"get", "all,endpointslices,events", "-o", "wide"})...))
	}
	deleted := run(context.Background(), "", "kubectl", "delete", "namespace", n.Name, "--wait=false")
	if deleted.Code != 0 {
		n.t.Errorf("deleting the namespace: %v", deleted)
	}
}

// Kubectl runs kubectl in the namespace.
func (n *Namespace) Kubectl(args ...string) Result {
	return run(n.t.Context(), "", n.kubectl(args)...)
}

func (n *Namespace) kubectl(args []string) []string {
	return append([]string{"kubectl", "--namespace", n.Name}, args...)
}

// Must runs kubectl in the namespace, ends the test when it fails, and returns
// what it prints.
func (n *Namespace) Must(args ...string) string {
	n.t.Helper()
	result := n.Kubectl(args...)
	if result.Code != 0 {
		n.t.Fatal(result)
	}
	return result.Stdout
}

// Apply creates the objects of a manifest, in which images go by ${AGNHOST} and
// the like, and the namespace by ${NAMESPACE}.
func (n *Namespace) Apply(manifest string) {
	n.t.Helper()
	result := run(n.t.Context(), strings.ReplaceAll(n.Images(manifest), "${NAMESPACE}", n.Name), n.kubectl([]string{"apply", "-f", "-"})...)
	if result.Code != 0 {
		n.t.Fatal(result)
	}
}

// Shell runs a command line as a user would who pastes it into a shell.
func (n *Namespace) Shell(line string) Result {
	return n.remember(run(n.t.Context(), "", "sh", "-c", line))
}

// Get reads objects of the namespace into v.
func (n *Namespace) Get(v any, args ...string) {
	n.t.Helper()
	text := n.Must(append([]string{"get", "-o", "json"}, args...)...)
	if err := json.Unmarshal([]byte(text), v); err != nil {
		n.t.Fatalf("reading what kubectl get %s printed: %v", strings.Join(args, " "), err)
	}
}

// Nettrace runs the plugin in the namespace with the test's image of the probe.
func (n *Namespace) Nettrace(args ...string) Result {
	return n.Plugin(append(args, "--image", n.Probe)...)
}

// Plugin runs the plugin in the namespace with these arguments and no others.
func (n *Namespace) Plugin(args ...string) Result {
	return n.remember(run(n.t.Context(), "", n.plugin(args)...))
}

// Outside runs the plugin with the test's image of the probe on a machine that is
// a client of the cluster: on one of our own, on its machine called client; else
// here.
func (n *Namespace) Outside(args ...string) Result {
	n.t.Helper()
	args = append(args, "--image", n.Probe)
	if n.Env.Lab == "" {
		return n.Plugin(args...)
	}
	inside := run(n.t.Context(), "", n.lab(n.t, []string{"kubeconfig", "--inside"})...)
	if inside.Code != 0 {
		n.t.Fatal(inside)
	}
	line := append(n.lab(n.t, []string{"exec", "client", "--"}),
		"kubectl", "nettrace", "--kubeconfig", strings.TrimSpace(inside.Stdout), "--namespace", n.Name)
	return n.remember(run(n.t.Context(), "", append(line, args...)...))
}

// plugin returns the command line of a run of the plugin. A cluster of our own
// has addresses that mean nothing on this machine, and whatever may answer to them
// out there is not to be asked.
func (n *Namespace) plugin(args []string) []string {
	line := append([]string{"kubectl", "nettrace", "--namespace", n.Name}, args...)
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") && args[0] != "cleanup" && args[0] != "version" {
		line = append(line, n.here()...)
	}
	return line
}

// here returns the flag that keeps a run from asking anything from this machine,
// on a cluster of our own.
func (n *Namespace) here() []string {
	if n.Env.Lab == "" {
		return nil
	}
	return []string{"--local=false"}
}

// Here is that flag in a command line.
func (n *Namespace) Here() string { return strings.Join(n.here(), " ") }

func (n *Namespace) remember(r Result) Result {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.runs = append(n.runs, r)
	return r
}
