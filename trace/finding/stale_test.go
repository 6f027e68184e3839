package finding_test

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	. "github.com/kubectl-nettrace/kubectl-nettrace/trace/target/targettest"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/tracetest"
)

func TestStaleRules(t *testing.T) {
	const found, unready = "stale-rules error confirmed", "endpoints-not-ready warning confirmed"
	since := func(ago time.Duration) PodOption {
		return As(func(p *corev1.Pod) {
			p.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionFalse, LastTransitionTime: metav1.NewTime(time.Now().Add(-ago))}}
		})
	}
	late := func(ago time.Duration) *Service { return pods(web(), 2).Pod("late", On("n1"), since(ago)) }
	still := func(kind route.Kind) func(*tracetest.Network) {
		return func(n *tracetest.Network) { n.Favour(tracetest.Hop{Kind: kind, Pod: "late", From: "n2"}) }
	}
	published := func(s *corev1.Service) { s.Spec.PublishNotReadyAddresses = true }
	all(t, map[string]scenario{
		"one node does not know": {service: late(time.Hour), faults: still(route.ClusterIP), want: []string{found},
			said: "late still gets requests for service web through n2, although it has not been ready since", seen: "traffic: late gave 19 of 20 answers at 10.96.0.7:80 from n2",
			fix: "kubectl -n kube-system get pods -o wide --field-selector spec.nodeName=n2"},
		"through a NodePort":    {service: late(time.Hour).NodePort(30080), faults: still(route.NodePort), want: []string{found}, said: "through n2, although"},
		"only just":             {service: late(5 * time.Second), faults: still(route.ClusterIP), want: []string{}},
		"since when is unknown": {service: pods(web(), 2).Pod("late", On("n1"), NotReady("x")), faults: still(route.ClusterIP), want: []string{}},
		"it gets nothing":       {service: late(time.Hour), want: []string{unready}},
		"all are published":     {service: late(time.Hour).With(published), faults: still(route.ClusterIP), want: []string{"sticky-without-affinity info confirmed"}},
		"the slices changed": {service: late(time.Hour), faults: func(n *tracetest.Network) { still(route.ClusterIP)(n.Becoming(pods(web(), 2).Pod("late", On("n1")))) },
			want: []string{"endpoints-changed info confirmed"}},
	})
}

func TestVantageBlocked(t *testing.T) {
	api := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: "kubernetes", Namespace: "default"}, Spec: corev1.ServiceSpec{ClusterIP: "10.96.0.1", Ports: []corev1.ServicePort{{Port: 443}}}}
	cut := func(n *tracetest.Network) {
		n.Fault(tracetest.Hop{From: "n2"}, tracetest.Timeout).Fault(tracetest.Hop{From: "n2", Kind: route.Control}, tracetest.Timeout)
	}
	all(t, map[string]scenario{
		"nothing is reached": {service: pods(web(), 2).Beside(api), faults: cut, want: []string{"vantage-blocked warning confirmed"},
			said: "nothing can be reached from n2, the API server neither: what failed from there says nothing of service web", seen: "10.96.0.1:443: timeout x1"},
		"the API server is": {service: pods(web(), 2).Beside(api), faults: fault(tracetest.Hop{From: "n2", Kind: route.ClusterIP}, tracetest.Timeout), want: []string{"clusterip-broken-on-node error confirmed"}},
	})
}

func TestIndistinguishable(t *testing.T) {
	const found = "answers-indistinguishable info confirmed"
	anonymous := func(n *tracetest.Network) { n.Anonymous() }
	all(t, map[string]scenario{
		"nobody says who":  {service: pods(web(), 2), faults: anonymous, want: []string{found}, seen: "traffic: 40 answers tell nothing that one endpoint alone says"},
		"one endpoint":     {service: pods(web(), 1), faults: anonymous, want: []string{}},
		"TCP says nothing": {service: pods(NewService("web").Selecting("app", "web").Port("tcp-db", 80, 8080).Node("n1").Node("n2"), 2), faults: anonymous, want: []string{}},
	})
}
