package trace_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/finding"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	. "github.com/kubectl-nettrace/kubectl-nettrace/trace/target/targettest"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/tracetest"
)

// through returns who answered through the Ingress.
func through(r *trace.Report) string {
	var kept []trace.Cell
	for _, c := range r.Cells {
		if c.Kind == route.Ingress {
			c.Kind = route.ClusterIP
			kept = append(kept, c)
		}
	}
	return answers(&trace.Report{Cells: kept})
}

// TestProxyTellsWhoAnswered: replicas that are alike and log nothing are told apart
// behind a proxy whose log says to whom it handed each request, as long as nothing
// speaks against it.
func TestProxyTellsWhoAnswered(t *testing.T) {
	const note = "an access log of proxy/proxy with the User-Agent and the server would tell who answered through ingress shop/in; no such line was found"
	silent := func(l *tracetest.Logs) { l.Claims["web-1"], l.Claims["web-2"] = "nobody", "nobody" }
	for name, test := range map[string]struct {
		change       func(*tracetest.Network, *tracetest.Logs)
		want         string
		unread, note string
	}{
		"the proxy logs":     {func(_ *tracetest.Network, l *tracetest.Logs) { silent(l) }, "web-1 upstream x10, web-2 upstream x10", "", ""},
		"the pods do, too":   {func(*tracetest.Network, *tracetest.Logs) {}, "web-1 log x10, web-2 log x10", "", ""},
		"they contradict it": {func(_ *tracetest.Network, l *tracetest.Logs) { l.Claims["web-1"], l.Claims["web-2"] = "web-2", "web-1" }, "unknown x20", "", ""},
		"they do, without a status": {func(_ *tracetest.Network, l *tracetest.Logs) {
			l.Claims["web-1"], l.Claims["web-2"], l.Statusless = "web-2", "web-1", true
		}, "unknown x20", "", ""},
		"it logs nothing":  {func(_ *tracetest.Network, l *tracetest.Logs) { silent(l); l.Proxy = "another" }, "unknown x20", "", note},
		"it is forbidden":  {func(_ *tracetest.Network, l *tracetest.Logs) { silent(l); l.Shut = errors.New("not allowed") }, "web-1 upstream x10, web-2 upstream x10", "not allowed", ""},
		"endpoints change": {func(n *tracetest.Network, l *tracetest.Logs) { silent(l); n.Becoming(web(1)) }, "unknown x20", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			proxy, pod := Proxy("proxy", "ingress-nginx", "203.0.113.9")
			network := tracetest.NewNetwork(behindIngress(web(2)).BesideProxy(proxy, pod)).Anonymous()
			logs := network.Logging()
			logs.Proxy = pod.Name
			test.change(network, logs)
			report := network.Trace(t, "n1")
			if got := through(report); got != test.want {
				t.Errorf("answered by %s, want %s", got, test.want)
			}
			unread := ""
			for _, u := range report.Unread {
				unread += u.Reason
			}
			if unread != test.unread {
				t.Errorf("unread %q, want %q", unread, test.unread)
			}
			if got := slices.Contains(report.Notes, note); got != (test.note != "") {
				t.Errorf("notes %q, want %q", report.Notes, test.note)
			}
		})
	}
}

// TestProxyShowsNoPath: the path in a proxy's log is the one that was sent, and tells
// nothing of what arrived.
func TestProxyShowsNoPath(t *testing.T) {
	proxy, pod := Proxy("proxy", "ingress-nginx", "203.0.113.9")
	network := tracetest.NewNetwork(behindIngress(web(2)).BesideProxy(proxy, pod)).Anonymous()
	logs := network.Logging()
	logs.Proxy, logs.Claims["web-1"], logs.Claims["web-2"] = pod.Name, "nobody", "nobody"
	for _, c := range network.Trace(t, "n1").Cells {
		for _, a := range c.Arrived {
			if a.Path == "/as/sent" {
				t.Errorf("%s arrived as %s", c.Address, a.Path)
			}
		}
	}
}

// TestHiddenRetries: a proxy that says it has tried again is told of.
func TestHiddenRetries(t *testing.T) {
	for _, retries := range []int{0, 2} {
		proxy, pod := Proxy("proxy", "ingress-nginx", "203.0.113.9")
		network := tracetest.NewNetwork(behindIngress(web(2)).BesideProxy(proxy, pod))
		logs := network.Logging()
		logs.Proxy, logs.Retries = pod.Name, retries
		found := network.Trace(t, "n1").Findings
		at := slices.IndexFunc(found, func(f finding.Finding) bool { return f.Name == "hidden-retries" })
		switch {
		case (at >= 0) != (retries > 0):
			t.Errorf("%d retries: %+v", retries, found)
		case at >= 0 && !strings.Contains(found[at].Evidence[0].Text, "20 of 20 answered, and by the proxy's log 20 were sent more than once"):
			t.Errorf("evidence %q", found[at].Evidence)
		}
	}
}
