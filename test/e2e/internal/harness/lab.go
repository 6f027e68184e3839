package harness

import (
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// Lab runs the command that controls the cluster's machines, and ends the test
// when it fails. On a cluster that is not ours to break the test is skipped.
func (n *Namespace) Lab(args ...string) {
	n.t.Helper()
	if r := run(n.t.Context(), "", n.lab(n.t, args)...); r.Code != 0 {
		n.t.Fatal(r)
	}
}

// Mend returns a function that runs the lab's command to put right what a test
// breaks. It runs when the test has ended, too, if the test has not called it.
func (n *Namespace) Mend(args ...string) func() {
	n.t.Helper()
	line := n.lab(n.t, args)
	mend := sync.OnceFunc(func() {
		if r := run(context.Background(), "", line...); r.Code != 0 {
			n.t.Errorf("mending the cluster: %v", r)
		}
	})
	n.t.Cleanup(mend)
	return mend
}

func (n *Namespace) lab(t testing.TB, args []string) []string {
	t.Helper()
	return append([]string{n.OwnCluster(t), "--name", or("NETTRACE_LAB_NAME", "lab")}, args...)
}

// PluginImage gives the nodes an image of the plugin that is under test, and
// returns its name.
func (n *Namespace) PluginImage() string {
	n.t.Helper()
	n.OwnCluster(n.t)
	binary, err := exec.LookPath("kubectl-nettrace")
	if err != nil {
		n.t.Fatal(err)
	}
	name := "registry.nettrace.test/plugin:" + strings.TrimPrefix(n.Name, Prefix)
	tarball := filepath.Join(n.t.TempDir(), "plugin.tar")
	n.Lab("image", "--binary", binary, "--name", name, "-o", tarball)
	n.Lab("load", tarball)
	return name
}
