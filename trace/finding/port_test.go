package finding_test

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	. "github.com/kubectl-nettrace/kubectl-nettrace/trace/target/targettest"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/tracetest"
)

func TestTargetPortNameMissing(t *testing.T) {
	const name = "target-port-name-missing "
	named := func() *Service {
		return NewService("web").Selecting("app", "web").NamedPort("http", 80, "app").Node("n1").Node("n2")
	}
	always := corev1.ContainerRestartPolicyAlways
	sidecar := As(func(p *corev1.Pod) {
		p.Spec.InitContainers = []corev1.Container{{RestartPolicy: &always, Ports: []corev1.ContainerPort{{Name: "app", ContainerPort: 8080, Protocol: corev1.ProtocolTCP}}}}
	})
	written := func(s *Service) *Service {
		slice := &discoveryv1.EndpointSlice{ObjectMeta: metav1.ObjectMeta{Name: "mine"}, AddressType: discoveryv1.AddressTypeIPv4,
			Endpoints: []discoveryv1.Endpoint{{Addresses: []string{"10.0.0.1"}, TargetRef: &corev1.ObjectReference{Kind: "Pod", Name: "web-1", UID: "00000000-0000-4000-8000-000000000001"}}},
			Ports:     []discoveryv1.EndpointPort{Port("http", 8080, corev1.ProtocolTCP)}}
		return s.Sliced(slice)
	}
	patch := func(to string) string {
		return `kubectl -n shop patch service web --type=json -p '[{"op":"test","path":"/spec/ports/0/targetPort","value":"app"},{"op":"replace","path":"/spec/ports/0/targetPort","value":` + to + `}]'`
	}
	all(t, map[string]scenario{
		"all pods": {service: named().Pod("web-1", Declaring("http", 8080)), want: []string{name + "error confirmed"}, fix: patch(`"http"`),
			said: `1 of 1 pods have no port named "app", to which port http of service web leads, and get no traffic from it`, seen: "object: without it: web-1"},
		"all pods, their port has no name":          {service: named().Pod("web-1", Declaring("", 8080)), want: []string{name + "error confirmed"}, fix: patch("8080")},
		"all pods, several ports":                   {service: named().Pod("web-1", Declaring("http", 8080), Declaring("metrics", 9090)), want: []string{name + "error confirmed"}},
		"some pods":                                 {service: named().Pod("web-1", Declaring("app", 8080)).Pod("web-2", Declaring("http", 8080)), want: []string{name + "warning confirmed"}, seen: "traffic: none of them gave an answer through the Service, others did"},
		"some pods, answers tell nothing":           {service: named().Pod("web-1", Declaring("app", 8080)).Pod("web-2"), faults: func(n *tracetest.Network) { n.Anonymous() }, want: []string{name + "warning unverified"}},
		"one without it answers":                    {service: named().Pod("web-1", Declaring("app", 8080)).Pod("web-2"), faults: fault(tracetest.Hop{Kind: route.ClusterIP, From: "n2"}, tracetest.Fault{Status: 200, Endpoint: 2, Rung: wire.RungAnswer}), want: []string{}},
		"all pods, but something answers":           {service: named().Pod("web-1"), faults: fault(tracetest.Hop{}, tracetest.Status(200)), want: []string{}},
		"every pod has it":                          {service: named().Pod("web-1", Declaring("app", 8080)).Pod("web-2", Declaring("app", 9090)), want: []string{}},
		"a sidecar has it":                          {service: named().Pod("web-1", sidecar), want: []string{}},
		"the slice knows better":                    {service: written(named().Pod("web-1")), want: []string{}},
		"the slice knows better, and all is silent": {service: written(named().Pod("web-1")), faults: fault(tracetest.Hop{}, tracetest.Timeout), want: []string{"dead-endpoint error unverified", "dns-no-answer error confirmed"}},
		"a number needs no name":                    {service: web().Pod("web-1"), want: []string{}},
	})
}

func TestTargetPortRefused(t *testing.T) {
	const found = "target-port-refused error confirmed"
	wrong := func() *Service {
		return NewService("web").Selecting("app", "web").Port("admin", 81, 9000).Port("http", 80, 4000).Node("n1").Node("n2").
			Pod("web-1", On("n1"), Declaring("http", 8080), Declaring("a", 9000)).Pod("web-2", On("n2"), Declaring("http", 8080), Declaring("a", 9000))
	}
	refuse := func(ports ...int32) func(*tracetest.Network) {
		return func(n *tracetest.Network) {
			for _, pod := range []string{"web-1", "web-2"} {
				for _, address := range []string{"10.0.0.1:4000", "10.0.0.2:4000", "10.96.0.7:80"} {
					n.Fault(tracetest.Hop{Pod: pod, Address: address}, tracetest.Refused)
				}
			}
			for _, p := range ports {
				n.Listening(p)
			}
		}
	}
	patch := `kubectl -n shop patch service web --type=json -p '[{"op":"test","path":"/spec/ports/1/targetPort","value":4000},{"op":"replace","path":"/spec/ports/1/targetPort","value":8080}]'`
	silent := func(n *tracetest.Network) {
		n.Listening(8080).Fault(tracetest.Hop{Address: "10.0.0.2:4000"}, tracetest.Timeout)
		refuse()(n)
	}
	oneAnswers := func(n *tracetest.Network) {
		n.Listening(8080).Fault(tracetest.Hop{Pod: "web-1", Address: "10.0.0.1:4000"}, tracetest.Refused)
	}
	all(t, map[string]scenario{
		"another port listens": {service: wrong(), faults: refuse(8080), want: []string{found}, fix: patch,
			said: "every ready endpoint refuses connections to port 4000, to which port http of service web leads; port 8080 of pod web-1 accepts them",
			seen: "traffic: web-1 at 10.0.0.1:8080 from n1: 3 of 3 answered"},
		"another Service port's target listens": {service: wrong(), faults: refuse(), want: []string{found}},
		"no other port listens": {service: web().Pod("web-1", On("n1"), Declaring("x", 1234)), faults: fault(tracetest.Hop{Kind: route.Pod}, tracetest.Refused),
			want: []string{"dead-endpoint error confirmed"}},
		"one pod is silent instead": {service: wrong(), faults: silent, want: []string{"dead-endpoint error confirmed"}},
		"one pod answers":           {service: wrong(), faults: oneAnswers, want: []string{"dead-endpoint error confirmed"}},
		"the port is declared": {service: pods(web(), 1), faults: func(n *tracetest.Network) { n.Listening(9090).Fault(tracetest.Hop{Pod: "web-1"}, tracetest.Refused) },
			want: []string{"dead-endpoint error confirmed"}},
	})
}
