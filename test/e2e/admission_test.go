package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/e2e/internal/harness"
)

// TestAdmission runs the probes in namespaces that refuse them, or nearly do.
func TestAdmission(t *testing.T) {
	t.Parallel()
	n := smallShop(t)
	for name, c := range map[string]struct {
		manifest string
		args     []string
		// says is what a refusal says; without any, the run succeeds.
		says []string
	}{
		"pod security restricted": {manifest: restricted()},
		"a witness under restricted": {manifest: restricted(), args: []string{"--witness"},
			says: []string{"does not allow a witness", "NET_RAW", "--probe-namespace"}},
		"no room for pods":    {manifest: quota("pods: 0"), says: []string{"ResourceQuota has no room", "exceeded quota", "--probe-namespace"}},
		"no room for jobs":    {manifest: quota("count/jobs.batch: 0"), says: []string{"ResourceQuota has no room", "count/jobs.batch", "--probe-namespace"}},
		"limits are demanded": {manifest: quota("limits.cpu: 4, limits.memory: 1Gi, requests.cpu: 1, requests.memory: 1Gi")},
		"limit range too small": {manifest: limitRange("max: {memory: 16Mi}"),
			says: []string{"LimitRange does not allow the size", "maximum memory usage per Container is 16Mi", "--probe-limits"}},
		"limit range, obeyed": {manifest: limitRange("max: {memory: 64Mi}"), args: []string{"--probe-limits", "memory=64Mi"}},
		"limit range too large": {manifest: limitRange("min: {cpu: 100m}"),
			says: []string{"LimitRange does not allow the size", "minimum cpu usage per Container is 100m"}},
		"a Service selects everything": {manifest: `{apiVersion: v1, kind: Service, metadata: {name: all}, spec: {selector: {sidecar.istio.io/inject: "false"}, ports: [{port: 80}]}}`,
			says: []string{"the Service all selects the probe's pod", "--probe-namespace"}},
		"a budget counts everything": {manifest: `{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: all}, spec: {maxUnavailable: 1, selector: {}}}`,
			says: []string{"PodDisruptionBudget all", "--probe-namespace"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := harness.New(t)
			m.Apply(strings.ReplaceAll(c.manifest, "NAMESPACE", m.Name))
			admit(t, n, m, c.args, c.says)
		})
	}
}

// admit traces the Service of one namespace with probes in another.
func admit(t *testing.T, n, m *harness.Namespace, args, says []string) {
	t.Helper()
	before := m.Objects()
	r := n.Nettrace(append([]string{"svc/web", "--requests", "3", "--probe-namespace", m.Name}, args...)...)
	switch {
	case len(says) > 0:
		refused(t, r, append(says, "in namespace "+m.Name)...)
	case r.Code != 0 || r.Stderr != "":
		t.Errorf("exit code %d, want 0: %v", r.Code, r)
	}
	m.NothingLeft(before)
}

func restricted() string {
	return `{apiVersion: v1, kind: Namespace, metadata: {name: NAMESPACE, labels: {pod-security.kubernetes.io/enforce: restricted}}}`
}

func quota(hard string) string {
	return fmt.Sprintf("{apiVersion: v1, kind: ResourceQuota, metadata: {name: few}, spec: {hard: {%s}}}", hard)
}

func limitRange(limit string) string {
	return fmt.Sprintf("{apiVersion: v1, kind: LimitRange, metadata: {name: bounds}, spec: {limits: [{type: Container, %s}]}}", limit)
}

// TestUnusableNamespace wants the probes where there is no place for them.
func TestUnusableNamespace(t *testing.T) {
	t.Parallel()
	n := smallShop(t)
	t.Run("missing", func(t *testing.T) {
		t.Parallel()
		refused(t, n.Nettrace("svc/web", "--probe-namespace", n.Name+"x"), "there is no such namespace", n.Name+"x", "--probe-namespace")
	})
	t.Run("being deleted", func(t *testing.T) {
		t.Parallel()
		m := harness.New(t)
		// A finalizer keeps it from ever ending.
		m.Apply(`{apiVersion: v1, kind: ConfigMap, metadata: {name: keep, finalizers: [nettrace.dev/test]}}`)
		m.Must("delete", "namespace", m.Name, "--wait=false")
		m.AtEnd("patch", "configmap", "keep", "--type=merge", "-p", `{"metadata":{"finalizers":null}}`)
		refused(t, n.Nettrace("svc/web", "--probe-namespace", m.Name), "the namespace is being deleted", m.Name, "--probe-namespace")
	})
}

// TestAdmissionPolicy has the cluster's owner forbid our pods.
func TestAdmissionPolicy(t *testing.T) {
	t.Parallel()
	n, m := smallShop(t), harness.New(t)
	m.AtEnd("delete", "validatingadmissionpolicy,validatingadmissionpolicybinding", m.Name)
	m.Apply(strings.ReplaceAll(read(t, "testdata/policy.yaml"), "NAMESPACE", m.Name))
	m.Eventually("the policy is in force", func() error {
		if r := m.Kubectl("run", "x", "--image=x", "--dry-run=server"); r.Code == 0 {
			return fmt.Errorf("a pod is still admitted")
		}
		return nil
	})
	admit(t, n, m, nil, []string{"an admission policy refuses the probe", "no strangers here", "--probe-namespace"})
}
