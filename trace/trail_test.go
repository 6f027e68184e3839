package trace_test

import (
	"slices"
	"strings"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	. "github.com/kubectl-nettrace/kubectl-nettrace/trace/target/targettest"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/tracetest"
)

// TestTrailsInPlans: each rule for a prefix gets its trails once, whatever the number
// of addresses and vantages, and pods are asked the same directly; other rules get
// none, and no rule does where they are not wanted.
func TestTrailsInPlans(t *testing.T) {
	rule := func(host, path string, kind networkingv1.PathType) IngressOption {
		return Path(host, path, kind, intstr.FromInt32(80))
	}
	s := web(4).Beside(NewIngressClass("c", "k8s.io/ingress-nginx"), NewIngress("in", Class("c"), Published("203.0.113.9", "203.0.113.10"),
		rule("a.example", "/api", networkingv1.PathTypePrefix), rule("b.example", "/", networkingv1.PathTypePrefix), rule("c.example", "/x", networkingv1.PathTypeExact)))
	marked := func(trails bool) (through, direct []string) {
		o := tracetest.Options("n1", "n2")
		o.Trails = trails
		for _, plan := range prepare(t, s, o).Plans {
			for _, r := range plan.Wire.Routes {
				switch {
				case !strings.Contains(r.Path, wire.MarkerSlot):
				case r.Endpoint == 0:
					through = append(through, r.Host+r.Path)
				default:
					direct = append(direct, r.Host+r.Path)
				}
			}
		}
		return through, direct
	}
	through, direct := marked(true)
	if want := []string{"a.example/api/?nettrace=~marker~", "a.example/api/nettrace/~marker~"}; !slices.Equal(through, want) {
		t.Errorf("through the proxy %q, want %q", through, want)
	}
	slices.Sort(direct)
	const whole, bare, madeUp = "a.example/api/?nettrace=~marker~", "a.example/?nettrace=~marker~", "a.example/nettrace/~marker~"
	if want := []string{bare, bare, bare, whole, whole, whole, madeUp, madeUp, madeUp}; !slices.Equal(direct, want) {
		t.Errorf("directly %q, want %q", direct, want)
	}
	if through, direct := marked(false); len(through)+len(direct) > 0 {
		t.Errorf("without trails %q and %q", through, direct)
	}
}
