package e2e

import (
	"net"
	"strings"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/e2e/internal/harness"
)

// TestAddress names the controller's address itself: for an Ingress whose class
// nobody is known to serve there is no other.
func TestAddress(t *testing.T) {
	t.Parallel()
	n := harness.New(t)
	n.Apply(read(t, "testdata/small.yaml"))
	n.Must("create", "ingress", "web", "--class=traefik", "--rule=shop."+n.Name+".example.com/*=web:80")
	n.WaitFor("rollout status deployment/web", "wait ingress web --for=jsonpath={.status.loadBalancer.ingress}")
	n.WaitForEndpoints("web", 2, 0)
	ip := n.Must("get", "ingress", "web", "-o", "jsonpath={.status.loadBalancer.ingress[0].ip}")

	for given, want := range map[string]string{ip: net.JoinHostPort(ip, "80"), net.JoinHostPort(ip, "80"): net.JoinHostPort(ip, "80")} {
		r := parsed(t, n.Outside("svc/web", "--via", "ingress", "--requests", "4", "--address", given, "-o", "json"), 0)
		for _, c := range r.Cells {
			if c.Kind == "ingress" && (c.Verdict != "healthy" || c.Address != want || c.Source != "--address") {
				t.Errorf("--address %s: %s (%s) is %s", given, c.Address, c.Source, c.Verdict)
			}
		}
		wantVerdicts(t, r, "ingress", "healthy")
	}
	// Nothing serves that port.
	wrong := parsed(t, n.Outside("svc/web", "--via", "ingress", "--requests", "4", "--timeout", "2s", "--address", net.JoinHostPort(ip, "81"), "-o", "json"), 2)
	wantVerdicts(t, wrong, "ingress", "broken")

	n.Must("delete", "ingress", "web")
	n.Must("create", "ingress", "nobody", "--class=nobody", "--rule=nobody."+n.Name+".example.com/*=web:80")
	r := parsed(t, n.Outside("svc/web", "--via", "ingress", "--requests", "4", "-o", "json"), 0)
	wantVerdicts(t, r, "ingress", "untested")
	for _, c := range r.Cells {
		if c.Kind == "ingress" && !strings.Contains(c.Reason, "the controller of class nobody is not known; --address HOST[:PORT] names one") {
			t.Errorf("the Ingress of an unknown class is untested because %q", c.Reason)
		}
	}
	for _, bad := range []string{"http://" + ip, ip + ":0", ip + ":65536", ip + ":http", "a b", ":80", "[" + ip, "a_b:80"} {
		refused(t, n.Outside("svc/web", "--address", bad), "--address must be HOST or HOST:PORT")
	}
	refused(t, n.Outside("svc/web", "--address", ip, "--resolve-dns"), "use one of them")
}

// TestResolveDNS sends requests to where the DNS of each vantage has the host of
// an Ingress: one that is known there and one that is not.
func TestResolveDNS(t *testing.T) {
	t.Parallel()
	harness.Setup(t).OwnCluster(t)
	n := smallShop(t)
	// The name of the controller's own Service is known to pods.
	const known = "traefik.traefik.svc.cluster.local"
	n.Must("create", "ingress", "known", "--class=traefik", "--rule="+known+"/*=web:80")
	n.Must("create", "ingress", "unknown", "--class=traefik", "--rule=shop."+n.Name+".example.com/*=web:80")
	n.WaitFor("wait ingress known --for=jsonpath={.status.loadBalancer.ingress}", "wait ingress unknown --for=jsonpath={.status.loadBalancer.ingress}")
	r := traced(t, n, 2, "svc/web", "--via", "ingress", "--requests", "4", "--resolve-dns")
	if r.Verdict.Layer != "ingress" {
		t.Errorf("the fault is said to lie at %q", r.Verdict.Layer)
	}
	seen := map[string]bool{}
	for _, c := range r.Cells {
		if c.Kind != "ingress" {
			continue
		}
		seen[c.Host] = true
		want := "healthy"
		if c.Host != known {
			want = "broken"
		}
		if c.Verdict != want || c.Source != "DNS" || want == "broken" && (len(c.Failures) != 1 || c.Failures[0].What != "dns") {
			t.Errorf("%s, found by %s, is %s with %v, want %s", c.Host, c.Source, c.Verdict, c.Failures, want)
		}
	}
	if len(seen) != 2 {
		t.Errorf("the hosts %v were asked for, want two", seen)
	}
}
