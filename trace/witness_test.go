package trace

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target/targettest"
)

// TestWatchedNodes: witnesses run where endpoints or proxies are, on the nodes that host
// most of them first, and on no more than some.
func TestWatchedNodes(t *testing.T) {
	on := func(nodes ...string) func(*targettest.Service) {
		return func(s *targettest.Service) {
			for i, n := range nodes {
				s.Pod(fmt.Sprint("more-", i), targettest.On(n))
			}
		}
	}
	many := func(s *targettest.Service) {
		for i := range 12 {
			node := fmt.Sprintf("m%02d", i)
			s.Node(node).Pod("more-"+node, targettest.On(node), targettest.At(fmt.Sprint("10.244.1.", i)))
		}
	}
	for name, test := range map[string]struct {
		change func(*targettest.Service)
		want   string
	}{
		"as they are":              {func(*targettest.Service) {}, "n1 n2 n3"},
		"most endpoints first":     {on("n2"), "n2 n1 n3"},
		"an endpoint beside it":    {on("n3"), "n3 n1 n2"},
		"a node that is not ready": {func(s *targettest.Service) { s.Node("n4", targettest.Dead()); on("n4", "n4")(s) }, "n1 n2 n3"},
		"one that nobody knows":    {on("n5"), "n1 n2 n5 n3"},
		"a pod on none":            {on(""), "n1 n2 n3"},
		"a node of neither":        {func(s *targettest.Service) { s.Node("n4") }, "n1 n2 n3"},
		"more than ten":            {many, "m00 m01 m02 m03 m04 m05 m06 m07 m08 m09"},
	} {
		run := watchedRun(t, test.change)
		var nodes []string
		for _, p := range run.Witnesses {
			nodes = append(nodes, p.Vantage.Node)
		}
		if got := strings.Join(nodes, " "); got != test.want {
			t.Errorf("%s: watched on %s, want %s", name, got, test.want)
		}
	}
}

// TestWatchAt: a witness takes for delivered what goes to endpoints on its own node, and
// looks at what goes to others, to proxies and to the routes' addresses as passing.
func TestWatchAt(t *testing.T) {
	run := watchedRun(t, func(s *targettest.Service) {
		s.UDPPort("dns", 53, 5353).Pod("host", targettest.On("n1"), targettest.At("172.16.0.1"), targettest.As(func(p *corev1.Pod) { p.Spec.HostNetwork = true })).
			Beside(targettest.NewIngress("another", targettest.Class("c"), targettest.Published("203.0.113.9"), targettest.Path("b.example.com", "/", networkingv1.PathTypePrefix, intstr.FromInt32(80))))
	})
	show := func(sockets []wire.Socket) []string {
		var all []string
		for _, s := range sockets {
			text := fmt.Sprintf("%s:%d %d", s.Address, s.Port, s.Endpoint)
			if s.OnNode {
				text += " on the node"
			}
			all = append(all, text)
		}
		return all
	}
	w := run.watchAt("n1")
	number := map[string]int{}
	for _, h := range run.directory.Hosted() {
		number[h.Name] = h.Number
	}
	at := func(address, name string) string { return fmt.Sprintf("%s %d", address, number[name]) }
	delivered := []string{
		at("172.16.0.1:8080", "host") + " on the node", at("172.16.0.1:8443", "host") + " on the node",
		at("10.244.0.7:8080", "web-1"), at("10.244.0.7:8443", "web-1"),
	}
	got := show(w.Delivered)
	slices.Sort(got)
	slices.Sort(delivered)
	if !slices.Equal(got, delivered) {
		t.Errorf("delivered to %q, want %q", got, delivered)
	}
	passed := show(w.Passed)
	for _, want := range []string{at("10.244.0.8:8080", "web-2"), at("10.244.0.8:8443", "web-2"), "10.0.9.1:8000 0", "192.0.2.80:80 0", "203.0.113.9:80 0"} {
		if !slices.Contains(passed, want) {
			t.Errorf("passing is not looked at for %s: %q", want, passed)
		}
	}
	for i, s := range passed {
		if strings.Contains(s, "10.244.0.7:") || strings.Contains(s, ":5353") || slices.Contains(passed[:i], s) {
			t.Errorf("passing is looked at for %s: %q", s, passed)
		}
	}
	if w.Hops != hopped {
		t.Errorf("all hops are noted of %d requests", w.Hops)
	}
}

// TestListening: where requests may arrive at a proxy's pod.
func TestListening(t *testing.T) {
	port := func(number int32, protocol corev1.Protocol) corev1.ContainerPort {
		return corev1.ContainerPort{ContainerPort: number, Protocol: protocol}
	}
	for name, test := range map[string]struct {
		ports []corev1.ContainerPort
		host  bool
		want  string
	}{
		"declared":               {[]corev1.ContainerPort{port(80, corev1.ProtocolTCP), port(443, "")}, false, "10.0.9.1:80 10.0.9.1:443 fd00::1:80 fd00::1:443"},
		"UDP beside":             {[]corev1.ContainerPort{port(80, corev1.ProtocolTCP), port(443, corev1.ProtocolUDP)}, false, "10.0.9.1:80 fd00::1:80"},
		"none":                   {nil, false, "10.0.9.1:0 fd00::1:0"},
		"none, and the node's":   {nil, true, ""}, // all traffic of the node would be
		"declared, and the host": {[]corev1.ContainerPort{port(80, corev1.ProtocolTCP)}, true, "10.0.9.1:80 fd00::1:80"},
	} {
		pod := corev1.Pod{Spec: corev1.PodSpec{HostNetwork: test.host, Containers: []corev1.Container{{Ports: test.ports}}}}
		pod.Status.PodIPs = []corev1.PodIP{{IP: "10.0.9.1"}, {IP: "fd00::1"}}
		var got []string
		for _, s := range listening(pod) {
			got = append(got, fmt.Sprintf("%s:%d", s.Address, s.Port))
		}
		if all := strings.Join(got, " "); all != test.want {
			t.Errorf("%s: %s, want %s", name, all, test.want)
		}
	}
}
