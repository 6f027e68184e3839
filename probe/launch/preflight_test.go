package launch

import (
	"errors"
	"slices"
	"strings"
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/intstr"
	clienttesting "k8s.io/client-go/testing"
)

func TestPreflightFindsNothing(t *testing.T) {
	c := newCluster(t,
		readyNode(corev1.ConditionTrue),
		service("web", map[string]string{"app": "web"}), service("bare", nil),
		budget("web", &metav1.LabelSelector{MatchLabels: map[string]string{"app": "web"}}),
		budget("nobody", nil),
	)
	unchecked, err := c.launcher.Preflight(t.Context(), testPlan(), testNode)
	if err != nil || len(unchecked) > 0 {
		t.Errorf("got %v, %v", unchecked, err)
	}
	for _, action := range c.client.Actions() {
		create, ok := action.(clienttesting.CreateActionImpl)
		if ok && create.Resource.Group != "authorization.k8s.io" && !slices.Equal(create.CreateOptions.DryRun, []string{"All"}) {
			t.Errorf("not a dry run: %v", create)
		}
	}
}

func TestPreflightRefuses(t *testing.T) {
	everyPod := &metav1.LabelSelector{}
	for name, test := range map[string]struct {
		arrange func(*cluster)
		reason  Reason
		says    string
	}{
		"no right to logs":        {func(c *cluster) { c.denied["get pods"] = true }, ReasonRights, "get pods/log in namespace shop (to read what the probes found)"},
		"nothing allowed":         {func(c *cluster) { c.denied["create jobs"] = true; c.forbid("create", "jobs") }, ReasonRights, "create jobs.batch"},
		"pod security":            {func(c *cluster) { c.refuse("pods", `violates PodSecurity "restricted:latest": seccompProfile`) }, ReasonSecurity, "seccompProfile"},
		"quota":                   {func(c *cluster) { c.refuse("pods", "exceeded quota: few, requested: pods=1") }, ReasonQuota, "few"},
		"quota that wants limits": {func(c *cluster) { c.refuse("pods", "failed quota: few: must specify limits.nvidia.com/gpu") }, ReasonQuota, "--probe-limits"},
		"limit range":             {func(c *cluster) { c.refuse("pods", "maximum cpu usage per Container is 500m, but limit is 1") }, ReasonLimits, "500m"},
		"Jobs refused":            {func(c *cluster) { c.refuse("jobs", `admission webhook "x" denied the request: no`) }, ReasonWebhook, "denied"},
		"Jobs queued": {func(c *cluster) {
			c.change("jobs", func(o runtime.Object) { yes := true; o.(*batchv1.Job).Spec.Suspend = &yes })
		}, ReasonSuspended, "queues Jobs"},
		"mesh": {func(c *cluster) {
			c.change("pods", func(o runtime.Object) {
				spec := &o.(*corev1.Pod).Spec
				spec.InitContainers = append(spec.InitContainers, corev1.Container{Name: "istio-init"})
				spec.Containers = append(spec.Containers, corev1.Container{Name: "istio-proxy"})
			})
		}, ReasonInjected, "istio-init, istio-proxy"},
		"Service selects": {func(c *cluster) { c.add(service("odd", map[string]string{LabelRun: testRun})) }, ReasonSelected, "odd"},
		"Service selects what a webhook adds": {func(c *cluster) {
			c.change("pods", func(o runtime.Object) { o.(*corev1.Pod).Labels["team"] = "shop" })
			c.add(service("all", map[string]string{"team": "shop"}))
		}, ReasonSelected, "team=shop"},
		"budget for every pod": {func(c *cluster) { c.add(budget("all", everyPod)) }, ReasonBudget, "every pod of the namespace"},
		"budget in percent": {func(c *cluster) {
			b, half := budget("half", everyPod), intstr.FromString("50%")
			b.Spec.MaxUnavailable, b.Spec.MinAvailable = nil, &half
			c.add(b)
		}, ReasonBudget, "half"},
		"node not ready": {func(c *cluster) {
			c.client.PrependReactor("get", "nodes", func(clienttesting.Action) (bool, runtime.Object, error) {
				return true, readyNode(corev1.ConditionFalse), nil
			})
		}, ReasonNode, "not ready since"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCluster(t)
			test.arrange(c)
			_, err := c.launcher.Preflight(t.Context(), testPlan(), testNode)
			wantFailure(t, err, test.reason, test.says)
			if joined, ok := err.(interface{ Unwrap() []error }); ok && len(joined.Unwrap()) != 1 {
				t.Errorf("one cause, but %d failures: %v", len(joined.Unwrap()), err)
			}
		})
	}
}

func TestPreflightNoSuchNode(t *testing.T) {
	_, err := newCluster(t).launcher.Preflight(t.Context(), testPlan(), testNode, "n9")
	wantFailure(t, err, ReasonNode, "on node n9")
}

// A minimum as a number counts ready pods only: the probe does not disturb it.
func TestPreflightHarmlessBudget(t *testing.T) {
	b, one := budget("one", &metav1.LabelSelector{}), intstr.FromInt32(1)
	b.Spec.MaxUnavailable, b.Spec.MinAvailable = nil, &one
	c := newCluster(t, readyNode(corev1.ConditionTrue), b)
	if _, err := c.launcher.Preflight(t.Context(), testPlan(), testNode); err != nil {
		t.Error(err)
	}
}

// What may not be looked at is named and keeps nothing from running.
func TestPreflightUnchecked(t *testing.T) {
	c := newCluster(t)
	c.forbid("get", "nodes")
	c.forbid("list", "services")
	c.forbid("list", "poddisruptionbudgets")
	c.forbid("create", "pods")
	c.client.PrependReactor("create", "jobs", func(clienttesting.Action) (bool, runtime.Object, error) {
		return true, nil, apierrors.NewBadRequest(`admission webhook "old" does not support dry run`)
	})
	unchecked, err := c.launcher.Preflight(t.Context(), testPlan(), testNode)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, u := range unchecked {
		got = append(got, u.What)
	}
	want := []string{
		"whether a Service selects the probes",
		"whether a disruption budget counts the probes",
		"whether node n1 is ready",
		"whether the probe's Job would be accepted",
		"whether the probe's pod would be accepted as it is",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %s\nwant %s", strings.Join(got, "; "), strings.Join(want, "; "))
	}
}

func TestPreflightInjectedOnRequest(t *testing.T) {
	c := newCluster(t)
	c.launcher.options.AllowInjected = true
	c.change("pods", func(o runtime.Object) {
		o.(*corev1.Pod).Spec.Containers = append(o.(*corev1.Pod).Spec.Containers, corev1.Container{Name: "proxy"})
	})
	if _, err := c.launcher.Preflight(t.Context(), testPlan(), testNode); err != nil {
		t.Error(err)
	}
}

func service(name string, selector map[string]string) *corev1.Service {
	return &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "shop"}, Spec: corev1.ServiceSpec{Selector: selector}}
}

func budget(name string, selector *metav1.LabelSelector) *policyv1.PodDisruptionBudget {
	one := intstr.FromInt32(1)
	return &policyv1.PodDisruptionBudget{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "shop"},
		Spec:       policyv1.PodDisruptionBudgetSpec{Selector: selector, MaxUnavailable: &one},
	}
}

func (c *cluster) add(object runtime.Object) {
	if err := c.client.Tracker().Add(object); err != nil {
		c.t.Fatal(err)
	}
}

// forbid makes the API server refuse for lack of rights.
func (c *cluster) forbid(verb, resource string) {
	c.client.PrependReactor(verb, resource, func(clienttesting.Action) (bool, runtime.Object, error) {
		return true, nil, apierrors.NewForbidden(schema.GroupResource{Resource: resource}, "", errors.New(`User "me" cannot `+verb))
	})
}

// refuse makes admission refuse to create something, in these words.
func (c *cluster) refuse(resource, words string) {
	c.refuseIf(resource, words, func(runtime.Object) bool { return true })
}

// refuseIf makes admission refuse to create what the condition is true of.
func (c *cluster) refuseIf(resource, words string, condition func(runtime.Object) bool) {
	c.client.PrependReactor("create", resource, func(action clienttesting.Action) (bool, runtime.Object, error) {
		if !condition(action.(clienttesting.CreateAction).GetObject()) {
			return false, nil, nil
		}
		return true, nil, apierrors.NewForbidden(schema.GroupResource{Resource: resource}, "nettrace-5f3a-1", errors.New(words))
	})
}

// change makes admission change what is created.
func (c *cluster) change(resource string, change func(runtime.Object)) {
	c.client.PrependReactor("create", resource, func(action clienttesting.Action) (bool, runtime.Object, error) {
		object := action.(clienttesting.CreateAction).GetObject().DeepCopyObject()
		change(object)
		return true, object, nil
	})
}
