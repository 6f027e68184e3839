package trace_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	. "github.com/kubectl-nettrace/kubectl-nettrace/trace/target/targettest"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/tracetest"
)

// answers counts the answers of the ClusterIP's cells by pod and evidence.
func answers(r *trace.Report) string {
	counts := map[string]int{}
	for _, c := range r.Cells {
		if c.Kind != route.ClusterIP {
			continue
		}
		for _, a := range c.Answers {
			counts[a.Endpoint+" "+string(a.Evidence)] += a.Count
		}
		if c.Unknown > 0 {
			counts["unknown"] += c.Unknown
		}
	}
	var texts []string
	for who, n := range counts {
		texts = append(texts, fmt.Sprintf("%s x%d", who, n))
	}
	slices.Sort(texts)
	return strings.Join(texts, ", ")
}

// TestLogsTellWhoAnswered: answers that name nobody are tied to their pods by what
// these have written, and where that cannot be read it is said.
func TestLogsTellWhoAnswered(t *testing.T) {
	forbidden := errors.New("pods/log is forbidden")
	for name, test := range map[string]struct {
		network func(*tracetest.Network, *tracetest.Logs)
		want    string
		unread  string
	}{
		"replicas alike":    {func(n *tracetest.Network, _ *tracetest.Logs) { n.Anonymous() }, "web-1 log x20, web-2 log x20", ""},
		"one writes no log": {func(n *tracetest.Network, l *tracetest.Logs) { n.Anonymous(); l.Claims["web-2"] = "nobody" }, "unknown x20, web-1 log x20", ""},
		"it is forbidden": {func(n *tracetest.Network, l *tracetest.Logs) {
			n.Anonymous()
			l.Claims["web-1"], l.Claims["web-2"], l.Refuses = "nobody", "nobody", forbidden
		}, "unknown x40", "pods/log is forbidden"},
		"nothing to be told": {func(*tracetest.Network, *tracetest.Logs) {}, "web-1 answer x20, web-2 answer x20", ""},
	} {
		t.Run(name, func(t *testing.T) {
			network := tracetest.NewNetwork(web(2))
			logs := network.Logging()
			test.network(network, logs)
			report := network.Trace(t, "n1", "n2")
			if got := answers(report); got != test.want {
				t.Errorf("answered by %s, want %s", got, test.want)
			}
			unread := ""
			for _, u := range report.Unread {
				unread += u.Reason
			}
			if unread != test.unread {
				t.Errorf("unread %q, want %q", unread, test.unread)
			}
			if name == "nothing to be told" && logs.Reads > 0 {
				t.Errorf("logs were read %d times, and tell nothing new", logs.Reads)
			}
		})
	}
}

// TestDisputedAnswers: where answers name another pod than the one that alone has
// logged the request, neither is believed, on any way of the group.
func TestDisputedAnswers(t *testing.T) {
	s := behindIngress(web(2))
	network := tracetest.NewNetwork(s)
	logs := network.Logging()
	logs.Claims["web-1"], logs.Claims["web-2"] = "web-2", "web-1"
	report := network.Trace(t, "n1")
	for _, c := range report.Cells {
		if c.Kind == route.Ingress && (len(c.Answers) > 0 || c.Unknown != c.Sent) {
			t.Errorf("%s: %v are believed, and %d of %d are unknown", c.Address, c.Answers, c.Unknown, c.Sent)
		}
	}
	if notes := strings.Join(report.Notes, "\n"); !strings.Contains(notes, "answers on port 80 name another pod than the one whose log alone has the request") {
		t.Errorf("the notes do not tell: %s", notes)
	}
}

// TestLogsWithoutStatus: behind a proxy, which may have tried another pod, that a
// pod has seen a request does not show that it gave the answer; behind kube-proxy,
// which does not try again, it does.
func TestLogsWithoutStatus(t *testing.T) {
	network := tracetest.NewNetwork(behindIngress(web(2))).Anonymous()
	network.Logging().Statusless = true
	for _, c := range network.Trace(t, "n1").Cells {
		switch {
		case c.Kind == route.Ingress && (len(c.Answers) > 0 || len(c.Arrived) == 0):
			t.Errorf("%s was answered by %v, and arrived as %v", c.Address, c.Answers, c.Arrived)
		case c.Kind == route.ClusterIP && c.Unknown > 0:
			t.Errorf("%s has %d unknown answers", c.Address, c.Unknown)
		}
	}
}

func behindIngress(s *Service) *Service {
	in := NewIngress("in", Class("c"), Published("203.0.113.9"), Annotated("nginx.ingress.kubernetes.io/rewrite-target", "/$1"),
		Path("shop.example.com", "/api/(.*)", networkingv1.PathTypeImplementationSpecific, intstr.FromInt32(80)))
	return s.Beside(NewIngressClass("c", "k8s.io/ingress-nginx"), in)
}

// TestLogsShowPaths: with which path requests arrive is seen in the pods' logs.
func TestLogsShowPaths(t *testing.T) {
	network := tracetest.NewNetwork(behindIngress(web(2)))
	network.Logging()
	seen := 0
	for _, c := range network.Trace(t, "n1").Cells {
		if c.Kind != route.Ingress {
			continue
		}
		seen++
		var got []string
		for _, a := range c.Arrived {
			got = append(got, fmt.Sprintf("%s %s %s %s x%d", a.Sent, a.Path, a.Change, a.Evidence, a.Count))
		}
		want := []string{" /  log x20", "/api/?nettrace=ID /?nettrace=ID stripped /api log x2", "/api/nettrace/ID /nettrace/ID stripped /api log x2"}
		if !slices.Equal(got, want) || c.Path != "/api/" {
			t.Errorf("sent %s, arrived %q, want %q", c.Path, got, want)
		}
	}
	if seen == 0 {
		t.Error("the Ingress was not asked")
	}
}
