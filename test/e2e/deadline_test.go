package e2e

import (
	"strings"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/e2e/internal/harness"
)

// TestDeadline gives a run less time than its plan takes, or its requests more.
func TestDeadline(t *testing.T) {
	t.Parallel()
	n := smallShop(t)
	t.Run("shorter than the plan", func(t *testing.T) {
		t.Parallel()
		r := traced(t, n, 0, "svc/web", "--requests", "2000", "--rate", "20", "--deadline", "3s")
		total := 0
		for _, c := range r.Cells {
			total += c.Sent
			counted := c.Unknown
			for _, a := range c.Answers {
				counted += a.Count
			}
			if c.OK > c.Sent || counted != c.OK && c.Kind != "dns" {
				t.Errorf("%s: %d sent, %d fine, %d answers", c.Name(), c.Sent, c.OK, counted)
			}
		}
		total += r.Controlled()
		// 20 a second for 3 seconds, and the first of each probe at once.
		if r.Load.Requests != total || total == 0 || total > 20*3+2 {
			t.Errorf("%d requests are said to be sent, the cells have %d, at most 62 can be", r.Load.Requests, total)
		}
		for _, v := range r.Vantages {
			if v.Stopped != "deadline" || !strings.Contains(strings.Join(r.Notes, "\n"), v.Name+" reached --deadline") {
				t.Errorf("it is not said of %s that it reached the deadline: %q, %q", v.Name, v.Stopped, r.Notes)
			}
		}
	})
	t.Run("shorter than the plan, as a table", func(t *testing.T) {
		t.Parallel()
		r := n.Nettrace("svc/web", "--requests", "2000", "--rate", "20", "--deadline", "3s")
		if said := strings.Join(strings.Fields(r.Stdout), " "); r.Code != 0 || !strings.Contains(said, "reached --deadline before it had sent all requests") {
			t.Errorf("the table does not say that the deadline was reached: %v", r)
		}
	})
	t.Run("too short for anything", func(t *testing.T) {
		t.Parallel()
		r := n.Nettrace("svc/web", "--deadline", "1ns")
		if strings.Contains(r.Stdout, "HEALTHY") || r.Code == 0 || r.Code == 2 {
			t.Errorf("nothing can have been sent: %v", r)
		}
	})
	t.Run("shorter than the timeout", func(t *testing.T) {
		t.Parallel()
		hung(t, harness.New(t))
	})
}

// hung traces a server that never answers, with less time for the whole run than
// for a single request.
func hung(t *testing.T, n *harness.Namespace) {
	t.Helper()
	n.Apply(strings.ReplaceAll(read(t, "testdata/hostile.yaml"), "MODE", "hang"))
	n.WaitFor("rollout status deployment/hang")
	n.WaitForEndpoints("hang", 1, 0)
	before := n.Objects()
	r := n.Nettrace("svc/hang", "--timeout", "1h", "--deadline", "3s")
	if strings.Contains(r.Stdout, "HEALTHY") || r.Code == 0 {
		t.Errorf("nothing was answered: %v", r)
	}
	if said := strings.Join(strings.Fields(r.Stdout+r.Stderr), " "); !strings.Contains(said, "--deadline") {
		t.Errorf("it is not said that the deadline cut the requests off: %v", r)
	}
	n.NothingLeft(before)
}
