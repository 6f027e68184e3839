package balancer

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/fabric"
)

func TestIngressOf(t *testing.T) {
	pool := fabric.Plan{}.Pool()
	assigned := assignment{"a": pool[0]}
	had := publishing(corev1.LoadBalancerIngress{IP: "172.28.0.201"})
	for _, test := range []struct {
		name    string
		service *corev1.Service
		want    string
	}{
		{"usual", service("a"), "172.28.0.201 VIP"},
		{"dual-stack, in the Service's order", service("a", dualStack), "fd28::c9 VIP, 172.28.0.201 VIP"},
		{"no short-cut", service("a", annotated("lab.nettrace.test/ip-mode", "Proxy")), "172.28.0.201 Proxy"},
		{"a name for one family", service("a", annotated("lab.nettrace.test/hostname", "true")), "ipv4.lb-201.nettrace.test"},
		{"a name for both", service("a", dualStack, annotated("lab.nettrace.test/hostname", "true")), "lb-201.nettrace.test"},
		{"none left", service("b"), ""},
		{"one that it has lost", service("b", had), ""},
		{"somebody else's", service("a", foreign), "untouched"},
		{"ignored, with a status that a test wrote", service("a", had, annotated("lab.nettrace.test/ignore", "true")), "untouched"},
		{"no longer a LoadBalancer", service("a", had, clusterIP), ""},
		{"never one", service("a", clusterIP), "untouched"},
	} {
		got := "untouched"
		if ingress, ours := ingressOf(test.service, pool, assigned); ours {
			got = text(ingress)
		}
		if got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

func text(ingress []corev1.LoadBalancerIngress) string {
	var texts []string
	for _, one := range ingress {
		text := one.IP + one.Hostname
		if one.IPMode != nil {
			text += " " + string(*one.IPMode)
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, ", ")
}
