package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/e2e/internal/harness"
)

// TestInCluster runs the plugin in a pod, with a ServiceAccount that has the
// documented role and nothing else.
func TestInCluster(t *testing.T) {
	t.Parallel()
	n := smallShop(t)
	image := n.PluginImage()
	_, user := n.User("tracer")
	apply(t, n, harness.Result{Stderr: "This grants them (or ask somebody who may):\n\n" + documentedRole(t, n)}, user)

	t.Run("traces", func(t *testing.T) {
		before := n.Objects()
		inside(n, image, "once", "svc/web", "--requests=3")
		n.WaitFor("wait --for=jsonpath={.status.phase}=Succeeded pod/once")
		said := n.Must("logs", "once")
		if !strings.Contains(said, "svc/web -n "+n.Name) || !strings.Contains(said, "HEALTHY") {
			t.Errorf("want a healthy report: %s", said)
		}
		presentable(t, said)
		n.Must("delete", "pod", "once")
		n.NothingLeft(before)
	})
	t.Run("is deleted while it sends", func(*testing.T) {
		before := n.Objects()
		inside(n, image, "stopped", long()...)
		awaitProbes(n, 2)
		n.Must("delete", "pod", "stopped", "--wait=false")
		n.NothingLeft(before)
	})
}

// inside starts the plugin in a pod.
func inside(n *harness.Namespace, image, name string, args ...string) {
	args = append(args, "--image="+n.Probe)
	n.Apply(fmt.Sprintf(`
apiVersion: v1
kind: Pod
metadata: {name: %s}
spec:
  serviceAccountName: tracer
  restartPolicy: Never
  containers:
  - {name: plugin, image: %q, args: [%s]}
`, name, image, `"`+strings.Join(args, `", "`)+`"`))
}

// documentedRole returns the role of docs/rbac.md, for the namespace.
func documentedRole(t *testing.T, n *harness.Namespace) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "rbac.md"))
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindStringSubmatch(string(text))
	if block == nil {
		t.Fatal("docs/rbac.md has no role")
	}
	return strings.ReplaceAll(block[1], "NAMESPACE", n.Name)
}
