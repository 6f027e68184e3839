package e2e

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/e2e/internal/harness"
)

// Two Deployments are rolled out again while they are watched. The pods of one are
// ready before they listen, and requests fail; those of the other are asked whether they
// are ready, and serve on while they end, and none does.
func TestWatchRollouts(t *testing.T) {
	t.Parallel()
	n := rollouts(t)
	p := n.Start("svc/hasty", "svc/graceful", "--path", "/hostname", "--watch", "--local=false")
	shows := func(what string, lines ...string) {
		t.Helper()
		n.Eventually(what, func() error {
			for _, line := range lines {
				if !regexp.MustCompile(line).MatchString(p.Stdout()) {
					return fmt.Errorf("no line says %q", line)
				}
			}
			return nil
		})
	}
	shows("both are watched", "hasty: healthy", "graceful: healthy")
	n.Must("rollout", "restart", "deployment/hasty", "deployment/graceful")
	n.WaitFor("rollout status deployment/hasty", "rollout status deployment/graceful")
	shows("the old pods go, and the failures are told", `hasty-\S+ is new, and\s+is\s+ready`, `hasty-\S+ is gone`, `graceful-\S+ is gone`, `hasty: clusterip 10\.`)
	p.SignalGroup(syscall.SIGINT)
	r := p.Wait()
	if r.Code != 2 {
		t.Errorf("exit code %d, want 2", r.Code)
	}
	said := strings.Join(strings.Fields(r.Stdout), " ")
	for _, says := range []string{
		`/hasty, watched for \d\S+: \d+ requests through the Service, [1-9]\d* failed`,
		`✘ \S+ clusterip \S+: refused x\d+`,
		`hasty-\S+ is new, and is ready`,
		`hasty-\S+ \S+ is ready \(\d+ requests failed then\)`,
		`/graceful, watched for \d\S+: [1-9]\d* requests through the Service, 0 failed`,
		`graceful-\S+ \S+ is ready, \S+ is terminating, \S+ is gone`,
	} {
		if !regexp.MustCompile(says).MatchString(said) {
			t.Errorf("the summary does not say %s", says)
		}
	}
	n.Eventually("no probe is left", func() error {
		if left := n.Must("get", "jobs,pods", "-l", "nettrace.dev/run", "-o", "name"); left != "" {
			return fmt.Errorf("left behind: %s", left)
		}
		return nil
	})
}

// A watch ends by itself, and its lines are objects for programs.
func TestWatchForAWhile(t *testing.T) {
	t.Parallel()
	n := rollouts(t)
	before := n.Objects()
	r := n.Nettrace("svc/graceful", "--path", "/hostname", "--watch", "--watch-for", "1s", "--local=false", "-o", "json")
	if r.Code != 0 {
		t.Errorf("exit code %d, want 0", r.Code)
	}
	kinds := map[string]int{}
	for line := range strings.Lines(r.Stdout) {
		var object struct {
			Service string
			Event   *struct{ Kind, Text string }
			Summary *struct{ Sent, Failed int }
		}
		if err := json.Unmarshal([]byte(line), &object); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		switch {
		case object.Event != nil:
			kinds[object.Event.Kind]++
		case object.Summary != nil && object.Summary.Sent > 0 && object.Summary.Failed == 0 && object.Service == n.Name+"/graceful":
			kinds["summary"]++
		}
	}
	if kinds["verdict"] != 1 || kinds["summary"] != 1 {
		t.Errorf("events %v, want one verdict and one summary in which something was sent and nothing failed", kinds)
	}
	refused(t, n.Nettrace("svc/none", "--watch", "--local=false"), "none")
	refused(t, n.Nettrace("svc/graceful", "--watch", "--expect", "status=200", "--local=false"), "--watch traces again and again")
	n.CleanedUp(before)
}

func rollouts(t *testing.T) *harness.Namespace {
	t.Helper()
	n := harness.New(t)
	n.Apply(read(t, "testdata/rollout.yaml"))
	n.WaitFor("rollout status deployment/hasty", "rollout status deployment/graceful")
	n.WaitForEndpoints("hasty", 2, 0)
	n.WaitForEndpoints("graceful", 2, 0)
	n.Eventually("the pods of hasty listen", func() error {
		if r := n.Nettrace("svc/hasty", "--path", "/hostname", "--requests", "4", "--local=false"); r.Code != 0 {
			return fmt.Errorf("exit code %d", r.Code)
		}
		return nil
	})
	return n
}
