package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestKubeconfigs finds the cluster and the namespace in every way that kubectl
// knows.
func TestKubeconfigs(t *testing.T) {
	t.Parallel()
	n := smallShop(t)
	before := n.Objects()
	bare := n.Kubeconfig()
	path := n.WriteKubeconfig(bare)
	bare.Contexts[0].Context["namespace"] = n.Name
	settled := n.WriteKubeconfig(bare)
	bare.Current = ""
	chosen := n.WriteKubeconfig(bare)
	context := bare.Contexts[0].Name
	users, rest := split(bare.Users, bare.Clusters, bare.Contexts, context)
	several := n.WriteKubeconfig(users) + string(os.PathListSeparator) + filepath.Join(t.TempDir(), "missing") + string(os.PathListSeparator) + n.WriteKubeconfig(rest)
	trace := fmt.Sprintf("nettrace svc/web --requests 3 --image %s", n.Probe) + " " + n.Here()
	for name, line := range map[string]string{
		"namespace by flag":          fmt.Sprintf("kubectl %s --kubeconfig %s -n %s", trace, path, n.Name),
		"namespace of the context":   fmt.Sprintf("kubectl %s --kubeconfig %s", trace, settled),
		"context by flag":            fmt.Sprintf("kubectl %s --kubeconfig %s --context %s", trace, chosen, context),
		"from standard input":        fmt.Sprintf("cat %s | kubectl %s --kubeconfig /dev/stdin", settled, trace),
		"from a file as input":       fmt.Sprintf("kubectl %s --kubeconfig /dev/stdin < %s", trace, settled),
		"directly, from input":       fmt.Sprintf("cat %s | kubectl-%s --kubeconfig /dev/stdin", settled, trace),
		"from a substituted process": fmt.Sprintf("bash -c 'kubectl %s --kubeconfig <(cat %s)'", trace, settled),
		"KUBECONFIG of input":        fmt.Sprintf("cat %s | KUBECONFIG=/dev/stdin kubectl %s", settled, trace),
		"KUBECONFIG of several":      fmt.Sprintf("KUBECONFIG=%s kubectl %s", several, trace),
		"TYPE NAME":                  fmt.Sprintf("kubectl nettrace service web --requests 3 --image %s --kubeconfig %s %s", n.Probe, settled, n.Here()),
		"as the tests' own user":     fmt.Sprintf("kubectl %s --kubeconfig %s --as nettrace-e2e --as-group system:masters", trace, settled),
	} {
		t.Run(name, func(t *testing.T) {
			if r := n.Shell(line); r.Code != 0 || r.Stderr != "" || !strings.Contains(r.Stdout, "HEALTHY") {
				t.Errorf("want a healthy report: %v", r)
			}
		})
	}
	t.Run("no namespace anywhere", func(t *testing.T) {
		refused(t, n.Shell(fmt.Sprintf("kubectl nettrace svc/web-%s --kubeconfig %s", n.Name, path)), `namespace "default"`)
	})
	t.Run("as somebody without rights", func(t *testing.T) {
		refused(t, n.Shell(fmt.Sprintf("kubectl %s --kubeconfig %s --as nobody", trace, settled)), "nobody", "These rights are missing:", "get services")
	})
	t.Run("cleanup, from standard input", func(t *testing.T) {
		if r := n.Shell(fmt.Sprintf("kubectl nettrace cleanup --kubeconfig /dev/stdin < %s", settled)); r.Code != 0 || r.Stdout != "nothing to remove\n" {
			t.Errorf("want nothing to remove: %v", r)
		}
	})
	n.NothingLeft(before)
}

// split makes two kubeconfigs of one: the users, and the rest.
func split(users, clusters, contexts any, current string) (map[string]any, map[string]any) {
	return map[string]any{"apiVersion": "v1", "kind": "Config", "users": users},
		map[string]any{"apiVersion": "v1", "kind": "Config", "clusters": clusters, "contexts": contexts, "current-context": current}
}
