package finding_test

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	. "github.com/kubectl-nettrace/kubectl-nettrace/trace/target/targettest"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/tracetest"
)

func TestDeadEndpoint(t *testing.T) {
	const confirmed, unverified = "dead-endpoint error confirmed", "dead-endpoint error unverified"
	dead := func(f tracetest.Fault) func(*tracetest.Network) { return fault(tracetest.Hop{Pod: "web-2"}, f) }
	mesh := As(func(p *corev1.Pod) {
		p.Spec.Containers = append(p.Spec.Containers, corev1.Container{Name: "istio-proxy"})
	})
	probed := As(func(p *corev1.Pod) { p.Spec.Containers[0].ReadinessProbe = &corev1.Probe{} })
	gone := &discoveryv1.EndpointSlice{ObjectMeta: metav1.ObjectMeta{Name: "gone"}, AddressType: discoveryv1.AddressTypeIPv4,
		Endpoints: []discoveryv1.Endpoint{{Addresses: []string{"10.9.0.1"}}}, Ports: []discoveryv1.EndpointPort{Port("http", 8080, corev1.ProtocolTCP)}}
	dual := func() *Service {
		return web().DualStack().Pod("web-1", On("n1"), At("10.0.0.1", "fd00::1")).Pod("web-2", On("n2"), At("10.0.0.2", "fd00::2"))
	}
	all(t, map[string]scenario{
		"refuses": {service: pods(web(), 3), faults: dead(tracetest.Refused), want: []string{confirmed},
			said: "1 of 3 ready endpoints of service web failed every direct request to port http: web-2",
			seen: "traffic: web-2 at 10.0.0.2:8080 from n1: refused x10", fix: "kubectl -n shop logs web-2 --all-containers --tail=50"},
		"its share of the Service": {service: pods(web(), 2), faults: dead(tracetest.Refused), want: []string{confirmed}, seen: "traffic: 20 of 40 requests to the ClusterIP failed, with 1 of 2 endpoints dead"},
		"answers 500":              {service: pods(web(), 3), faults: dead(tracetest.Status(500)), want: []string{confirmed}, seen: "HTTP 500 x10"},
		"silent on its own node":   {service: pods(web(), 3), faults: dead(tracetest.Timeout), want: []string{confirmed}},
		"silent from afar":         {service: pods(web(), 3), faults: dead(tracetest.Timeout), from: []string{"n1"}, want: []string{unverified}, seen: "web-2 was not asked from its own node: the way to node n2 can cause this as well (--from n2 tells)"},
		"unreachable from afar":    {service: pods(web(), 3), faults: dead(tracetest.Unreachable), from: []string{"n1"}, want: []string{unverified}},
		"refuses from afar":        {service: pods(web(), 3), faults: dead(tracetest.Refused), from: []string{"n1"}, want: []string{confirmed}},
		"answers from its node":    {service: pods(web(), 3), faults: fault(tracetest.Hop{Pod: "web-2", From: "n1"}, tracetest.Timeout), want: []string{"pod-network-broken-between-nodes error confirmed"}},
		"all are silent":           {service: pods(web(), 2), faults: fault(tracetest.Hop{Kind: route.Pod}, tracetest.Timeout), want: []string{unverified}, seen: "no packet came back from any endpoint: a policy or the pod network can cause this as well", fix: "kubectl api-resources -o wide | grep -i polic"},
		"all refuse":               {service: pods(web(), 2), faults: fault(tracetest.Hop{Kind: route.Pod}, tracetest.Refused), want: []string{confirmed}, said: "2 of 2 ready endpoints"},
		"one family":               {service: dual(), faults: fault(tracetest.Hop{Pod: "web-2", Address: "[fd00::2]:8080"}, tracetest.Refused), want: []string{}},
		"both families":            {service: dual(), faults: dead(tracetest.Refused), want: []string{confirmed}},
		"some requests fail":       {service: pods(web(), 2), faults: fault(tracetest.Hop{Pod: "web-2", Kind: route.ClusterIP}, tracetest.Timeout), want: []string{}},
		"a mesh hangs up":          {service: pods(web(), 2, mesh), faults: fault(tracetest.Hop{Kind: route.Pod}, tracetest.Reset), want: []string{"mesh-requires-mtls error unverified"}, seen: "container istio-proxy stands in pod web-1", fix: "kubectl nettrace -n shop svc/web --no-pods"},
		"a mesh, and a timeout":    {service: pods(web(), 2, mesh), faults: fault(tracetest.Hop{Kind: route.Pod}, tracetest.Timeout), want: []string{unverified}},
		"a reset without a mesh":   {service: pods(web(), 2), faults: fault(tracetest.Hop{Kind: route.Pod}, tracetest.Reset), want: []string{confirmed}},
		"a bare address":           {service: NewService("web").Port("http", 80, 8080).Node("n1").Sliced(gone), from: []string{"n1"}, faults: fault(tracetest.Hop{Pod: "10.9.0.1"}, tracetest.Refused), want: []string{confirmed}, fix: "kubectl -n shop get endpointslices -l kubernetes.io/service-name=web -o yaml"},
		"a bare address is silent": {service: pods(web(), 1).Sliced(gone), faults: fault(tracetest.Hop{Pod: "10.9.0.1"}, tracetest.Timeout), want: []string{unverified}, seen: "nothing says on which node 10.9.0.1 is"},
		"not ready": {service: pods(web(), 2).Pod("late", On("n1"), NotReady("x")), faults: fault(tracetest.Hop{Pod: "late"}, tracetest.Refused),
			want: []string{"endpoints-not-ready warning confirmed"}},
	})
	t.Run("a probe that passes is named", func(t *testing.T) {
		report := tracetest.NewNetwork(pods(web(), 2, probed)).Fault(tracetest.Hop{Pod: "web-2"}, tracetest.Refused).Trace(t, "n1")
		if text := report.Findings[0].Fix[0].Text; !strings.Contains(text, "its readiness probe passes all the same") {
			t.Errorf("fix %q", text)
		}
	})
}

func TestThousandDeadEndpoints(t *testing.T) {
	report := tracetest.NewNetwork(pods(web(), 1000)).Fault(tracetest.Hop{Kind: route.Pod}, tracetest.Timeout).Trace(t, "n1", "n2")
	if f := report.Findings[0]; len(f.Evidence) > 6 || len(f.Fix) > 3 || len(f.Summary) > 300 {
		t.Errorf("%d facts, %d steps, %q: too much to read", len(f.Evidence), len(f.Fix), f.Summary)
	}
}
