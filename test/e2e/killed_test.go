package e2e

import (
	"strings"
	"syscall"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/e2e/internal/harness"
)

// abandon kills a run that is sending its requests, so that it can do nothing
// about what it leaves.
func abandon(t *testing.T, n *harness.Namespace, args ...string) {
	t.Helper()
	run := n.Start(append(append([]string{"svc/web"}, "--requests", "2000", "--rate", "20"), args...)...)
	awaitProbes(n, 2)
	run.Signal(syscall.SIGKILL)
	if r := run.Wait(); r.Code != -1 {
		t.Fatalf("exit code %d of a run that was killed", r.Code)
	}
}

// TestKilledRunVanishes waits until the cluster itself has removed what a killed
// run left: at the plan's deadline, and the Job's time to live after it.
func TestKilledRunVanishes(t *testing.T) {
	t.Parallel()
	n := smallShop(t)
	before := n.Objects()
	abandon(t, n, "--deadline", "8s") // it must still run when it is killed
	n.NothingLeft(before)
}

// TestCleanupAfterKill removes by hand what a killed run left.
func TestCleanupAfterKill(t *testing.T) {
	t.Parallel()
	n := smallShop(t)
	before := n.Objects()
	abandon(t, n, "--deadline", "10m")

	preview := n.Plugin("cleanup", "--force", "--dry-run")
	if preview.Code != 0 || strings.Count(preview.Stdout, "would be deleted\n") != 2 {
		t.Errorf("a preview should name two jobs: %v", preview)
	}
	cautious := n.Plugin("cleanup")
	if cautious.Code != 0 || strings.Count(cautious.Stdout, "left: a run may be using it (--force deletes it)\n") != 2 {
		t.Errorf("without --force two jobs should be left in use: %v", cautious)
	}
	awaitProbes(n, 2)
	forced := n.Plugin("cleanup", "--force")
	if forced.Code != 0 || strings.Count(forced.Stdout, " deleted\n") != 2 {
		t.Errorf("with --force two jobs should be deleted: %v", forced)
	}
	n.NothingLeft(before)
	if again := n.Plugin("cleanup"); again.Code != 0 || again.Stdout != "nothing to remove\n" {
		t.Errorf("a second time there should be nothing to remove: %v", again)
	}
}
