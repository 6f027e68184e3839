package launch

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
	clienttesting "k8s.io/client-go/testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// newLikeness is a cluster whose probes pass for pods of app=web.
func newLikeness(t *testing.T, objects ...runtime.Object) *cluster {
	c := newCluster(t, append([]runtime.Object{readyNode(corev1.ConditionTrue)}, objects...)...)
	c.launcher.options.Labels = map[string]string{"app": "web", "tier": "front"}
	return c
}

func (c *cluster) preflight() (Advice, error) {
	return c.launcher.PreflightAt(c.t.Context(), []wire.Plan{testPlan()}, Place{Node: testNode})
}

// What is near and does not match is no reason against a probe with labels.
func TestLikePasses(t *testing.T) {
	other := map[string]string{"app": "other"}
	c := newLikeness(t,
		service("other", other), service("bare", nil),
		// A StatefulSet's Service for one pod selects what is never copied.
		service("web-0", map[string]string{"app": "web", "statefulset.kubernetes.io/pod-name": "web-0"}),
		budget("other", &metav1.LabelSelector{MatchLabels: other}), budget("nobody", nil),
		scaler("other", "Deployment"), deployment("other", other),
		scaler("gone", "Deployment"),
		// A workload that nothing scales counts nobody.
		deployment("web", map[string]string{"app": "web"}),
		// A ReplicaSet counts by the hash of its template.
		scaler("hashed", "ReplicaSet"), replicaSet("hashed", map[string]string{"app": "web", "pod-template-hash": "abc"}),
	)
	advice, err := c.preflight()
	if err != nil || len(advice.Unchecked)+len(advice.Effects) > 0 {
		t.Errorf("got %v, %v", advice, err)
	}
}

func TestLikeRefuses(t *testing.T) {
	web := map[string]string{"app": "web"}
	minimum := func(name string, selector *metav1.LabelSelector) runtime.Object {
		b, one := budget(name, selector), intstr.FromInt32(1)
		b.Spec.MaxUnavailable, b.Spec.MinAvailable = nil, &one
		return b
	}
	for name, test := range map[string]struct {
		objects []runtime.Object
		reason  Reason
		says    string
	}{
		"Service":                 {[]runtime.Object{service("web", web)}, ReasonSelected, "the Service web selects"},
		"Service of two labels":   {[]runtime.Object{service("front", map[string]string{"app": "web", "tier": "front"})}, ReasonSelected, "leave --like out"},
		"budget":                  {[]runtime.Object{budget("web", &metav1.LabelSelector{MatchLabels: web})}, ReasonBudget, "block every eviction"},
		"budget for every pod":    {[]runtime.Object{budget("all", &metav1.LabelSelector{})}, ReasonBudget, "every pod of the namespace"},
		"budget with a minimum":   {[]runtime.Object{minimum("web", &metav1.LabelSelector{MatchLabels: web})}, ReasonBudget, "one of those that it protects"},
		"minimum of every pod":    {[]runtime.Object{minimum("all", &metav1.LabelSelector{})}, ReasonBudget, "leave --like out"},
		"autoscaled Deployment":   {[]runtime.Object{scaler("web", "Deployment"), deployment("web", web)}, ReasonScaled, "the HorizontalPodAutoscaler web would count the probe's pod to Deployment web"},
		"autoscaled ReplicaSet":   {[]runtime.Object{scaler("web", "ReplicaSet"), replicaSet("web", web)}, ReasonScaled, "ReplicaSet web"},
		"autoscaled StatefulSet":  {[]runtime.Object{scaler("web", "StatefulSet"), statefulSet("web", web)}, ReasonScaled, "StatefulSet web"},
		"autoscaled old-style":    {[]runtime.Object{scaler("web", "ReplicationController"), replicationController("web", web)}, ReasonScaled, "ReplicationController web"},
		"autoscaled, who knows":   {[]runtime.Object{scaler("web", "Rollout")}, ReasonUnsafe, "Rollout.argoproj.io web"},
		"autoscaled among others": {[]runtime.Object{scaler("a", "Deployment"), deployment("a", map[string]string{"app": "a"}), scaler("web", "Deployment"), deployment("web", web)}, ReasonScaled, "web"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := newLikeness(t, test.objects...).preflight()
			wantFailure(t, err, test.reason, test.says)
			if n := strings.Count(err.Error(), "running the probe"); n != 1 {
				t.Errorf("one cause, but %d failures: %v", n, err)
			}
		})
	}
}

// Without labels there is nothing that an autoscaler could count, and nobody asks.
func TestUnlikeAsksNoMore(t *testing.T) {
	c := newLikeness(t, scaler("web", "Rollout"))
	c.launcher.options.Labels = nil
	if _, err := c.preflight(); err != nil {
		t.Error(err)
	}
	for _, action := range c.client.Actions() {
		if action.Matches("list", "horizontalpodautoscalers") || action.Matches("list", "pods") {
			t.Errorf("asked for %v", action)
		}
	}
}

// What cannot be looked at may do harm, and the probe does not run.
func TestLikeRefusesBlindly(t *testing.T) {
	for resource, objects := range map[string][]runtime.Object{
		"services":                 nil,
		"poddisruptionbudgets":     nil,
		"horizontalpodautoscalers": nil,
		"deployments":              {scaler("web", "Deployment"), scaler("other", "Deployment")},
		"statefulsets":             {scaler("web", "StatefulSet")},
		"replicasets":              {scaler("web", "ReplicaSet")},
		"replicationcontrollers":   {scaler("web", "ReplicationController")},
	} {
		t.Run(resource, func(t *testing.T) {
			c := newLikeness(t, objects...)
			c.forbid("*", resource)
			_, err := c.preflight()
			wantFailure(t, err, ReasonRights, resource)
			var failure *Failure
			if errors.As(err, &failure); len(failure.Missing) != 1 || failure.Missing[0].Resource != resource {
				t.Errorf("missing are %v", failure.Missing)
			}

			c = newLikeness(t, objects...)
			c.client.PrependReactor("*", resource, func(clienttesting.Action) (bool, runtime.Object, error) {
				return true, nil, errors.New("etcdserver: request timed out")
			})
			_, err = c.preflight()
			wantFailure(t, err, ReasonUnsafe, "request timed out")
		})
	}
}

func TestLikeLacksRights(t *testing.T) {
	c := newLikeness(t)
	c.denied["get pods"] = true
	c.forbid("list", "services")
	_, err := c.preflight()
	wantFailure(t, err, ReasonRights, "list services in namespace shop (to make sure that no Service selects the probes)")
	wantFailure(t, err, ReasonRights, "get pods/log")
}

// A probe like somebody's pod is short-lived, whatever it is asked to do.
func TestLikeLifetime(t *testing.T) {
	c := newLikeness(t)
	for deadline, start := range map[time.Duration]time.Duration{
		time.Second:      46 * time.Second,
		20 * time.Second: 27 * time.Second,
		LongestLabelled:  shortestStart,
	} {
		plan := testPlan()
		plan.Deadline = deadline
		job, err := c.launcher.Job(testNode, plan)
		if err != nil {
			t.Fatal(err)
		}
		for name, limit := range map[string]*int64{
			"Job": job.Spec.ActiveDeadlineSeconds, "pod": job.Spec.Template.Spec.ActiveDeadlineSeconds,
		} {
			if all := *limit + *job.Spec.Template.Spec.TerminationGracePeriodSeconds; all != 60 {
				t.Errorf("deadline %s: the %s lives for %d s in all", deadline, name, all)
			}
		}
		if got := c.launcher.startTimeout(plan); got != start {
			t.Errorf("deadline %s: %s to start, want %s", deadline, got, start)
		}
	}
	c.launcher.options.StartTimeout = 5 * time.Second
	if got := c.launcher.lifetime(testPlan()); got != 35*time.Second {
		t.Errorf("with less time to start it lives for %s", got)
	}
}

func TestLikeRefusesPlans(t *testing.T) {
	for says, change := range map[string]func(*Options, *wire.Plan, *Place){
		"lower --deadline to 37s or less":              func(_ *Options, p *wire.Plan, _ *Place) { p.Deadline = LongestLabelled + time.Second },
		"leave --keep out":                             func(o *Options, _ *wire.Plan, _ *Place) { o.Keep = true },
		"send from pod@n1":                             func(_ *Options, _ *wire.Plan, p *Place) { p.HostNetwork = true },
		"a controller knows its pods by it":            func(o *Options, _ *wire.Plan, _ *Place) { o.Labels["pod-template-hash"] = "abc" },
		"the label nettrace.dev/run cannot be given":   func(o *Options, _ *wire.Plan, _ *Place) { o.Labels[LabelRun] = "abc" },
		"batch.kubernetes.io/job-name cannot":          func(o *Options, _ *wire.Plan, _ *Place) { o.Labels["batch.kubernetes.io/job-name"] = "x" },
		"istio.io/dataplane-mode cannot be given":      func(o *Options, _ *wire.Plan, _ *Place) { o.Labels["istio.io/dataplane-mode"] = "x" },
		"statefulset.kubernetes.io/pod-name cannot be": func(o *Options, _ *wire.Plan, _ *Place) { o.Labels["statefulset.kubernetes.io/pod-name"] = "x" },
	} {
		c, plan, place := newLikeness(t), testPlan(), Place{Node: testNode}
		change(&c.launcher.options, &plan, &place)
		_, err := c.launcher.PreflightAt(t.Context(), []wire.Plan{testPlan(), plan}, Place{Node: testNode}, place)
		wantFailure(t, err, ReasonLike, says)
		wantFailure(t, c.launcher.ProbeAt(t.Context(), place, plan, nil), ReasonLike, says)
		if jobs := c.createdJobs(); len(jobs) > 0 {
			t.Errorf("%s: created %d Jobs", says, len(jobs))
		}
	}
}

// New pods that want to be away from the client's are kept from the probe, too.
func TestLikeNeighbours(t *testing.T) {
	web := &metav1.LabelSelector{MatchLabels: map[string]string{"app": "web"}}
	away := func(name string, change func(*corev1.PodAffinityTerm)) *corev1.Pod {
		term := corev1.PodAffinityTerm{LabelSelector: web, TopologyKey: corev1.LabelHostname}
		change(&term)
		return neighbour(name, func(s *corev1.PodSpec) {
			s.Affinity = &corev1.Affinity{PodAntiAffinity: &corev1.PodAntiAffinity{
				RequiredDuringSchedulingIgnoredDuringExecution: []corev1.PodAffinityTerm{term},
			}}
		})
	}
	spread := func(name string, when corev1.UnsatisfiableConstraintAction) *corev1.Pod {
		return neighbour(name, func(s *corev1.PodSpec) {
			s.TopologySpreadConstraints = []corev1.TopologySpreadConstraint{{LabelSelector: web, WhenUnsatisfiable: when}}
		})
	}
	c := newLikeness(t,
		away("near", func(*corev1.PodAffinityTerm) {}),
		away("elsewhere", func(term *corev1.PodAffinityTerm) { term.Namespaces = []string{"other"} }),
		away("others", func(term *corev1.PodAffinityTerm) {
			term.LabelSelector = &metav1.LabelSelector{MatchLabels: map[string]string{"app": "db"}}
		}),
		away("nobody", func(term *corev1.PodAffinityTerm) { term.LabelSelector = nil }),
		spread("even", corev1.DoNotSchedule), spread("roughly", corev1.ScheduleAnyway),
		neighbour("plain", func(*corev1.PodSpec) {}),
	)
	advice, err := c.preflight()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, effect := range advice.Effects {
		got = append(got, strings.Fields(effect)[11])
	}
	if want := []string{"even", "near"}; !slices.Equal(got, want) {
		t.Errorf("got %v of %q", got, advice.Effects)
	}

	c = newLikeness(t)
	c.forbid("list", "pods")
	if advice, err := c.preflight(); err != nil || len(advice.Unchecked) != 1 {
		t.Errorf("without the right to see them: %v, %v", advice, err)
	}
}

func neighbour(name string, change func(*corev1.PodSpec)) *corev1.Pod {
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "shop"}}
	change(&pod.Spec)
	return pod
}

func scaler(name, kind string) *autoscalingv2.HorizontalPodAutoscaler {
	version := map[string]string{"ReplicationController": "v1", "Rollout": "argoproj.io/v1alpha1"}[kind]
	if version == "" {
		version = "apps/v1"
	}
	return &autoscalingv2.HorizontalPodAutoscaler{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "shop"},
		Spec: autoscalingv2.HorizontalPodAutoscalerSpec{
			ScaleTargetRef: autoscalingv2.CrossVersionObjectReference{APIVersion: version, Kind: kind, Name: name},
		},
	}
}

func deployment(name string, labels map[string]string) *appsv1.Deployment {
	return &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "shop"},
		Spec:       appsv1.DeploymentSpec{Selector: &metav1.LabelSelector{MatchLabels: labels}},
	}
}

func replicaSet(name string, labels map[string]string) *appsv1.ReplicaSet {
	return &appsv1.ReplicaSet{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "shop"},
		Spec:       appsv1.ReplicaSetSpec{Selector: &metav1.LabelSelector{MatchLabels: labels}},
	}
}

func statefulSet(name string, labels map[string]string) *appsv1.StatefulSet {
	return &appsv1.StatefulSet{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "shop"},
		Spec:       appsv1.StatefulSetSpec{Selector: &metav1.LabelSelector{MatchLabels: labels}},
	}
}

func replicationController(name string, labels map[string]string) *corev1.ReplicationController {
	return &corev1.ReplicationController{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "shop"},
		Spec:       corev1.ReplicationControllerSpec{Selector: labels},
	}
}

// What the plan leaves of its life is all that such a probe gets to start.
func TestLikeStartsInTime(t *testing.T) {
	c := newLikeness(t)
	f := c.launcher.follow(t.Context(), Place{Node: testNode}, &batchv1.Job{}, 20*time.Millisecond)
	wantFailure(t, f.awaitStart(t.Context()), ReasonNotStarted, "within 20ms")
}
