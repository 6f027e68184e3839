package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/e2e/internal/harness"
)

// What is expected of one rule is so, and of the other it is not; of what nobody saw
// neither is said.
func TestExpectations(t *testing.T) {
	t.Parallel()
	harness.Setup(t).OwnCluster(t)
	n := harness.New(t)
	n.Apply(read(t, "../scenarios/paths-inferred/manifest.yaml"))
	n.WaitFor("rollout status deployment/web", "wait ingress kept --for=jsonpath={.status.loadBalancer.ingress}")
	n.WaitForEndpoints("web", 2, 0)
	const head = "apiVersion: nettrace.dev/v1alpha1\nkind: Expectations\ntargets: [svc/web]\nexpect:\n"
	for name, c := range map[string]struct {
		rules string
		code  int
		says  []string
	}{
		"met": {"- status: 200\n- route: {object: ingress/stripped}\n  path: stripped\n- route: {kind: clusterip}\n  spread: even\n", 0,
			[]string{"✔ expected  status=200: met", "✔ expected  path=stripped: met on 1 of 1 ways", "✔ expected  spread=even: met on 2 of 2 ways"}},
		"not met": {"- route: {object: ingress/kept}\n  path: stripped\n- status: 200\n", 2,
			[]string{"✘ expected  path=stripped: not met on 1 of 1 ways", "/api (Prefix) from this machine: not stripped (inferred)", "✔ expected  status=200: met"}},
		"not observed": {"- route: {kind: gateway}\n  weights: 90/10\n- status: 200\n", 3,
			[]string{"? expected  weights=90/10: not observed: no way in was tested"}},
	} {
		file := filepath.Join(t.TempDir(), "expectations.yaml")
		if err := os.WriteFile(file, []byte(head+c.rules), 0o600); err != nil {
			t.Fatal(err)
		}
		r := n.Outside("-f", file)
		said := strings.Join(strings.Fields(r.Stdout), " ")
		for _, says := range c.says {
			if !strings.Contains(said, strings.Join(strings.Fields(says), " ")) {
				t.Errorf("%s: the report does not say %q", name, says)
			}
		}
		if r.Code != c.code {
			t.Errorf("%s: exit code %d, want %d", name, r.Code, c.code)
		}
	}
}
