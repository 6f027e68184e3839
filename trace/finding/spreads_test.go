package finding_test

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/tracetest"
)

// TestSpreads looks at the ClusterIP from n1.
func TestSpreads(t *testing.T) {
	for name, c := range map[string]struct {
		endpoints int
		change    func(*corev1.Service)
		faults    func(*tracetest.Network)
		want      string
	}{
		"two":        {endpoints: 2, want: "round-robin: none has less than 2% of its share"},
		"ten":        {endpoints: 10, want: "round-robin, as far as it goes: a silent one shows from "},
		"one":        {endpoints: 1, want: ""},
		"favoured":   {endpoints: 3, faults: func(n *tracetest.Network) { n.Favour(tracetest.Hop{Kind: route.ClusterIP, Pod: "web-1"}) }, want: "uneven (p="},
		"nobody's":   {endpoints: 2, faults: func(n *tracetest.Network) { n.Anonymous() }, want: "spread unknown: who gave 20 of 20 answers is not known"},
		"some fail":  {endpoints: 2, faults: fault(tracetest.Hop{Kind: route.ClusterIP, Pod: "web-1"}, tracetest.Refused), want: "spread unknown: 10 of 20 requests failed"},
		"all fail":   {endpoints: 2, faults: fault(tracetest.Hop{Kind: route.ClusterIP}, tracetest.Refused), want: ""},
		"by address": {endpoints: 2, change: func(s *corev1.Service) { s.Spec.SessionAffinity = corev1.ServiceAffinityClientIP }, want: "sticky as configured"},
		"changing":   {endpoints: 2, faults: func(n *tracetest.Network) { n.Becoming(pods(web(), 3)) }, want: "spread unknown: the endpoints changed meanwhile"},
	} {
		t.Run(name, func(t *testing.T) {
			s := pods(web(), c.endpoints)
			if c.change != nil {
				s = s.With(c.change)
			}
			n := tracetest.NewNetwork(s)
			if c.faults != nil {
				c.faults(n)
			}
			for _, cell := range n.Trace(t, "n1").Cells {
				if cell.Kind != route.ClusterIP {
					continue
				}
				got := ""
				if cell.Spread != nil {
					got = cell.Spread.String()
				}
				if !strings.HasPrefix(got, c.want) || c.want == "" && got != "" {
					t.Errorf("%q, want %q", got, c.want)
				}
			}
		})
	}
}
