package e2e

import (
	"regexp"
	"strings"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/e2e/internal/harness"
)

// TestWitness follows requests to pods that answer alike and log nothing, and reads the
// hops of one request of each route as the user does.
func TestWitness(t *testing.T) {
	t.Parallel()
	n := harness.New(t)
	n.Apply(read(t, "../scenarios/indistinguishable/manifest.yaml"))
	n.WaitFor("rollout status deployment/web")
	n.WaitForEndpoints("web", 3, 0)
	before := n.Objects()
	args := []string{"svc/web", "--logs=false", "--witness"}
	r := n.Nettrace(args...)
	if r.Code != 0 {
		t.Fatalf("exit code %d: %s", r.Code, r.Stderr)
	}
	if strings.Contains(r.Stdout, "unknown") {
		t.Errorf("who answered is unknown:\n%s", r.Stdout)
	}
	// From the first node to the pod: into the node by the probe's interface, out of it
	// by the pod's, with the address of the pod in the place of the Service's.
	ip := strings.ReplaceAll(n.Must("get", "service", "web", "-o", "jsonpath={.spec.clusterIP}"), ".", `\.`)
	for _, want := range []string{
		`clusterip ` + ip + `:\d+ from n1, request [0-9a-f]+-\d+-\d+-\d+\n`,
		` n1 veth\w+ +in +[0-9.]+:\d+ → ` + ip + `:\d+\n`,
		`\n +→ [abc] got GET /\S* for web\.\S+, answered 200\n`,
	} {
		if !regexp.MustCompile(want).MatchString(r.Stdout) {
			t.Errorf("the hops do not match %q:\n%s", want, r.Stdout)
		}
	}
	presentable(t, r.Stdout)
	n.NothingLeft(before)
}
