package e2e

import (
	"slices"
	"strings"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/e2e/internal/harness"
	"github.com/kubectl-nettrace/kubectl-nettrace/test/e2e/internal/report"
)

// TestUnknownNode wants a probe on a node that does not exist, with and without
// the right to look.
func TestUnknownNode(t *testing.T) {
	t.Parallel()
	n := smallShop(t)
	_, user := n.User("blind")
	apply(t, n, harness.Result{Stderr: "This grants them (or ask somebody who may):\n\n" + documentedRole(t, n)}, user)
	before := n.Objects()
	refused(t, n.Nettrace("svc/web", "--from", "nowhere"), `the cluster has no node "nowhere"; it has `, "--from nowhere")
	refused(t, n.Nettrace("svc/web", "--from", "space@node-1"), "--from space@node-1: a vantage is NODE or pod@NODE, node@NODE, or local")
	r := n.Nettrace("svc/web", "--from", "nowhere", "--as", user, "--start-timeout", "8s")
	refused(t, r, "on node nowhere", "--from")
	n.NothingLeft(before)
}

// The tests below disturb the whole cluster. Tests that are not parallel run
// before all that are.

// TestReluctantNodes keeps ordinary pods away from a node: from there traffic
// has to be seen all the same.
func TestReluctantNodes(t *testing.T) {
	n := smallShop(t)
	n.OwnCluster(t)
	node := nodes(n)[1]
	n.Must("patch", "deployment", "web", "-p", `{"spec":{"template":{"spec":{"tolerations":[{"operator":"Exists"}]}}}}`)
	n.WaitFor("rollout status deployment/web")
	for name, c := range map[string]struct{ do, undo []string }{
		"cordoned":               {[]string{"cordon", node}, []string{"uncordon", node}},
		"taint NoSchedule":       {[]string{"taint", "node", node, "nettrace.dev/test=:NoSchedule"}, []string{"taint", "node", node, "nettrace.dev/test:NoSchedule-"}},
		"taint NoExecute":        {[]string{"taint", "node", node, "nettrace.dev/test=:NoExecute"}, []string{"taint", "node", node, "nettrace.dev/test:NoExecute-"}},
		"taint PreferNoSchedule": {[]string{"taint", "node", node, "nettrace.dev/test=:PreferNoSchedule"}, []string{"taint", "node", node, "nettrace.dev/test:PreferNoSchedule-"}},
	} {
		t.Run(name, func(t *testing.T) {
			n.WaitForEndpoints("web", 2, 0)
			before := n.Objects()
			n.Must(c.do...)
			r := n.Nettrace("svc/web", "--requests", "3", "--from", node, "-o", "json")
			n.Must(c.undo...)
			got, err := report.Parse(r.Stdout)
			if err != nil || r.Code != 0 || len(got.Vantages) != 1 || vantage(got, node) == nil {
				t.Errorf("want a healthy report of what was seen from %s: %v", node, r)
			}
			n.NothingLeft(before)
		})
	}
}

// TestDeadNode stops a node's kubelet: before a run, which then does without
// that node, and in the middle of one.
func TestDeadNode(t *testing.T) {
	n := smallShop(t)
	n.OwnCluster(t)
	all := nodes(n)
	dead, alive := all[1], all[0]
	before := n.Objects()
	mend := n.Mend("start", dead, "kubelet")

	run := n.Start("svc/web", "--requests", "2000", "--rate", "20", "--deadline", "25s", "-o", "json")
	awaitProbes(n, 2)
	n.Lab("stop", dead, "kubelet")
	n.WaitFor("wait --for=condition=Ready=Unknown node/" + dead)

	r := n.Nettrace("svc/web", "--from", dead)
	refused(t, r, "node "+dead+" is not ready", "--from "+dead)
	chosen := n.Nettrace("svc/web", "--requests", "3", "-o", "json")
	got, err := report.Parse(chosen.Stdout)
	if err != nil {
		t.Fatal(err)
	}
	if vantage(got, dead) != nil || vantage(got, alive) == nil {
		t.Errorf("the probes should run on %s alone: %+v", alive, got.Vantages)
	}

	cut := run.Wait()
	if cut.Code != 1 {
		t.Errorf("exit code %d of the run that the node died in, want 1", cut.Code)
	}
	oneMessage(t, cut, "on node "+dead, "the log of the probe broke off", "cannot be read on")
	partial(t, cut, map[string]bool{dead: true})
	mend()
	n.WaitFor("wait --for=condition=Ready node/" + dead)
	n.NothingLeft(before)
}

func nodes(n *harness.Namespace) []string {
	names := strings.Fields(n.Must("get", "nodes", "-o", "jsonpath={.items[*].metadata.name}"))
	slices.Sort(names)
	return names
}

func vantage(r *report.Report, node string) any {
	for _, v := range r.Vantages {
		if v.Node == node {
			return v
		}
	}
	return nil
}
