package finding_test

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	. "github.com/kubectl-nettrace/kubectl-nettrace/trace/target/targettest"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/tracetest"
)

func TestClusterIPBrokenOnNode(t *testing.T) {
	const found = "clusterip-broken-on-node error confirmed"
	from := func(node string) tracetest.Hop { return tracetest.Hop{Kind: route.ClusterIP, From: node} }
	dual := func() *Service {
		return pods(web().DualStack(), 0).Pod("web-1", On("n1"), At("10.0.0.1", "fd00::1")).Pod("web-2", On("n2"), At("10.0.0.2", "fd00::2"))
	}
	otherProtocol := &discoveryv1.EndpointSlice{ObjectMeta: metav1.ObjectMeta{Name: "mine"}, AddressType: discoveryv1.AddressTypeIPv4,
		Endpoints: []discoveryv1.Endpoint{{Addresses: []string{"10.9.0.1"}}}, Ports: []discoveryv1.EndpointPort{Port("http", 8080, corev1.ProtocolUDP)}}
	all(t, map[string]scenario{
		"on one node": {service: pods(web(), 2), faults: fault(from("n2"), tracetest.Timeout), want: []string{found},
			said: "the ClusterIP 10.96.0.7:80 of service web, port http, fails from n2, although all pods answer directly from there",
			seen: "traffic: 10.96.0.7:80 answers from n1", fix: "kubectl -n kube-system get pods -o wide --field-selector spec.nodeName=n2"},
		"the pods are the contrast": {service: pods(web(), 2), faults: fault(from("n2"), tracetest.Refused), want: []string{found}, seen: "traffic: all 2 pod addresses from n2: every request answered"},
		"on both nodes":             {service: pods(web(), 2), faults: fault(from(""), tracetest.Timeout), want: []string{found}, said: "fails from n1, n2,"},
		"one family": {service: dual(), faults: fault(tracetest.Hop{Kind: route.ClusterIP, From: "n1", Address: "[fd00:96::7]:80"}, tracetest.Timeout), want: []string{found},
			said: "the ClusterIP [fd00:96::7]:80 of service web, port http, fails from n1", seen: "traffic: [fd00:96::7]:80 answers from n2"},
		"the other family's pods do not matter": {service: dual(), faults: func(n *tracetest.Network) {
			n.Fault(tracetest.Hop{Kind: route.ClusterIP, From: "n1", Address: "[fd00:96::7]:80"}, tracetest.Timeout).Fault(tracetest.Hop{From: "n1", Pod: "web-2", Address: "10.0.0.2:8080"}, tracetest.Timeout)
		}, want: []string{found}},
		"only some requests":    {service: pods(web(), 2), faults: fault(tracetest.Hop{Kind: route.ClusterIP, From: "n2", Pod: "web-1"}, tracetest.Timeout), want: []string{}},
		"a status is an answer": {service: pods(web(), 2), faults: fault(from("n2"), tracetest.Status(503)), want: []string{}},
		"the pods fail, too":    {service: pods(web(), 2), faults: fault(tracetest.Hop{From: "n2"}, tracetest.Timeout), want: []string{"dns-no-answer error confirmed"}},
		"some of the pods fail": {service: pods(web(), 2), faults: func(n *tracetest.Network) {
			n.Fault(from("n2"), tracetest.Timeout).Fault(tracetest.Hop{From: "n2", Pod: "web-1"}, tracetest.Timeout)
		}, want: []string{"pod-network-broken-between-nodes error confirmed"}},
		"no pods":                      {service: web().Pod("late", NotReady("x")), want: []string{"endpoints-not-ready error confirmed"}},
		"a slice for another protocol": {service: NewService("web").Port("http", 80, 8080).Node("n1").Sliced(otherProtocol), from: []string{"n1"}, want: []string{}},
	})
}
