package finding_test

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	. "github.com/kubectl-nettrace/kubectl-nettrace/trace/target/targettest"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/tracetest"
)

func TestEndpointsNotReady(t *testing.T) {
	const name = "endpoints-not-ready "
	unready := func(s *Service) *Service {
		return s.Pod("late", On("n1"), Declaring("http", 8080), NotReady("containers with unready status: [app]"))
	}
	event := &corev1.Event{
		ObjectMeta:     metav1.ObjectMeta{Name: "e", Namespace: Namespace},
		InvolvedObject: corev1.ObjectReference{Kind: "Pod", Name: "late"},
		Reason:         "Unhealthy", Message: "Readiness probe failed:\n" + strings.Repeat("é", 300),
	}
	of := func(uid string) *corev1.Event {
		other := event.DeepCopy()
		other.InvolvedObject.UID = types.UID(uid)
		return other
	}
	published := func(s *corev1.Service) { s.Spec.PublishNotReadyAddresses = true }
	sticky := func(s *corev1.Service) { s.Spec.SessionAffinity = corev1.ServiceAffinityClientIP }
	local := func(s *corev1.Service) {
		policy := corev1.ServiceInternalTrafficPolicyLocal
		s.Spec.InternalTrafficPolicy = &policy
	}
	crashed := As(func(p *corev1.Pod) {
		p.Status.ContainerStatuses = []corev1.ContainerStatus{{Name: "app", State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff"}}}}
	})
	all(t, map[string]scenario{
		"some": {service: unready(pods(web(), 2)), want: []string{name + "warning confirmed"}, said: "1 of 3 pods that service web selects are not ready and get no traffic",
			seen: "object: pod late: containers with unready status: [app]", fix: "kubectl -n shop describe pod late"},
		"the pod is asked for contrast": {service: unready(pods(web(), 2)), want: []string{name + "warning confirmed"}, seen: "traffic: late at 10.0.0.3:8080 from n1: 3 of 3 answered"},
		"all":                           {service: unready(web()), want: []string{name + "error confirmed"}, seen: "traffic: 10.96.0.7:80 from n2: refused x3"},
		"why it waits":                  {service: web().Pod("late", NotReady("x"), crashed), want: []string{name + "error confirmed"}, seen: "pod late: container app waits: CrashLoopBackOff"},
		"its event":                     {service: unready(web()).Beside(event), want: []string{name + "error confirmed"}, seen: "event Unhealthy: Readiness probe failed: " + strings.Repeat("é", 200-len("Readiness probe failed: "))},
		"its own event by UID":          {service: unready(web()).Beside(of("00000000-0000-4000-8000-000000000001")), want: []string{name + "error confirmed"}, seen: "event Unhealthy"},
		"all, but something answers":    {service: unready(web()), faults: fault(tracetest.Hop{Kind: route.ClusterIP}, tracetest.Status(200)), want: []string{}},
		"answers tell no pod":           {service: unready(pods(web(), 2)), faults: func(n *tracetest.Network) { n.Anonymous() }, want: []string{name + "warning unverified", "answers-indistinguishable info confirmed"}},
		"some answers tell no pod":      {service: unready(pods(web(), 2)), faults: fault(tracetest.Hop{Kind: route.ClusterIP, From: "n2"}, tracetest.Status(200)), want: []string{name + "warning unverified"}},
		"it answers all the same":       {service: unready(pods(web(), 2)), faults: fault(tracetest.Hop{Kind: route.ClusterIP, From: "n2"}, tracetest.Fault{Status: 200, Endpoint: 1, Rung: wire.RungAnswer}), want: []string{}},
		"too few answers for so many":   {service: unready(pods(web(), 30)), want: []string{name + "warning unverified"}},
		"affinity proves nothing":       {service: unready(pods(web(), 2)).With(sticky), want: []string{name + "warning unverified", "session-affinity info confirmed"}},
		"only local, none asked":        {service: unready(web()).With(local).Pod("web-1", On("n3"), Declaring("http", 8080)), want: []string{name + "warning unverified"}},
		"the ready ones fail":           {service: unready(pods(web(), 1)), faults: fault(tracetest.Hop{Pod: "web-1"}, tracetest.Refused), want: []string{"dead-endpoint error confirmed", name + "warning unverified"}},
		"published on purpose":          {service: unready(web()).With(published), want: []string{}},
		"published, and it fails":       {service: unready(web()).With(published), faults: fault(tracetest.Hop{Pod: "late"}, tracetest.Refused), want: []string{"dead-endpoint error confirmed"}},
		"one that is ending":            {service: pods(web(), 2).Pod("late", NotReady("x"), Terminating(false)), want: []string{}},
		"headless":                      {service: unready(web()).With(func(s *corev1.Service) { s.Spec.ClusterIP, s.Spec.ClusterIPs = corev1.ClusterIPNone, nil }), want: []string{name + "error unverified"}},
	})
	t.Run("another pod's event", func(t *testing.T) {
		report := tracetest.NewNetwork(unready(web()).Beside(of("another"))).Trace(t, "n1")
		for _, e := range report.Findings[0].Evidence {
			if strings.Contains(e.Text, "Unhealthy") {
				t.Errorf("evidence from the pod's predecessor: %s", e.Text)
			}
		}
	})
}
