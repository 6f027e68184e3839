package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/e2e/internal/harness"
)

// jobsEver returns the names of the Jobs that the namespace has had, also of
// those that are gone: the Job controller's events remain.
func jobsEver(n *harness.Namespace) []string {
	names := strings.Fields(n.Must("get", "events", "--field-selector", "involvedObject.kind=Job", "-o", "jsonpath={.items[*].involvedObject.name}"))
	slices.Sort(names)
	return slices.Compact(names)
}

func TestDryRunCreatesNothing(t *testing.T) {
	t.Parallel()
	n := healthyShop(t)
	before := n.Objects()
	for _, args := range []string{"", "-o json", "-o yaml"} {
		shown := n.Nettrace(append([]string{"svc/web", "--dry-run"}, strings.Fields(args)...)...)
		if shown.Code != 0 || shown.Stderr != "" {
			t.Errorf("--dry-run %s: %v", args, shown)
		}
		for _, word := range []string{"nettrace", n.Probe} {
			if !strings.Contains(shown.Stdout, word) {
				t.Errorf("--dry-run %s does not show %q", args, word)
			}
		}
	}
	if after := n.Objects(); !slices.Equal(before, after) {
		t.Errorf("there are now %v, and were %v", after, before)
	}
	// A run that does create Jobs shows that those of a dry run would be seen.
	r := traced(t, n, 0, "svc/web")
	n.Eventually("there are events of all Jobs", func() error {
		if jobs := jobsEver(n); len(jobs) < len(r.Vantages) {
			return fmt.Errorf("of %v only", jobs)
		}
		return nil
	})
	for _, job := range jobsEver(n) {
		if !strings.Contains(job, r.Run) {
			t.Errorf("job %s is not of the one run that was to create any (%s)", job, r.Run)
		}
	}
}

// What a dry run prints are the objects that a run creates: the API server takes
// them.
func TestDryRunPrintsObjects(t *testing.T) {
	t.Parallel()
	n := healthyShop(t)
	objects := n.Nettrace("svc/web", "--dry-run", "-o", "yaml")
	applied := n.Shell("kubectl nettrace -n " + n.Name + " svc/web --dry-run -o yaml --image " + n.Probe + " | kubectl create --dry-run=server -f -")
	if objects.Code != 0 || applied.Code != 0 || !strings.Contains(applied.Stdout, "created (server dry run)") {
		t.Errorf("the API server does not take what --dry-run -o yaml prints: %v", applied)
	}
}

func TestKeepThenCleanUp(t *testing.T) {
	t.Parallel()
	n := healthyShop(t)
	before := n.Objects()
	r := traced(t, n, 0, "svc/web", "--keep")
	jobs := strings.Fields(n.Must("get", "jobs", "-o", "name"))
	if len(jobs) != len(r.Vantages) {
		t.Fatalf("--keep has kept the jobs %v, want one for each of %d vantages", jobs, len(r.Vantages))
	}
	for _, job := range jobs {
		if !strings.Contains(strings.Join(r.Notes, "\n"), strings.TrimPrefix(job, "job.batch/")) {
			t.Errorf("the notes %q do not name the kept %s", r.Notes, job)
		}
	}
	n.Must("wait", "--for=condition=Complete", "job", "--all", "--timeout=60s")
	if shown := n.Plugin("cleanup", "--dry-run"); shown.Code != 0 || strings.Count(shown.Stdout, "would be deleted") != len(jobs) {
		t.Errorf("cleanup --dry-run does not name %d jobs: %v", len(jobs), shown)
	}
	if again := strings.Fields(n.Must("get", "jobs", "-o", "name")); !slices.Equal(again, jobs) {
		t.Errorf("after cleanup --dry-run there are %v, want %v", again, jobs)
	}
	if cleaned := n.Plugin("cleanup"); cleaned.Code != 0 || strings.Count(cleaned.Stdout, " deleted\n") != len(jobs) {
		t.Errorf("cleanup does not delete %d jobs: %v", len(jobs), cleaned)
	}
	n.CleanedUp(before)
	if cleaned := n.Plugin("cleanup"); cleaned.Code != 0 || cleaned.Stdout != "nothing to remove\n" {
		t.Errorf("a second cleanup finds something: %v", cleaned)
	}
}

func TestProbesRunInAnotherNamespace(t *testing.T) {
	t.Parallel()
	n, elsewhere := healthyShop(t), harness.New(t)
	before := elsewhere.Objects()
	r := traced(t, n, 0, "svc/web", "--probe-namespace", elsewhere.Name)
	if r.Verdict.Status != "healthy" || r.Target.Namespace != n.Name {
		t.Errorf("verdict %s on the target in %s", r.Verdict.Status, r.Target.Namespace)
	}
	elsewhere.CleanedUp(before)
	elsewhere.Eventually("the Jobs ran in the other namespace", func() error {
		if jobs := jobsEver(elsewhere); len(jobs) != len(r.Vantages) {
			return fmt.Errorf("there have been %v", jobs)
		}
		return nil
	})
	if jobs := jobsEver(n); len(jobs) > 0 {
		t.Errorf("the target's namespace has had the jobs %v", jobs)
	}
}
