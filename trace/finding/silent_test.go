package finding_test

import (
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	. "github.com/kubectl-nettrace/kubectl-nettrace/trace/target/targettest"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/tracetest"
)

func TestSilentEndpoint(t *testing.T) {
	const found = "silent-endpoint warning confirmed"
	three := func() *Service {
		s := web().DualStack()
		for i := 1; i <= 3; i++ {
			s.Pod(fmt.Sprintf("web-%d", i), On(fmt.Sprintf("n%d", i%2+1)), At(fmt.Sprintf("10.0.0.%d", i), fmt.Sprintf("fd00::%d", i)))
		}
		return s
	}
	without := func(pod, from string) func(*tracetest.Network) {
		return func(n *tracetest.Network) { n.PassOver(tracetest.Hop{Kind: route.ClusterIP, From: from, Pod: pod}) }
	}
	sticky := func(s *corev1.Service) { s.Spec.SessionAffinity = corev1.ServiceAffinityClientIP }
	all(t, map[string]scenario{
		"from one node": {service: three(), faults: without("web-3", "n2"), want: []string{found},
			said: "web-3 got none of the requests to the ClusterIP from n2, although it was ready and answered directly",
			seen: "traffic: 10.96.0.7:80 from n2: answered by web-1 x10, web-2 x10",
			fix:  "kubectl -n kube-system get pods -o wide --field-selector spec.nodeName=n2"},
		"how improbable":   {service: three(), faults: without("web-3", "n2"), want: []string{found}, seen: "happens by chance in fewer than one of a million runs"},
		"from both":        {service: three(), faults: without("web-3", ""), want: []string{found, found}},
		"all get some":     {service: three(), want: []string{}},
		"too few requests": {service: pods(web(), 3), faults: without("web-3", "n2"), want: []string{}},
		"one alone gets all": {service: pods(web(), 2), faults: without("web-2", ""), want: []string{"sticky-without-affinity info confirmed"},
			said: "web-1 answered all 20 requests to 10.96.0.7:80 from n1, although 2 endpoints may, and the Service asks for no affinity (and likewise on 1 more of the ways)"},
		"nobody knows":         {service: three(), faults: func(n *tracetest.Network) { without("web-3", "n2")(n.Anonymous()) }, want: []string{"answers-indistinguishable info confirmed"}},
		"it is not ready":      {service: three().Pod("web-4", On("n1"), At("10.0.0.4", "fd00::4"), NotReady("starting")), want: []string{"endpoints-not-ready warning confirmed"}},
		"affinity":             {service: three().With(sticky), want: []string{"session-affinity info confirmed"}},
		"it is dead":           {service: three(), faults: fault(tracetest.Hop{Pod: "web-3"}, tracetest.Timeout), want: []string{"dead-endpoint error confirmed"}},
		"some answers are bad": {service: three(), faults: fault(tracetest.Hop{Kind: route.ClusterIP, From: "n2", Pod: "web-3"}, tracetest.Timeout), want: []string{}},
	})
}
