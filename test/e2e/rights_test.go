package e2e

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/e2e/internal/harness"
	"github.com/kubectl-nettrace/kubectl-nettrace/test/e2e/internal/report"
)

// need is a right that the documentation says a trace takes.
type need struct{ verb, resource, group string }

// needs are those of docs/rbac.md, in kubectl's words.
func needs() []need {
	return []need{
		{"get", "services", ""},
		{"list", "endpointslices", ".discovery.k8s.io"},
		{"list", "pods", ""},
		{"watch", "pods", ""},
		{"create", "jobs", ".batch"},
		{"delete", "jobs", ".batch"},
		{"get", "pods/log", ""},
	}
}

// TestMissingRight takes away one right at a time, and then grants it by
// following to the letter what the refusal says.
func TestMissingRight(t *testing.T) {
	t.Parallel()
	n := smallShop(t)
	before := n.Objects()
	for _, missing := range needs() {
		t.Run(missing.verb+" "+strings.ReplaceAll(missing.resource, "/", " "), func(t *testing.T) {
			name := strings.ReplaceAll(missing.verb+"-"+missing.resource, "/", "-")
			kubeconfig, user := n.User(name)
			for _, right := range needs() {
				if right != missing {
					grant(n, name, right)
				}
			}
			r := n.Nettrace("svc/web", "--requests", "3", "--kubeconfig", kubeconfig)
			refused(t, r, "These rights are missing:", missing.verb+" "+canI(missing)+" in namespace "+n.Name)
			apply(t, n, r, user)
			if r := n.Nettrace("svc/web", "--requests", "3", "--kubeconfig", kubeconfig); r.Code != 0 || r.Stderr != "" {
				t.Errorf("with the role that was asked for: exit code %d, %s", r.Code, r.Stderr)
			}
			n.Must("delete", "role,rolebinding", "nettrace")
		})
	}
	n.Must("delete", "role,rolebinding,serviceaccount", "--all")
	n.Apply("{apiVersion: v1, kind: ServiceAccount, metadata: {name: default}}")
	n.NothingLeft(before)
}

// canI is the resource as "kubectl auth can-i" writes it.
func canI(n need) string {
	resource, sub, _ := strings.Cut(n.resource, "/")
	if sub != "" {
		sub = "/" + sub
	}
	return resource + n.group + sub
}

func grant(n *harness.Namespace, user string, right need) {
	name := strings.NewReplacer("/", "-").Replace(user + "-" + right.verb + "-" + right.resource)
	n.Must("create", "role", name, "--verb="+right.verb, "--resource="+canI(right))
	n.Must("create", "rolebinding", name, "--role="+name, "--serviceaccount="+n.Name+":"+user)
}

// apply does what the refusal says: it applies the role, and runs the command
// that its comment shows, with the name of the user.
func apply(t *testing.T, n *harness.Namespace, r harness.Result, user string) {
	t.Helper()
	_, role, found := strings.Cut(r.Stderr, "This grants them (or ask somebody who may):\n\n")
	bind := regexp.MustCompile(`(?m)^# (kubectl .*)$`).FindStringSubmatch(role)
	if !found || bind == nil {
		t.Fatalf("there is no role with the command that binds it in: %s", r.Stderr)
	}
	n.Apply(role)
	if bound := n.Shell(strings.ReplaceAll(bind[1], "USER", user)); bound.Code != 0 {
		t.Fatal(bound)
	}
}

// TestDocumentedRole runs with exactly the role of docs/rbac.md, whatever that
// has become.
func TestDocumentedRole(t *testing.T) {
	t.Parallel()
	n := smallShop(t)
	kubeconfig, user := n.User("documented")
	apply(t, n, harness.Result{Stderr: "This grants them (or ask somebody who may):\n\n" + documentedRole(t, n)}, user)
	before := n.Objects()

	table := n.Nettrace("svc/web", "--kubeconfig", kubeconfig)
	if table.Code != 0 || table.Stderr != "" {
		t.Errorf("exit code %d and %q on standard error, want 0 and nothing", table.Code, table.Stderr)
	}
	said := strings.Join(strings.Fields(table.Stdout), " ")
	for _, loss := range []string{
		"nodes", "whether the probe's pod would be accepted", "whether a Service selects the probes",
		"whether a disruption budget counts the probes", "is ready",
	} {
		if !strings.Contains(said, loss) {
			t.Errorf("the report does not say that %q was left out", loss)
		}
	}
	r := traced(t, n, 0, "svc/web", "--kubeconfig", kubeconfig)
	var unread []string
	for _, u := range r.Unread {
		unread = append(unread, u.Resource)
	}
	for _, resource := range []string{"nodes", "ingresses"} {
		if !slices.Contains(unread, resource) {
			t.Errorf("unread: %q, want %s among them", unread, resource)
		}
	}
	hosting(t, r)
	n.NothingLeft(before)
}

// hosting checks that without the right to list nodes, the probes ran on nodes
// that the endpoints tell of.
func hosting(t *testing.T, r *report.Report) {
	t.Helper()
	known := map[string]bool{}
	for _, e := range r.Target.Endpoints {
		known[e.Node] = true
	}
	for _, v := range r.Vantages {
		if !known[v.Node] {
			t.Errorf("a probe ran on %s, which hosts no endpoint; that it exists could not be known", v.Node)
		}
	}
}

// TestCleanupWithoutRights runs the command that removes leftovers as somebody
// who may not even look.
func TestCleanupWithoutRights(t *testing.T) {
	t.Parallel()
	n := harness.New(t)
	kubeconfig, user := n.User("nobody")
	refused(t, n.Plugin("cleanup", "--kubeconfig", kubeconfig), "list", "jobs", user)
}
