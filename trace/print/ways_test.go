package print_test

import (
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/print"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
	. "github.com/kubectl-nettrace/kubectl-nettrace/trace/target/targettest"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/tracetest"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

// sent traces a Service that has Gateways.
func sent(t *testing.T, n *tracetest.Network, s *Service, from ...string) *trace.Report {
	t.Helper()
	run, err := trace.Prepare(t.Context(), target.NewReader(s.Client(), s.GatewayClient()), tracetest.Options(from...))
	if err != nil {
		t.Fatal(err)
	}
	reports, err := run.Send(t.Context(), n.Of(run), nil)
	if err != nil {
		t.Fatal(err)
	}
	return reports[0]
}

// shop returns a Service with every kind of way in.
func shop() *Service {
	s := web(3).NodePort(30080).Balanced(corev1.LoadBalancerIngress{IP: "192.0.2.80"})
	regular := networkingv1.PathTypeImplementationSpecific
	ingress := NewIngress("web", Class("nginx"), Published("203.0.113.9", "2001:db8::9"),
		Annotated("nginx.ingress.kubernetes.io/use-regex", "true"), Annotated("nginx.ingress.kubernetes.io/rewrite-target", "/$1"),
		Path("shop.example.com", "/api/(.*)", regular, intstr.FromInt32(80)), Path("shop.example.com", "/v2/with/a/long/path/(.*)", regular, intstr.FromInt32(80)))
	s.Beside(NewIngressClass("nginx", "k8s.io/ingress-nginx"), ingress)
	return s.Gateways(NewGateway("edge", []gatewayv1.Listener{Listener("http", 80, "")}, "203.0.113.10"),
		HTTPRoute("web", []string{"gw.example.com"}, Parent("edge"), Rule(ToService("web", 80, Weighing(9)), ToService("canary", 80))),
	).Beside(canary()...)
}

// canary is a Service beside the target.
func canary() []runtime.Object {
	service := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: "canary", Namespace: Namespace}}
	service.Spec.Ports = []corev1.ServicePort{{Name: "http", Port: 80, TargetPort: intstr.FromInt32(8080), Protocol: corev1.ProtocolTCP}}
	return []runtime.Object{service, &discoveryv1.EndpointSlice{
		ObjectMeta:  metav1.ObjectMeta{Name: "canary-x", Namespace: Namespace, Labels: map[string]string{discoveryv1.LabelServiceName: "canary"}},
		AddressType: discoveryv1.AddressTypeIPv4,
		Ports:       []discoveryv1.EndpointPort{{Name: Ptr("http"), Port: Ptr(int32(8080)), Protocol: Ptr(corev1.ProtocolTCP)}},
		Endpoints: []discoveryv1.Endpoint{{
			Addresses: []string{"10.0.2.1"}, NodeName: Ptr("node-2"), TargetRef: &corev1.ObjectReference{Kind: "Pod", Namespace: Namespace, Name: "canary-x", UID: "u"},
			Conditions: discoveryv1.EndpointConditions{Ready: Ptr(true)},
		}},
	}}
}

// ways are reports on the ways in from outside.
func ways(t *testing.T) map[string]*trace.Report {
	broken := tracetest.Hop{Kind: route.Ingress, Path: "/api/"}
	everywhere := []string{"node-1", "node@node-1", "local"}
	carried := func(change func(*tracetest.Network), from ...string) *trace.Report {
		s := shop()
		n := tracetest.NewNetwork(s)
		change(n)
		return sent(t, n, s, from...)
	}
	served := carried(func(*tracetest.Network) {}, "local")
	for i := range served.Cells {
		serve(&served.Cells[i])
	}
	return map[string]*trace.Report{
		"all-ways":       carried(func(*tracetest.Network) {}, everywhere...),
		"broken-ingress": carried(func(n *tracetest.Network) { n.Fault(broken, tracetest.Status(503)) }, everywhere...),
		"stopped-at-proxy": carried(func(n *tracetest.Network) {
			n.Redirect(tracetest.Hop{Kind: route.Ingress}, 302, "https://login.example.com/start")
			n.Fault(tracetest.Hop{Kind: route.Gateway}, tracetest.Status(401))
		}, everywhere...),
		"short-cut":    carried(func(*tracetest.Network) {}, "node-1", "node-2"),
		"wrong-name":   carried(func(n *tracetest.Network) { n.Resolving(wire.RecordA, "10.9.9.9") }, "node-1"),
		"certificates": served,
	}
}

// serve adds certificates and trace ids to what came through a Gateway.
func serve(c *trace.Cell) {
	if c.Kind != route.Gateway {
		return
	}
	c.Protocol, c.Guessed = wire.HTTPS, "the status of the Gateway has no address"
	c.Certificates = []wire.Certificate{{
		SHA256: strings.Repeat("ab", 32), Subject: "CN=other.example.com", Issuer: "CN=lab", Names: []string{"other.example.com"}, Mismatch: "x509: not valid for gw.example.com",
		NotBefore: time.Date(2019, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC),
	}}
	c.Samples = []wire.Sample{
		{TraceID: strings.Repeat("0c", 16), Outcome: wire.Outcome{Error: wire.ErrorTimeout}},
		{TraceID: strings.Repeat("0d", 16), Outcome: wire.Outcome{Status: 200}, Phases: wire.Phases{Total: 44 * time.Millisecond}},
	}
}

func TestWaysIn(t *testing.T) {
	for name, r := range ways(t) {
		t.Run(name, func(t *testing.T) {
			table := write(t, print.Table, r)
			golden(t, name, table)
			golden(t, name+"-wide", write(t, print.Wide, r))
			narrowEnough(t, table)
		})
	}
}

func TestSeveralTargets(t *testing.T) {
	all := ways(t)
	reports := []*trace.Report{all["all-ways"], all["broken-ingress"], all["short-cut"], traced(t, web(0))}
	for i, name := range []string{"web", "a-service-with-quite-a-long-name-in-it", "third", "empty"} {
		reports[i].Target.Name = name
	}
	var out strings.Builder
	if err := print.Write(&out, print.Table, reports...); err != nil {
		t.Fatal(err)
	}
	golden(t, "several-targets", out.String())
	narrowEnough(t, out.String())
}

// A row says no more than was tried: not from both places at both addresses.
func TestRowsOfRules(t *testing.T) {
	cell := func(address, from string, v verdict.Verdict) trace.Cell {
		return trace.Cell{Kind: route.Ingress, Protocol: wire.HTTP, Address: address, Host: "a.test", Path: "/x", Object: "ingress shop/web", Rule: "a.test/x (Exact)",
			Vantage: from, Verdict: v, Sent: 2, OK: 2, Answers: []trace.Answer{{Endpoint: "nobody-knows", Count: 2}}}
	}
	other := cell("192.0.2.1:80", "local", verdict.Healthy)
	other.Path, other.Rule = "/y", "a.test/y (Exact)"
	for name, test := range map[string]struct {
		cells []trace.Cell
		rows  int
		says  string
	}{
		"both from both":       {[]trace.Cell{cell("192.0.2.1:80", "local", verdict.Healthy), cell("192.0.2.2:80", "local", verdict.Healthy)}, 1, "via 192.0.2.1:80, 192.0.2.2:80 · ingress"},
		"each from one":        {[]trace.Cell{cell("192.0.2.1:80", "local", verdict.Healthy), cell("192.0.2.2:80", "pod@node-1", verdict.Healthy)}, 2, "via 192.0.2.2:80 · ingress"},
		"two rules":            {[]trace.Cell{cell("192.0.2.1:80", "local", verdict.Healthy), other}, 2, "rule /y (Exact)"},
		"one address degraded": {[]trace.Cell{cell("192.0.2.1:80", "local", verdict.Degraded), cell("192.0.2.2:80", "local", verdict.Healthy)}, 2, "✘ ingress"},
		"both degraded":        {[]trace.Cell{cell("192.0.2.1:80", "local", verdict.Degraded), cell("192.0.2.2:80", "local", verdict.Degraded)}, 2, "via 192.0.2.2:80 · ingress"},
		"no short name":        {[]trace.Cell{cell("192.0.2.1:80", "local", verdict.Healthy)}, 1, "nobody-knows2"},
	} {
		r := &trace.Report{Cells: test.cells}
		shown := write(t, print.Table, r)
		if got := strings.Count(shown, "  a.test/"); got != test.rows || !strings.Contains(shown, test.says) {
			t.Errorf("%s: %d rows, want %d and %q:\n%s", name, got, test.rows, test.says, shown)
		}
	}
}
