package trace_test

import (
	"testing"

	. "github.com/kubectl-nettrace/kubectl-nettrace/trace/target/targettest"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/tracetest"
)

// TestComparable: answers are compared where a difference can only be a pod's own.
func TestComparable(t *testing.T) {
	of := func(revision string, options ...PodOption) []PodOption {
		return append(options, Labelled("app", "web", "pod-template-hash", revision), Declaring("http", 8080))
	}
	service := func() *Service {
		return NewService("web").Selecting("app", "web").Port("http", 80, 8080).Node("n1").Node("n2")
	}
	for title, test := range map[string]struct {
		service *Service
		want    bool
	}{
		"two replicas":               {service().Pod("a", of("x", On("n1"))...).Pod("b", of("x", On("n2"))...), true},
		"two of each of two":         {service().Pod("a", of("x", On("n1"))...).Pod("b", of("x", On("n2"))...).Pod("c", of("y", On("n1"))...).Pod("d", of("y", On("n2"))...), true},
		"a single one":               {service().Pod("a", of("x", On("n1"))...), false},
		"two revisions":              {service().Pod("a", of("x", On("n1"))...).Pod("b", of("y", On("n2"))...), false},
		"a canary beside two":        {service().Pod("a", of("x", On("n1"))...).Pod("b", of("x", On("n2"))...).Pod("c", of("y", On("n1"))...), false},
		"pods of nobody":             {service().Pod("a", On("n1")).Pod("b", On("n2")), false},
		"one that is not asked HTTP": {service().Pod("a", of("x", On("n1"))...).Pod("b", of("x", On("n2"))...).Port("tcp", 81, 81), true},
	} {
		for _, p := range prepare(t, test.service, tracetest.Options("n1", "n2")).Plans {
			if got := len(p.Wire.Comparable) > 0; got != test.want {
				t.Errorf("%s: comparable groups %v, want any: %v", title, p.Wire.Comparable, test.want)
			}
		}
	}
	many := service()
	for _, name := range "abcdefghijklmnopqrstuvwxyzABCDE" {
		many.Pod("web-"+string(name), of("x", On("n1"))...)
	}
	if p := prepare(t, many, tracetest.Options("n1")).Plans[0]; len(p.Wire.Comparable) > 0 {
		t.Errorf("31 endpoints are compared: %v", p.Wire.Comparable)
	}
}
