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

func TestPodNetworkBrokenBetweenNodes(t *testing.T) {
	const found = "pod-network-broken-between-nodes error confirmed"
	between := func(from, pod string) tracetest.Hop { return tracetest.Hop{From: from, Pod: pod} }
	all(t, map[string]scenario{
		"one way": {service: pods(web(), 2), faults: fault(between("n1", "web-2"), tracetest.Timeout), want: []string{found},
			said: "from n1 to n2", seen: "traffic: web-2 at 10.0.0.2:8080 from n2: 10 of 10 answered"},
		"both ways": {service: pods(web(), 2), faults: func(n *tracetest.Network) {
			n.Fault(between("n1", "web-2"), tracetest.Timeout).Fault(between("n2", "web-1"), tracetest.Timeout)
		}, want: []string{found}, said: "from n2 to n1, n1 to n2"},
		"one of two pods there": {service: pods(web(), 4), faults: fault(between("n1", "web-2"), tracetest.Timeout), want: []string{}},
		"refusals do come back": {service: pods(web(), 2), faults: fault(between("n1", "web-2"), tracetest.Refused), want: []string{}},
		"the pod is dead":       {service: pods(web(), 2), faults: fault(tracetest.Hop{Pod: "web-2"}, tracetest.Timeout), want: []string{"dead-endpoint error confirmed"}},
		"nothing is reached from there": {service: pods(web(), 2), faults: func(n *tracetest.Network) {
			n.Fault(tracetest.Hop{Kind: route.Pod, From: "n1"}, tracetest.Timeout)
		}, want: []string{}},
		"nobody asked from elsewhere": {service: pods(web(), 2), from: []string{"n1"}, faults: fault(between("n1", "web-2"), tracetest.Timeout), want: []string{"dead-endpoint error unverified"}},
		// A node is never held back by a NetworkPolicy, so that it is no contrast.
		"a policy, and a node beside": {service: pods(web(), 2), from: []string{"pod@n1", "node@n2"}, faults: fault(between("n1", "web-2"), tracetest.Timeout), want: []string{}},
	})
}

func TestNodePortClosed(t *testing.T) {
	const found, unsure = "nodeport-closed-on-node error confirmed", "nodeport-closed-on-node error unverified"
	at := func(address string) tracetest.Hop { return tracetest.Hop{Kind: route.NodePort, Address: address} }
	ported := func() *Service { return pods(web().NodePort(30080), 2) }
	all(t, map[string]scenario{
		"on one node": {service: ported(), faults: fault(at("172.16.0.2:30080"), tracetest.Refused), want: []string{found},
			said: "nothing answers at NodePort 30080 of service web on n2, although the Service works", seen: "traffic: 172.16.0.1:30080 from n1: 20 of 20 answered",
			fix: "kubectl -n kube-system get pods -o wide --field-selector spec.nodeName=n2"},
		"from nowhere":          {service: ported(), faults: fault(at(""), tracetest.Timeout), want: []string{unsure}, seen: "a firewall or policy may keep that place from all of them"},
		"from one place only":   {service: ported(), faults: fault(tracetest.Hop{Kind: route.NodePort, Address: "172.16.0.2:30080", From: "n1"}, tracetest.Timeout), want: []string{}},
		"a status is an answer": {service: ported(), faults: fault(at("172.16.0.2:30080"), tracetest.Status(503)), want: []string{}},
		"the ClusterIP fails there as well": {service: ported(), faults: func(n *tracetest.Network) {
			n.Fault(at("172.16.0.2:30080"), tracetest.Timeout).Fault(tracetest.Hop{Kind: route.ClusterIP, From: "n2"}, tracetest.Timeout)
		}, want: []string{"clusterip-broken-on-node error confirmed"}},
		"the Service does not work": {service: ported(), faults: func(n *tracetest.Network) {
			n.Fault(at("172.16.0.2:30080"), tracetest.Timeout).Fault(tracetest.Hop{Kind: route.ClusterIP}, tracetest.Status(503)).Fault(at("172.16.0.1:30080"), tracetest.Status(503))
		}, want: []string{}},
	})
}

func TestLocalPolicies(t *testing.T) {
	internal := func(s *corev1.Service) { s.Spec.InternalTrafficPolicy = Ptr(corev1.ServiceInternalTrafficPolicyLocal) }
	external := func(s *corev1.Service) { s.Spec.ExternalTrafficPolicy = corev1.ServiceExternalTrafficPolicyLocal }
	sticky := func(s *corev1.Service) { s.Spec.SessionAffinity = corev1.ServiceAffinityClientIP }
	all(t, map[string]scenario{
		"internal": {service: web().With(internal).Pod("web-1", On("n1")), want: []string{"internal-traffic-local info unverified"},
			said: "on the others the ClusterIP leads nowhere: n2",
			fix:  `kubectl -n shop patch service web --type=json -p '[{"op":"test","path":"/spec/internalTrafficPolicy","value":"Local"},{"op":"replace","path":"/spec/internalTrafficPolicy","value":"Cluster"}]'`},
		"internal, a pod on each node": {service: pods(web(), 2).With(internal), want: []string{}},
		"internal, none at all":        {service: web().With(internal), want: []string{"selector-matches-nothing error confirmed"}},
		"external":                     {service: web().NodePort(30080).With(external).Pod("web-1", On("n1")), want: []string{"external-traffic-local info unverified"}, said: "the others drop its traffic: n2"},
		"external, a pod on each node": {service: pods(web().NodePort(30080), 2).With(external), want: []string{}},
		"affinity to the only pod":     {service: pods(web(), 1).With(sticky), want: []string{}},
		"affinity":                     {service: pods(web(), 2).With(sticky), want: []string{"session-affinity info confirmed"}, seen: "traffic: web-1 answered all 20 requests from n1 to 10.96.0.7:80"},
		"affinity that nobody can see": {service: pods(web(), 2).With(sticky), faults: func(n *tracetest.Network) { n.Anonymous() }, want: []string{"session-affinity info unverified", "answers-indistinguishable info confirmed"}},
	})
}

func TestSelectorTooBroad(t *testing.T) {
	owned := func(set, hash string) PodOption {
		return As(func(p *corev1.Pod) {
			p.Labels["pod-template-hash"] = hash
			p.OwnerReferences = []metav1.OwnerReference{{Kind: "ReplicaSet", Name: set, Controller: Ptr(true)}}
		})
	}
	two := func() *Service {
		return web().Pod("blue-1", On("n1"), owned("blue-abc", "abc")).Pod("green-1", On("n2"), owned("green-def", "def"))
	}
	all(t, map[string]scenario{
		"two Deployments": {service: two(), want: []string{"selector-too-broad info confirmed"},
			said: "service web leads to the pods of 2 workloads: deployment blue, deployment green", seen: "traffic: 10.96.0.7:80 from n1 was answered by pods of deployment blue, deployment green"},
		"that differ": {service: two(), faults: fault(tracetest.Hop{Pod: "green-1"}, tracetest.Status(404)), want: []string{"selector-too-broad warning confirmed"},
			seen: "traffic: the pods of deployment green answer directly with HTTP 404"},
		"a rollout of one": {service: web().Pod("blue-1", On("n1"), owned("blue-abc", "abc")).Pod("blue-2", On("n2"), owned("blue-def", "def")), want: []string{}},
	})
}

func TestStaleEndpoint(t *testing.T) {
	gone := func() *Service {
		slice := &discoveryv1.EndpointSlice{
			ObjectMeta: metav1.ObjectMeta{Name: "by-hand"}, AddressType: discoveryv1.AddressTypeIPv4, Ports: []discoveryv1.EndpointPort{Port("http", 8080, corev1.ProtocolTCP)},
			Endpoints: []discoveryv1.Endpoint{{Addresses: []string{"10.0.0.99"}, NodeName: Ptr("n1"), TargetRef: &corev1.ObjectReference{Kind: "Pod", Name: "gone-1", UID: "no-such-uid"}}},
		}
		return pods(web(), 2).Sliced(slice)
	}
	all(t, map[string]scenario{
		"nothing answers":   {service: gone(), faults: fault(tracetest.Hop{Pod: "gone-1"}, tracetest.Timeout), want: []string{"stale-endpoint error confirmed"}, said: "port http of service web still leads to pods that are gone: gone-1"},
		"something answers": {service: gone(), want: []string{}},
	})
}

func TestProtocolMismatch(t *testing.T) {
	const plain = "tls handshake: tls: first record does not look like a TLS handshake"
	tls := func(n *tracetest.Network) {
		n.Detailed(tracetest.Hop{Pod: "web-1"}, tracetest.Fault{Error: wire.ErrorTLS}, plain).Detailed(tracetest.Hop{Pod: "web-2"}, tracetest.Fault{Error: wire.ErrorTLS}, plain)
	}
	all(t, map[string]scenario{
		"plain behind https": {service: pods(NewService("web").Selecting("app", "web").Port("https", 443, 8443).Node("n1").Node("n2"), 2), faults: tls,
			want: []string{"protocol-mismatch error confirmed"}, said: "port https of service web is asked in https (port name https), and every pod answers in plain text, without TLS"},
		"one of the pods": {service: pods(NewService("web").Selecting("app", "web").Port("https", 443, 8443).Node("n1").Node("n2"), 2),
			faults: func(n *tracetest.Network) {
				n.Detailed(tracetest.Hop{Pod: "web-1"}, tracetest.Fault{Error: wire.ErrorTLS}, plain)
			}, want: []string{"dead-endpoint error confirmed"}},
	})
}
