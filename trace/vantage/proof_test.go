package vantage_test

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	. "github.com/kubectl-nettrace/kubectl-nettrace/trace/target/targettest"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/vantage"
)

// TestOf holds the matrix against what kube-proxy's rules make of each case.
func TestOf(t *testing.T) {
	pod, node, here, forward := vantage.OnPod("n1")[0], vantage.Vantage{Kind: vantage.Node, Node: "n1"}, vantage.Vantage{Kind: vantage.Local}, vantage.Vantage{Kind: vantage.Forward}
	local := corev1.ServiceInternalTrafficPolicyLocal
	inside := func(s *corev1.Service) { s.Spec.InternalTrafficPolicy = &local }
	outside := func(s *corev1.Service) { s.Spec.ExternalTrafficPolicy = corev1.ServiceExternalTrafficPolicyLocal }
	// The endpoint lives on n2.
	web := func(with ...func(*corev1.Service)) *Service {
		s := NewService("web").Selecting("app", "web").Port("http", 80, 8080).NodePort(30080).Node("n1").Node("n2").Node("n3").Pod("a", On("n2"))
		for _, w := range with {
			s.With(w)
		}
		return s
	}
	on := func(kind route.Kind, node string) route.Route { return route.Route{Kind: kind, Node: node} }
	for name, test := range map[string]struct {
		service *Service
		route   route.Route
		from    vantage.Vantage
		want    vantage.Worth
		reason  string
	}{
		"a pod from a pod":                            {web(), on(route.Pod, "n2"), pod, vantage.Full, ""},
		"a pod from a node":                           {web(), on(route.Pod, "n2"), node, vantage.Full, ""},
		"a pod from here":                             {web(), on(route.Pod, "n2"), here, vantage.None, "inside the cluster only"},
		"a pod through the API server":                {web(), on(route.Pod, "n2"), forward, vantage.Part, "the pod network took no part"},
		"UDP through the API server":                  {web(), route.Route{Kind: route.Pod, Protocol: wire.UDP}, forward, vantage.None, "without probes"},
		"a ClusterIP through the API server":          {web(), on(route.ClusterIP, ""), forward, vantage.None, "without probes"},
		"a ClusterIP from a pod":                      {web(), on(route.ClusterIP, ""), pod, vantage.Full, ""},
		"a ClusterIP from here":                       {web(), on(route.ClusterIP, ""), here, vantage.None, "inside the cluster only"},
		"a ClusterIP, internal Local, not hosting":    {web(inside), on(route.ClusterIP, ""), pod, vantage.None, "n1 hosts no ready endpoint"},
		"a ClusterIP, internal Local, hosting":        {web(inside), on(route.ClusterIP, ""), vantage.OnPod("n2")[0], vantage.Full, ""},
		"a name from a pod":                           {web(), on(route.DNS, ""), pod, vantage.Full, ""},
		"a name from a node":                          {web(), on(route.DNS, ""), node, vantage.None, "other DNS servers"},
		"a name from here":                            {web(), on(route.DNS, ""), here, vantage.None, "inside the cluster only"},
		"a NodePort from a pod":                       {web(), on(route.NodePort, "n1"), pod, vantage.Full, ""},
		"a NodePort from here":                        {web(), on(route.NodePort, "n1"), here, vantage.Full, ""},
		"a NodePort, Local, from a pod":               {web(outside), on(route.NodePort, "n2"), pod, vantage.None, "only a client outside the cluster"},
		"a NodePort, Local, from its own node":        {web(outside), on(route.NodePort, "n1"), node, vantage.None, "requests to itself"},
		"a NodePort, Local, from another node":        {web(outside), on(route.NodePort, "n2"), node, vantage.Full, ""},
		"a NodePort, Local, from here":                {web(outside), on(route.NodePort, "n2"), here, vantage.Full, ""},
		"a NodePort, Local, from here, not hosting":   {web(outside), on(route.NodePort, "n3"), here, vantage.None, "n3 hosts no ready endpoint"},
		"a virtual address from a pod":                {web(), route.Route{Kind: route.LoadBalancer, Virtual: true}, pod, vantage.Part, "the load balancer took no part"},
		"a virtual address from a node":               {web(), route.Route{Kind: route.LoadBalancer, Virtual: true}, node, vantage.Part, "the load balancer took no part"},
		"a virtual address from here":                 {web(), route.Route{Kind: route.LoadBalancer, Virtual: true}, here, vantage.Full, ""},
		"a load balancer that pods reach":             {web(), on(route.LoadBalancer, ""), pod, vantage.Full, ""},
		"an Ingress behind a virtual address":         {web(), route.Route{Kind: route.Ingress, Virtual: true}, pod, vantage.Part, "past its load balancer"},
		"a Gateway on a node that serves only itself": {web(), route.Route{Kind: route.Gateway, Node: "n1", NodeLocal: true}, pod, vantage.None, "only a client outside the cluster"},
		"an Ingress address of the inside, from here": {web(), route.Route{Kind: route.Ingress, Inside: true}, here, vantage.None, "inside the cluster only"},
		"a control target from a pod":                 {web(), route.Route{Kind: route.Control, Port: -1}, pod, vantage.Full, ""},
		"a control target from here":                  {web(), route.Route{Kind: route.Control, Port: -1}, here, vantage.None, "inside the cluster only"},
	} {
		t.Run(name, func(t *testing.T) {
			got := vantage.Of(test.service.Target(t), test.route, test.from)
			if got.Worth != test.want || !strings.Contains(got.Reason, test.reason) || (got.Reason == "") != (test.reason == "") {
				t.Errorf("worth %d because %q, want %d because %q", got.Worth, got.Reason, test.want, test.reason)
			}
		})
	}
}
