package finding_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/finding"
	. "github.com/kubectl-nettrace/kubectl-nettrace/trace/target/targettest"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/tracetest"
)

// scenario is a cluster, and what its network does to requests from the nodes.
type scenario struct {
	service *Service
	faults  func(*tracetest.Network)
	from    []string
	// want lists the findings as "NAME SEVERITY STATUS".
	want []string
	// seen must be part of the evidence, and said of the summaries.
	seen, said string
	// fix must be one of the commands.
	fix string
}

func (s scenario) run(t *testing.T) {
	if s.from == nil {
		s.from = []string{"n1", "n2"}
	}
	network := tracetest.NewNetwork(s.service)
	if s.faults != nil {
		s.faults(network)
	}
	report := network.Trace(t, s.from...)
	got := []string{}
	var evidence, summaries, fixes []string
	for _, f := range report.Findings {
		if _, known := finding.PageOf(f.Name); !known {
			t.Errorf("the catalogue does not tell of %s", f.Name)
		}
		got = append(got, fmt.Sprintf("%s %s %s", f.Name, f.Severity, f.Status))
		summaries = append(summaries, f.Summary)
		for _, e := range f.Evidence {
			evidence = append(evidence, e.Source+": "+e.Text)
		}
		for _, step := range f.Fix {
			fixes = append(fixes, step.Command)
		}
	}
	if !slices.Equal(got, s.want) {
		t.Errorf("findings %q, want %q\n%s\n%s", got, s.want, strings.Join(summaries, "\n"), strings.Join(evidence, "\n"))
	}
	if all := strings.Join(evidence, "\n"); !strings.Contains(all, s.seen) {
		t.Errorf("evidence\n%s\nlacks %q", all, s.seen)
	}
	if all := strings.Join(summaries, "\n"); !strings.Contains(all, s.said) {
		t.Errorf("summary\n%s\nlacks %q", all, s.said)
	}
	if s.fix != "" && !slices.Contains(fixes, s.fix) {
		t.Errorf("fixes\n%s\nlack\n%s", strings.Join(fixes, "\n"), s.fix)
	}
}

func all(t *testing.T, scenarios map[string]scenario) {
	for name, s := range scenarios {
		t.Run(name, s.run)
	}
}

// web returns a Service on two nodes that selects app=web.
func web() *Service {
	return NewService("web").Selecting("app", "web").Port("http", 80, 8080).Node("n1").Node("n2")
}

// pods adds so many ready pods, by turns on n1 and n2.
func pods(s *Service, n int, options ...PodOption) *Service {
	for i := range n {
		s.Pod(fmt.Sprintf("web-%d", i+1), append([]PodOption{On(fmt.Sprintf("n%d", i%2+1)), Declaring("http", 8080)}, options...)...)
	}
	return s
}

func fault(hop tracetest.Hop, f tracetest.Fault) func(*tracetest.Network) {
	return func(n *tracetest.Network) { n.Fault(hop, f) }
}

func TestNothingFound(t *testing.T) {
	local := func(s *corev1.Service) {
		policy := corev1.ServiceInternalTrafficPolicyLocal
		s.Spec.InternalTrafficPolicy = &policy
	}
	all(t, map[string]scenario{
		"healthy": {service: pods(web(), 3), want: []string{}},
		"an API that answers 404": {service: pods(web(), 2), faults: func(n *tracetest.Network) {
			n.Fault(tracetest.Hop{Pod: "web-1"}, tracetest.Status(404)).Fault(tracetest.Hop{Pod: "web-2"}, tracetest.Status(404))
		}, want: []string{}},
		"the probe could not send":  {service: pods(web(), 2), faults: fault(tracetest.Hop{}, tracetest.Local), want: []string{}},
		"local policy, one on each": {service: pods(web(), 2).With(local), want: []string{}},
	})
}
