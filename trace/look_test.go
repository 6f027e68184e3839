package trace_test

import (
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/tracetest"
)

// TestPlanLooksTwice reads of the plan how often the ClusterIP is asked from one node,
// and when more often.
func TestPlanLooksTwice(t *testing.T) {
	for name, test := range map[string]struct {
		pods   int
		change func(*trace.Options)
		with   func(*corev1.Service)
		want   string
	}{
		// Of 20 that go to three alike, one gets 1 or fewer with a probability of 0.0033,
		// 2 or fewer with 0.0176, 13 or more with 0.0037, 12 or more with 0.013: odd is
		// what, doubled, is below 0.01. With three comparisons a silent one shows from 25
		// on, and 20 and two thirds of them are 33. With ten, from 108 on.
		"three":                     {pods: 3, want: "20, if one gave fewer than 2 or more than 12 of them 13 more"},
		"one":                       {pods: 1, want: "20"},
		"ten, where one would show": {pods: 10, want: "51, if one gave fewer than 1 or more than 11 of them 57 more"},
		"ten, as few as are asked":  {pods: 10, change: func(o *trace.Options) { o.Load.Fixed = true }, want: "20"},
		"too many":                  {pods: 12, want: "20"},
		"watched":                   {pods: 3, change: func(o *trace.Options) { o.Troubles = 1 }, want: "20"},
		"without the time":          {pods: 3, change: func(o *trace.Options) { o.Load.Deadline /= 1000; o.Load.Fixed = true }, want: "20"},
		"one for each client":       {pods: 3, with: func(s *corev1.Service) { s.Spec.SessionAffinity = corev1.ServiceAffinityClientIP }, want: "20"},
	} {
		s := web(test.pods)
		if test.with != nil {
			s = s.With(test.with)
		}
		o := tracetest.Options("n1")
		o.Load.Requests = 20
		if test.change != nil {
			test.change(&o)
		}
		for _, r := range prepare(t, s, o).Plans[0].Wire.Routes {
			if r.Address != "10.96.0.7:80" || r.Protocol != wire.HTTP {
				continue
			}
			got := fmt.Sprint(r.Requests)
			if l := r.Look; l != nil {
				got += fmt.Sprintf(", if one gave fewer than %d or more than %d of them %d more", l.Low, l.High, l.More)
				if len(l.Endpoints) != test.pods {
					t.Errorf("%s: looked at among %v", name, l.Endpoints)
				}
			}
			if got != test.want {
				t.Errorf("%s: asked %s; want %s", name, got, test.want)
			}
		}
	}
}
