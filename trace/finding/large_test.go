package finding_test

import (
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/tracetest"
)

func TestLargePacketsDropped(t *testing.T) {
	const found = "large-packets-dropped error confirmed"
	lose := func(from, pod string) func(*tracetest.Network) {
		return fault(tracetest.Hop{From: from, Kind: route.Pod, Pod: pod, Large: true}, tracetest.Timeout)
	}
	all(t, map[string]scenario{
		"one way": {service: pods(web(), 2), faults: lose("n1", "web-2"), want: []string{found},
			said: "large requests get no answer from n1 to n2, although small ones do", seen: "traffic: large requests, of 4000 bytes more: web-2 at 10.0.0.2:8080 from n1: timeout x2"},
		"small ones pass":      {service: pods(web(), 2), faults: lose("n1", "web-2"), want: []string{found}, seen: "traffic: small requests: web-2 at 10.0.0.2:8080 from n1: 10 of 10 answered"},
		"large ones elsewhere": {service: pods(web(), 2), faults: lose("n1", "web-2"), want: []string{found}, seen: "traffic: large requests: web-1 at 10.0.0.1:8080 from n1: 2 of 2 answered"},
		"both ways": {service: pods(web(), 2), faults: func(n *tracetest.Network) {
			lose("n1", "web-2")(n)
			lose("n2", "web-1")(n)
		}, want: []string{found}, said: "from n1 to n2, n2 to n1,"},
		"the application does not take them": {service: pods(web(), 2), faults: func(n *tracetest.Network) {
			lose("", "web-2")(n)
			lose("", "web-1")(n)
		}, want: []string{}},
		"one pod does not take them": {service: pods(web(), 2), faults: lose("", "web-2"), want: []string{}},
		"the pod is dead":            {service: pods(web(), 2), faults: fault(tracetest.Hop{Kind: route.Pod, Pod: "web-2"}, tracetest.Timeout), want: []string{"dead-endpoint error confirmed"}},
	})
}
