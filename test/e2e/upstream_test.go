package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/e2e/internal/harness"
	"github.com/kubectl-nettrace/kubectl-nettrace/test/e2e/internal/report"
)

// TestUpstream has replicas that are alike and in whose logs nothing is to be found
// asked through a Traefik that logs to whom it hands requests. All must be tied to
// the pods that have answered them, and none without the log of the proxy.
func TestUpstream(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"json", "common"} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			n := ownTraefik(t, format)
			requests := truthRequests(t)
			r := asked(t, n, "alike", "--requests", fmt.Sprint(requests))
			k := servers(n, r.Run, "alike").compare(t, r, false)["ingress"]
			t.Log(k.row("all alike, the proxy logs as "+format, "ingress"))
			if k.requests < requests || k.attributed != k.requests {
				t.Errorf("%d of %d answers are tied to a pod, want all of %d", k.attributed, k.requests, requests)
			}
			for _, c := range r.Cells {
				for _, a := range c.Answers {
					if c.Kind == "ingress" && a.Evidence != "upstream" {
						t.Errorf("%s: %d answers of %s by %s", c.Name(), a.Count, a.Endpoint, a.Evidence)
					}
				}
			}
			r = asked(t, n, "alike", "--logs=false")
			if k := (served{}).compare(t, r, false)["ingress"]; k.requests == 0 || k.attributed != 0 {
				t.Errorf("without logs %d of %d answers are tied to a pod", k.attributed, k.requests)
			}
			if format == "json" {
				retries(t, n)
			}
		})
	}
}

// retries has one of the pods behind the proxy refuse connections, which clients never
// see: the answers are those of the pods that were asked last. How often the proxy
// tried is not in its log: Traefik writes RetryAttempts as 0 since its version 3.
func retries(t *testing.T, n *harness.Namespace) {
	t.Helper()
	r := asked(t, n, "mixed", "--requests", "40")
	k := servers(n, r.Run, "alike").compare(t, r, false)["ingress"]
	if k.requests < 40 || k.attributed != k.requests {
		t.Errorf("%d of %d answers are tied to a pod, want all of 40", k.attributed, k.requests)
	}
	for _, c := range r.Cells {
		if c.Kind == "ingress" && c.Verdict != "healthy" {
			t.Errorf("%s is %s: %v", c.Name(), c.Verdict, c.Failures)
		}
	}
}

// ownTraefik returns a namespace with a Traefik that writes an access log, and with
// applications behind it.
func ownTraefik(t *testing.T, format string) *harness.Namespace {
	t.Helper()
	n := harness.New(t)
	n.OwnCluster(t)
	for _, object := range []string{"ingressclass/" + n.Name, "ingressclass/" + n.Name + "-again", "clusterrolebinding/" + n.Name} {
		n.AtEnd("delete", object, "--ignore-not-found", "--wait=false")
	}
	n.Apply(strings.NewReplacer("APP", "alike", "FORMAT", format).Replace(read(t, "testdata/truth-upstream.yaml")))
	n.WaitFor("rollout status deployment/traefik", "rollout status deployment/alike", "rollout status deployment/refuses",
		"wait ingress plain-alike --for=jsonpath={.status.loadBalancer.ingress}")
	n.WaitForEndpoints("alike", 3, 0)
	n.WaitForEndpoints("mixed", 4, 0)
	return n
}

// asked returns the report of a client outside.
func asked(t *testing.T, n *harness.Namespace, service string, args ...string) *report.Report {
	t.Helper()
	result := n.Outside(append([]string{"svc/" + service, "--rate", "600", "--concurrency", "24", "--deadline", "5m", "-o", "json"}, args...)...)
	r, err := report.Parse(result.Stdout)
	if err != nil {
		t.Fatalf("%s: %v: %s", service, err, result.Stderr)
	}
	return r
}
