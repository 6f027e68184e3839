package finding_test

import (
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	. "github.com/kubectl-nettrace/kubectl-nettrace/trace/target/targettest"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/tracetest"
)

func deployment(name string, own, template map[string]string, selector *metav1.LabelSelector) *appsv1.Deployment {
	return &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: Namespace, Labels: own},
		Spec:       appsv1.DeploymentSpec{Selector: selector, Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: template}}},
	}
}

func TestSelector(t *testing.T) {
	const nothing, workload = "selector-matches-nothing error confirmed", "selector-matches-workload-labels error confirmed"
	mine, theirs := map[string]string{"app": "web"}, map[string]string{"app": "web-pods", "tier": "front"}
	headless := func(s *corev1.Service) { s.Spec.ClusterIP, s.Spec.ClusterIPs = corev1.ClusterIPNone, nil }
	written := &discoveryv1.EndpointSlice{ObjectMeta: metav1.ObjectMeta{Name: "mine"}, AddressType: discoveryv1.AddressTypeIPv4,
		Endpoints: []discoveryv1.Endpoint{{Addresses: []string{"10.9.0.1"}}}, Ports: []discoveryv1.EndpointPort{Port("http", 8080, corev1.ProtocolTCP)}}
	answers := func(hop tracetest.Hop) func(*tracetest.Network) { return fault(hop, tracetest.Status(200)) }
	all(t, map[string]scenario{
		"no pod at all": {service: web(), want: []string{nothing}, said: "the selector app=web of service web matches no pod",
			seen: "object: namespace shop has no running or pending pod at all", fix: "kubectl -n shop get deployments,statefulsets,daemonsets --show-labels"},
		"the failure is shown": {service: web(), want: []string{nothing}, seen: "traffic: 10.96.0.7:80 from n1: refused x3"},
		"pods that are written nearly alike": {service: web().Pod("web-1", Labelled("app", "wob", "x", "y")), want: []string{nothing},
			seen: "pod web-1 is close; its app is wob, not web",
			fix:  `kubectl -n shop patch service web --type=json -p '[{"op":"test","path":"/spec/selector","value":{"app":"web"}},{"op":"replace","path":"/spec/selector","value":{"app":"wob"}}]'`},
		"pods of something else": {service: web().Pod("db-1", Labelled("app", "database")), want: []string{nothing},
			seen: "none of the 1 running or pending pods of namespace shop has these labels", fix: "kubectl -n shop get pods --show-labels"},
		"a key too many": {service: web().Selecting("app", "web", "tier", "front").Pod("web-1", Labelled("app", "web")), want: []string{nothing},
			seen: "pod web-1 is close; it has no label tier",
			fix:  `kubectl -n shop patch service web --type=json -p '[{"op":"test","path":"/spec/selector","value":{"app":"web","tier":"front"}},{"op":"replace","path":"/spec/selector","value":{"app":"web"}}]'`},
		"pods that have ended": {service: web().Pod("web-1", Unlisted(), As(func(p *corev1.Pod) { p.Status.Phase = corev1.PodFailed })), want: []string{nothing}},
		"scaled to zero": {service: web().Beside(deployment("shop", nil, mine, &metav1.LabelSelector{MatchLabels: mine})), want: []string{nothing},
			seen: "the pods of deployment shop would have them, but it has none now", fix: "kubectl -n shop describe deployment shop"},
		"what the workload is labelled with": {service: web().Beside(deployment("shop", mine, theirs, &metav1.LabelSelector{MatchLabels: map[string]string{"app": "web-pods"}})),
			want: []string{workload}, said: "the selector of service web matches the labels of deployment shop, not those of its pods",
			seen: "object: its pod template is labelled app=web-pods,tier=front",
			fix:  `kubectl -n shop patch service web --type=json -p '[{"op":"test","path":"/spec/selector","value":{"app":"web"}},{"op":"replace","path":"/spec/selector","value":{"app":"web-pods"}}]'`},
		"a workload without matchLabels": {service: web().Beside(deployment("shop", mine, theirs, nil)), want: []string{workload},
			fix: `kubectl -n shop patch service web --type=json -p '[{"op":"test","path":"/spec/selector","value":{"app":"web"}},{"op":"replace","path":"/spec/selector","value":{"app":"web-pods","tier":"front"}}]'`},
		"headless":            {service: web().With(headless), want: []string{"selector-matches-nothing error unverified"}},
		"headless workload":   {service: web().With(headless).Beside(deployment("shop", mine, theirs, nil)), want: []string{"selector-matches-workload-labels error unverified"}},
		"somebody answers":    {service: web(), faults: answers(tracetest.Hop{}), want: []string{}},
		"answers from one":    {service: web(), faults: answers(tracetest.Hop{From: "n2"}), want: []string{}},
		"answers to workload": {service: web().Beside(deployment("shop", mine, theirs, nil)), faults: answers(tracetest.Hop{}), want: []string{}},
		"by hand, and silent": {service: web().Sliced(written), faults: fault(tracetest.Hop{}, tracetest.Timeout), want: []string{"dead-endpoint error unverified", "dns-no-answer error confirmed"}},
		"both labelled alike": {service: web().Beside(deployment("shop", mine, mine, nil)), want: []string{nothing}},
		"written by hand":     {service: web().Sliced(written), want: []string{}},
		"one pod is selected": {service: pods(web(), 1).Pod("other", Labelled("app", "wob")), want: []string{}},
	})
}
