package podsecurity

import (
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/launch"
	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// newest is the release of the evaluator; every older version is tried as well.
const newest = 37

func TestProbeIsRestricted(t *testing.T) {
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, plan := range map[string]wire.Plan{"inline": plan(1), "in a Secret": plan(40000)} {
		pod := podOf(t, launch.Place{Node: "n1"}, plan)
		if inSecret := len(pod.Spec.Volumes) > 0; inSecret != (name == "in a Secret") {
			t.Errorf("plan %s: volumes %v", name, pod.Spec.Volumes)
		}
		for minor := 0; minor <= newest; minor++ {
			level := api.LevelVersion{Level: api.LevelRestricted, Version: api.MajorMinorVersion(1, minor)}
			if result := policy.AggregateCheckResults(evaluator.EvaluatePod(level, &pod.ObjectMeta, &pod.Spec)); !result.Allowed {
				t.Errorf("plan %s, %s: %s", name, level, result.ForbiddenDetail())
			}
		}
	}
}

// A probe on the node's own network asks for that and for nothing else: it
// fails the level "baseline" by the host network alone, and so it does
// "restricted".
func TestHostProbeWantsTheHostNetworkOnly(t *testing.T) {
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, plan := range map[string]wire.Plan{"inline": plan(1), "in a Secret": plan(40000)} {
		pod := podOf(t, launch.Place{Node: "n1", HostNetwork: true}, plan)
		for minor := 0; minor <= newest; minor++ {
			for _, level := range []api.Level{api.LevelBaseline, api.LevelRestricted} {
				at := api.LevelVersion{Level: level, Version: api.MajorMinorVersion(1, minor)}
				result := policy.AggregateCheckResults(evaluator.EvaluatePod(at, &pod.ObjectMeta, &pod.Spec))
				if got := result.ForbiddenDetail(); got != "host namespaces (hostNetwork=true)" {
					t.Errorf("plan %s, %s: refused for %q", name, at, got)
				}
			}
		}
		if result := policy.AggregateCheckResults(evaluator.EvaluatePod(api.LevelVersion{Level: api.LevelPrivileged, Version: api.LatestVersion()}, &pod.ObjectMeta, &pod.Spec)); !result.Allowed {
			t.Errorf("plan %s: refused by privileged for %s", name, result.ForbiddenDetail())
		}
	}
}

// The evaluator has to be able to say no, or the test above proves nothing.
func TestEvaluatorRefuses(t *testing.T) {
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*corev1.PodSpec){
		"runAsNonRoot != true":      func(s *corev1.PodSpec) { s.SecurityContext.RunAsNonRoot = nil },
		"seccompProfile":            func(s *corev1.PodSpec) { s.SecurityContext.SeccompProfile = nil },
		"unrestricted capabilities": func(s *corev1.PodSpec) { s.Containers[0].SecurityContext.Capabilities = nil },
		"allowPrivilegeEscalation":  func(s *corev1.PodSpec) { s.Containers[0].SecurityContext.AllowPrivilegeEscalation = nil },
		"host namespaces":           func(s *corev1.PodSpec) { s.HostNetwork = true },
	} {
		pod := podOf(t, launch.Place{Node: "n1"}, plan(1))
		spoil(&pod.Spec)
		level := api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}
		result := policy.AggregateCheckResults(evaluator.EvaluatePod(level, &pod.ObjectMeta, &pod.Spec))
		if result.Allowed || !strings.Contains(result.ForbiddenDetail(), name) {
			t.Errorf("%s: allowed %v, %s", name, result.Allowed, result.ForbiddenDetail())
		}
	}
}

func podOf(t *testing.T, place launch.Place, plan wire.Plan) corev1.PodTemplateSpec {
	t.Helper()
	launcher := launch.New(fake.NewClientset(), launch.Options{
		Run: plan.Run, Namespace: "shop", Image: "registry.example/probe:1", PullSecrets: []string{"registry"},
	})
	job, err := launcher.JobAt(place, plan)
	if err != nil {
		t.Fatal(err)
	}
	return job.Spec.Template
}

func plan(routes int) wire.Plan {
	p := wire.Plan{
		Version: wire.Version, Run: "5f3a", Vantage: 1,
		Rate: 200, Concurrency: 8, Timeout: time.Second, Deadline: time.Minute,
	}
	for id := 1; id <= routes; id++ {
		p.Routes = append(p.Routes, wire.Route{ID: id, Group: id, Protocol: wire.HTTP, Address: "10.0.0.1:80", Path: "/", Requests: id})
	}
	return p
}
