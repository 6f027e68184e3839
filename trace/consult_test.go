package trace_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
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

// TestLogsOutweighAnswers: answers that name another pod than the one that has
// logged the request are not believed, on any way of the port.
func TestLogsOutweighAnswers(t *testing.T) {
	s := behindIngress(web(2))
	network := tracetest.NewNetwork(s)
	logs := network.Logging()
	logs.Claims["web-1"], logs.Claims["web-2"] = "web-2", "web-1"
	report := network.Trace(t, "n1")
	for _, c := range report.Cells {
		for _, a := range c.Answers {
			if c.Kind == route.Ingress && a.Evidence != wire.RungLog {
				t.Errorf("%s: %d answers of %s by %s are believed", c.Address, a.Count, a.Endpoint, a.Evidence)
			}
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
		if got := fmt.Sprint(c.Arrived); got != "[{/ log 20}]" || c.Path != "/api/" {
			t.Errorf("sent %s, arrived %s", c.Path, got)
		}
	}
	if seen == 0 {
		t.Error("the Ingress was not asked")
	}
}
