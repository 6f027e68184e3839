package balancer

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/fabric"
)

var update = flag.Bool("update", false, "write what the tests get to testdata")

func TestRender(t *testing.T) {
	services := asking([]*corev1.Service{
		service("a", dualStack, ports(
			corev1.ServicePort{Protocol: corev1.ProtocolTCP, Port: 80, NodePort: 30080},
			corev1.ServicePort{Protocol: corev1.ProtocolUDP, Port: 53, NodePort: 30053},
			corev1.ServicePort{Protocol: corev1.ProtocolTCP, Port: 443, NodePort: 30443},
		)),
		service("b", local, annotated("lab.nettrace.test/proxy-protocol", "v2")),
		service("c", func(service *corev1.Service) {
			service.Spec.LoadBalancerSourceRanges = []string{"172.28.0.20/32", " fd28::/64"}
		}, annotated("lab.nettrace.test/proxy-protocol", "whatever\nelse")),
	})
	nodes := []*corev1.Node{
		node(2, nil), node(1, nil), node(3, map[string]string{corev1.LabelNodeExcludeBalancers: ""}),
		{}, // has not registered yet
	}
	plan := fabric.Plan{}
	assigned := assign(plan.Pool(), services, nil)
	for name, all := range map[string][]frontend{
		"empty":    nil,
		"services": frontends(plan.Balancer(), services, nodes, assigned),
		"no-nodes": frontends(plan.Balancer(), services[:1], nil, assigned),
	} {
		got, err := render("/lab/balancer", all)
		if err != nil {
			t.Fatal(err)
		}
		golden := filepath.Join("testdata", name+".cfg")
		if *update {
			if err := os.WriteFile(golden, got.Text, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if string(got.Text) != string(want) {
			t.Errorf("%s is now:\n%s", golden, got.Text)
		}
	}
}

// What is written must be HAProxy's language, too.
func TestHAProxyTakesIt(t *testing.T) {
	if _, err := exec.LookPath("haproxy"); err != nil {
		t.Skip("HAProxy is not installed")
	}
	goldens, err := filepath.Glob("testdata/*.cfg")
	if err != nil || len(goldens) == 0 {
		t.Fatal(goldens, err)
	}
	for _, golden := range goldens {
		if output, err := exec.CommandContext(t.Context(), "haproxy", "-c", "-q", "-f", golden).CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s", golden, err, output)
		}
	}
}

// Two configurations that differ must never look like the same one.
func TestFingerprint(t *testing.T) {
	plan := fabric.Plan{}
	services := []*corev1.Service{service("a")}
	assigned := assign(plan.Pool(), services, nil)
	seen := map[string]bool{}
	for _, nodes := range [][]*corev1.Node{nil, {node(1, nil)}, {node(2, nil)}} {
		rendered, err := render("/lab/balancer", frontends(plan.Balancer(), services, nodes, assigned))
		if err != nil {
			t.Fatal(err)
		}
		if len(rendered.Fingerprint) != 16 || seen[rendered.Fingerprint] {
			t.Errorf("got %q after %v", rendered.Fingerprint, seen)
		}
		seen[rendered.Fingerprint] = true
	}
}
