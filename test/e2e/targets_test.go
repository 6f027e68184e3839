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

// Every kind of object stands for the Services in front of it or behind it, and
// so do several objects, selectors and whole namespaces.
func TestTargets(t *testing.T) {
	t.Parallel()
	n := harness.New(t)
	n.Apply(read(t, "testdata/targets.yaml"))
	n.WaitFor("rollout status deployment/web", "rollout status statefulset/db", "rollout status daemonset/each",
		"wait gateway shop --for=condition=Programmed", "wait ingress front --for=jsonpath={.status.loadBalancer.ingress}")
	for _, service := range []string{"web", "db"} {
		n.WaitForEndpoints(service, 1, 0)
	}
	for args, want := range map[string]string{
		"ingress/front":      "web",
		"httproute/split":    "db web",
		"grpcroute/calls":    "each",
		"deploy/web":         "web",
		"deployment web":     "web",
		"sts/db":             "db",
		"ds/each":            "each",
		"pod/db-0":           "db",
		"svc/web svc/db":     "db web",
		"svc web db":         "db web",
		"-l of=" + n.Name:    "db web",
		"--all":              "db each web",
		"-A -l of=" + n.Name: "db web",
	} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			// What is asked of them is for other tests to see.
			line := append(strings.Fields(args), "--via", "clusterip", "--requests", "2", "-o", "json")
			if n.Env.Lab != "" {
				line = append(line, "--local=false")
			}
			if got := services(t, n.Nettrace(line...)); got != want {
				t.Errorf("traced %q, want %q", got, want)
			}
		})
	}
	for args, want := range map[string]string{
		"ingress/none":     `ingress "none" not found in namespace`,
		"deploy/web-typo":  `deployment "web-typo" not found in namespace`,
		"-l of=nobody":     "no Service",
		"job/web":          "job",
		"svc/web --all":    "--all",
		"-A svc/web":       "--all-namespaces, not both",
		"svc/wbe":          `"wbe" not found`,
		"pod/db-0 -l of=x": "--selector",
	} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			if r := n.Nettrace(strings.Fields(args)...); r.Code != 1 || !strings.Contains(r.Stderr, want) || strings.Count(strings.TrimSpace(r.Stderr), "\n") > 6 {
				t.Errorf("exit code %d and %q, want 1 and a few lines with %q", r.Code, r.Stderr, want)
			}
		})
	}
}

// services returns the names of the Services that a run has traced, in order, all
// of which must be healthy.
func services(t *testing.T, r harness.Result) string {
	t.Helper()
	var list struct {
		Kind  string          `json:"kind"`
		Items []report.Report `json:"items"`
	}
	if err := json.Unmarshal([]byte(r.Stdout), &list); err != nil || r.Code != 0 {
		t.Fatalf("exit code %d, and what it printed: %v", r.Code, err)
	}
	if list.Kind == "Report" {
		one, err := report.Parse(r.Stdout)
		if err != nil {
			t.Fatal(err)
		}
		list.Items = []report.Report{*one}
	}
	var names []string
	for _, r := range list.Items {
		if r.Verdict.Status != "healthy" {
			t.Errorf("%s is %s", r.Target.Name, r.Verdict.Status)
		}
		names = append(names, r.Target.Name)
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

// Probes with the labels of another pod are refused where somebody would count
// them as that pod: a Service that lists pods which are not ready, a disruption
// budget for everything, the Service of one pod of a StatefulSet.
func TestLikeIsRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ guard, like, want string }{
		"a Service that publishes what is not ready": {
			`{"apiVersion":"v1","kind":"Service","metadata":{"name":"clients"},"spec":{"publishNotReadyAddresses":true,"selector":{"role":"client"},"ports":[{"port":80}]}}`,
			"pod/client", "Service clients selects the probe's pod"},
		"a budget for everything": {
			`{"apiVersion":"policy/v1","kind":"PodDisruptionBudget","metadata":{"name":"all"},"spec":{"minAvailable":"50%","selector":{}}}`,
			"pod/client", "all"},
		"the Service of one pod": {
			`{"apiVersion":"v1","kind":"Service","metadata":{"name":"member-0"},"spec":{"selector":{"statefulset.kubernetes.io/pod-name":"member-0"},"ports":[{"port":80}]}}`,
			"pod/member-0", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := healthyShop(t)
			n.Apply(read(t, "testdata/guards.yaml"))
			n.Apply(test.guard)
			n.WaitFor("wait pod --all --for=condition=Ready")
			before := n.Objects()
			r := n.Nettrace("svc/web", "--like", test.like, "--via", "clusterip", "--timeout", "1s", "--requests", "2")
			if test.want == "" {
				// The label by which that Service knows its pod is never copied.
				if strings.Contains(r.Stdout+r.Stderr, "pod-name=member-0") || r.Code == 1 {
					t.Errorf("exit code %d: %s", r.Code, r.Stderr)
				}
			} else if r.Code != 1 || !strings.Contains(r.Stderr, test.want) {
				t.Errorf("exit code %d and %q, want 1 and %q", r.Code, r.Stderr, test.want)
			}
			if jobs := jobsEver(n); test.want != "" && len(jobs) > 0 {
				t.Errorf("jobs %v were made", jobs)
			}
			n.CleanedUp(before)
		})
	}
}

// Without any pod of its own a run asks the pods through the API server, and says
// that this leaves out the network.
func TestNoPods(t *testing.T) {
	t.Parallel()
	n := healthyShop(t)
	r := traced(t, n, 3, "svc/web", "--no-pods")
	wantVerdicts(t, r, "pod", "short-cut")
	wantVerdicts(t, r, "clusterip", "untested")
	if jobs := jobsEver(n); len(jobs) > 0 {
		t.Errorf("jobs %v were made", jobs)
	}
	n.Must("scale", "deployment", "web", "--replicas=0")
	n.Eventually("the endpoints are gone", func() error {
		if left := len(n.Endpoints("web")); left > 0 {
			return fmt.Errorf("%d are left", left)
		}
		return nil
	})
	if r := n.Nettrace("svc/web", "--no-pods"); r.Code == 0 {
		t.Errorf("a Service without pods is well: %s", r.Stdout)
	}
}

// Each request carries a trace context of its own, whose id is told.
func TestTraceparent(t *testing.T) {
	t.Parallel()
	n := healthyShop(t)
	r := traced(t, n, 0, "svc/web", "--traceparent", "--requests", "3")
	ids := map[string]bool{}
	for _, c := range r.Cells {
		for _, s := range c.Samples {
			if s.TraceID == "" {
				continue
			}
			if len(s.TraceID) != 32 || ids[s.TraceID] {
				t.Errorf("trace id %q", s.TraceID)
			}
			ids[s.TraceID] = true
		}
	}
	if len(ids) == 0 {
		t.Fatal("no sample has a trace id")
	}
	shown := n.Nettrace("svc/web", "--traceparent", "--requests", "3", "-o", "wide")
	if shown.Code != 0 || !strings.Contains(shown.Stdout, "trace") {
		t.Errorf("-o wide shows no trace ids: %s", shown.Stdout)
	}
}

// --via asks the named kinds alone, and --explain-plan says where each address
// comes from, without sending anything.
func TestViaAndExplainPlan(t *testing.T) {
	t.Parallel()
	n := healthyShop(t)
	for _, kind := range []string{"pod", "clusterip", "dns", "nodeport"} {
		r := n.Nettrace("svc/web", "--via", kind, "--requests", "2", "-o", "json")
		parsedReport := parsed(t, r, r.Code)
		for _, c := range parsedReport.Cells {
			if c.Kind != kind && c.Kind != "pod" {
				t.Errorf("--via %s: %s was asked, too", kind, c.Name())
			}
		}
	}
	plan := n.Nettrace("svc/web", "--explain-plan")
	for _, text := range []string{"nothing is sent and nothing is created", "clusterip", "nodeport", "spec.clusterIPs"} {
		if plan.Code != 0 || !strings.Contains(plan.Stdout, text) {
			t.Errorf("exit code %d, and --explain-plan does not say %q:\n%s", plan.Code, text, plan.Stdout)
		}
	}
	if jobs := jobsEver(n); len(jobs) == 0 {
		t.Error("no job of --via was seen: the check of --explain-plan sees nothing either")
	}
}

// --address takes the place of the controller's address, and --resolve-dns that of
// what the DNS says; a host that it does not know is found broken there.
func TestAddressAndResolveDNS(t *testing.T) {
	t.Parallel()
	harness.Setup(t).OwnCluster(t)
	n := harness.New(t)
	n.Apply(strings.ReplaceAll(read(t, "testdata/targets.yaml"), "front.${NAMESPACE}.example.com", "traefik.traefik.svc"))
	n.WaitFor("rollout status deployment/web", "wait ingress front --for=jsonpath={.status.loadBalancer.ingress}")
	n.WaitForEndpoints("web", 1, 0)
	address := n.Must("get", "ingress", "front", "-o", "jsonpath={.status.loadBalancer.ingress[0].ip}")

	named := parsed(t, n.Outside("ingress/front", "--via", "ingress", "--address", address+":80", "-o", "json"), 0)
	for _, c := range named.Cells {
		if c.Kind == "ingress" && (c.Verdict != "healthy" || c.Source != "--address" || c.Address != address+":80") {
			t.Errorf("%s is %s, with an address from %s", c.Name(), c.Verdict, c.Source)
		}
	}
	wantVerdicts(t, named, "ingress", "healthy")
	closed := parsed(t, n.Outside("ingress/front", "--via", "ingress", "--address", address+":81", "--timeout", "1s", "-o", "json"), 2)
	wantVerdicts(t, closed, "ingress", "broken")

	// The name of the controller's own Service resolves in pods.
	resolved := traced(t, n, 0, "ingress/front", "--via", "ingress", "--resolve-dns")
	wantVerdicts(t, resolved, "ingress", "healthy")
	n.Must("patch", "ingress", "front", "--type=json", "-p", `[{"op":"replace","path":"/spec/rules/0/host","value":"nowhere.invalid"}]`)
	lost := traced(t, n, 2, "ingress/front", "--via", "ingress", "--resolve-dns")
	wantVerdicts(t, lost, "ingress", "broken")
	for _, c := range lost.Cells {
		if c.Kind == "ingress" && !slices.ContainsFunc(c.Failures, func(f report.Failure) bool { return f.What == "dns" }) {
			t.Errorf("%s fails with %v, want dns", c.Name(), c.Failures)
		}
	}
	for _, bad := range []string{"", ":80", "a:b:c", "host:99999", "http://host", "host/path"} {
		if r := n.Nettrace("ingress/front", "--address="+bad); bad != "" && (r.Code != 1 || !strings.Contains(r.Stderr, "--address must be HOST or HOST:PORT")) {
			t.Errorf("--address %q: exit code %d, %q", bad, r.Code, r.Stderr)
		}
	}
	if r := n.Nettrace("ingress/front", "--address=host", "--resolve-dns"); r.Code != 1 || !strings.Contains(r.Stderr, "use one of them") {
		t.Errorf("both: exit code %d, %q", r.Code, r.Stderr)
	}
}
