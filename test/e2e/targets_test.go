package e2e

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/e2e/internal/harness"
	"github.com/kubectl-nettrace/kubectl-nettrace/test/e2e/internal/report"
)

// everyTarget applies the Services, workloads and routes from which a trace can
// start.
func everyTarget(t *testing.T) *harness.Namespace {
	t.Helper()
	n := harness.New(t)
	n.Apply(read(t, "testdata/targets.yaml"))
	n.WaitFor("rollout status deployment/web", "rollout status statefulset/db", "rollout status daemonset/agent")
	for _, service := range []string{"web", "again", "db"} {
		n.WaitForEndpoints(service, 1, 0)
	}
	return n
}

// From every kind of object a trace finds the Services behind or in front of it,
// and makes a report for each.
func TestTargets(t *testing.T) {
	t.Parallel()
	n := everyTarget(t)
	t.Run("not found", func(t *testing.T) { notFound(t, n) })
	pod := n.Endpoints("agent")[0].Name
	mine := "shop=" + n.Name
	for args, want := range map[string]string{
		"ingress/shop":           "web db",
		"ing shop":               "web db",
		"httproute/split":        "web agent",
		"grpcroute/calls":        "db",
		"deploy/web":             "again web",
		"sts/db":                 "db",
		"ds/agent":               "agent",
		"pod/" + pod:             "agent",
		"svc/web svc/db":         "web db",
		"svc/db deploy/web":      "db again web",
		"svc web db":             "web db",
		"sts/db svc/db":          "db",
		"-l " + mine:             "db web",
		"-A -l " + mine:          "db web",
		"--all":                  "again agent db web",
		"ingress/shop svc/agent": "web db agent",
	} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			result := n.Nettrace(append(strings.Fields(args), briefly(n)...)...)
			if result.Code != 0 {
				t.Errorf("exit code %d: %s", result.Code, result.Stderr)
			}
			var names []string
			for _, r := range reports(t, result.Stdout) {
				names = append(names, r.Target.Name)
				if r.Verdict.Status != "healthy" || r.Target.Namespace != n.Name {
					t.Errorf("service %s in %s is %s", r.Target.Name, r.Target.Namespace, r.Verdict.Status)
				}
			}
			want := strings.Fields(want)
			if slices.Sort(want); !slices.Equal(slices.Sorted(slices.Values(names)), want) {
				t.Errorf("the reports are of %v, want %v", names, want)
			}
		})
	}
}

// briefly asks little: which Services are traced is the question.
func briefly(n *harness.Namespace) []string {
	return append([]string{"--via", "clusterip", "--requests", "2", "-o", "json"}, strings.Fields(n.Here())...)
}

// reports returns the reports of a run, of which one stands by itself.
func reports(t *testing.T, text string) []report.Report {
	t.Helper()
	var list struct {
		Kind  string          `json:"kind"`
		Items []report.Report `json:"items"`
	}
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		t.Fatalf("reading the reports: %v", err)
	}
	if list.Kind == "ReportList" {
		return list.Items
	}
	one, err := report.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return []report.Report{*one}
}

// notFound wants what leads to no Service refused in one message that says so.
func notFound(t *testing.T, n *harness.Namespace) {
	empty := harness.New(t)
	before := n.Objects()
	for args, says := range map[string]string{
		"ingress/none":         `ingress "none" not found in namespace`,
		"httproute/none":       `httproute "none" not found in namespace`,
		"grpcroute/none":       `grpcroute "none" not found in namespace`,
		"deploy/none":          `deployment "none" not found in namespace`,
		"sts/none":             `statefulset "none" not found in namespace`,
		"ds/none":              `daemonset "none" not found in namespace`,
		"pod/none":             `pod "none" not found in namespace`,
		"svc/web svc/none":     `service "none" not found in namespace`,
		"pod/lone":             fmt.Sprintf("pod %s/lone: no Service of its namespace selects it", n.Name),
		"-l shop=none":         fmt.Sprintf("there is no Service in namespace %s with labels that match shop=none", n.Name),
		"-A -l shop=none":      "there is no Service in any namespace with labels that match shop=none",
		"--all -n=EMPTY":       "there is no Service in namespace EMPTY",
		"svc/web --all":        "name the targets, or choose them with --selector, --all or --all-namespaces, not both",
		"--all -l shop=none":   "use one of them",
		"-l shop=!none":        "--selector shop=!none",
		"configmap/web":        "write svc/NAME or the like",
		"svc/again ingress/no": `ingress "no" not found`,
	} {
		t.Run(args, func(t *testing.T) {
			args, says := strings.ReplaceAll(args, "EMPTY", empty.Name), strings.ReplaceAll(says, "EMPTY", empty.Name)
			refused(t, n.Nettrace(append(strings.Fields(args), strings.Fields(n.Here())...)...), says)
		})
	}
	n.NothingLeft(before)
}
