package trace_test

import (
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/tracetest"
)

func TestReach(t *testing.T) {
	for name, test := range map[string]struct {
		hop    tracetest.Hop
		beside tracetest.Hop
		want   string
	}{
		"all works":                              {tracetest.Hop{Kind: route.Control}, tracetest.Hop{Kind: route.Control}, ""},
		"nothing does":                           {tracetest.Hop{}, tracetest.Hop{Kind: route.Control}, ""},
		"a pod is dead":                          {tracetest.Hop{Kind: route.Pod, Pod: "web-1"}, tracetest.Hop{Kind: route.Control}, ""},
		"the ClusterIP":                          {tracetest.Hop{Kind: route.ClusterIP}, tracetest.Hop{Kind: route.Control}, "works to the pods, breaks at the ClusterIP"},
		"the ClusterIP, on one node":             {tracetest.Hop{Kind: route.ClusterIP, From: "n1"}, tracetest.Hop{Kind: route.Control}, "works to the pods, breaks in part at the ClusterIP"},
		"the name":                               {tracetest.Hop{Kind: route.DNS}, tracetest.Hop{Kind: route.Control}, "works to the ClusterIP, breaks at the DNS name"},
		"the Ingress":                            {tracetest.Hop{Kind: route.Ingress}, tracetest.Hop{Kind: route.Control}, "works to the ClusterIP, breaks at the Ingress shop.example.com/api/"},
		"the Ingress, and in part the ClusterIP": {tracetest.Hop{Kind: route.Ingress}, tracetest.Hop{Kind: route.ClusterIP, From: "n1"}, ""},
	} {
		n := tracetest.NewNetwork(behindIngress(web(2)))
		for _, hop := range []tracetest.Hop{test.hop, test.beside} {
			if hop.Kind != route.Control {
				n = n.Fault(hop, tracetest.Timeout)
			}
		}
		r := n.Trace(t, "n1", "n2")
		if r.Verdict.Reach != test.want {
			t.Errorf("%s: %q, want %q: %s", name, r.Verdict.Reach, test.want, r.Verdict.Summary)
		}
	}
}
