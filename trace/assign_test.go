package trace_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/tracetest"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/vantage"
)

// askers returns which vantages ask the routes of the kind, or why none does.
func askers(run *trace.Run, kind route.Kind) []string {
	var all []string
	for i, r := range run.Traces[0].Routes {
		if r.Kind == kind && !r.Contrast {
			all = append(all, fmt.Sprintf("%s %s", r.Address, strings.Join(run.Askers(run.Traces[0], i), " ")))
		}
	}
	return all
}

func TestThisMachineAsksWhatItReaches(t *testing.T) {
	answers := func(addresses ...string) func(context.Context, string) wire.ErrorClass {
		return func(_ context.Context, address string) wire.ErrorClass {
			switch {
			case slices.Contains(addresses, address):
				return ""
			case slices.Contains(addresses, address+" refused"):
				return wire.ErrorRefused
			}
			return wire.ErrorTimeout
		}
	}
	pods := "pod@n1 pod@n2"
	for name, test := range map[string]struct {
		knock func(context.Context, string) wire.ErrorClass
		from  []string
		want  []string
	}{
		"it is not asked for":      {nil, nil, []string{"172.16.0.1:30080 " + pods, "172.16.0.2:30080 " + pods}},
		"it reaches nothing":       {answers(), nil, []string{"172.16.0.1:30080 " + pods, "172.16.0.2:30080 " + pods}},
		"it reaches all":           {answers("172.16.0.1:30080", "172.16.0.2:30080"), nil, []string{"172.16.0.1:30080 local", "172.16.0.2:30080 local"}},
		"one node does not answer": {answers("172.16.0.2:30080"), nil, []string{"172.16.0.1:30080 local", "172.16.0.2:30080 local"}},
		"a refusal is an answer":   {answers("172.16.0.2:30080 refused"), nil, []string{"172.16.0.1:30080 local", "172.16.0.2:30080 local"}},
		"any port answers":         {answers("172.16.0.1:30080", "172.16.0.1:1", "172.16.0.2:30080", "172.16.0.2:1"), nil, []string{"172.16.0.1:30080 " + pods, "172.16.0.2:30080 " + pods}},
		"any port of one answers":  {answers("172.16.0.1:30080", "172.16.0.1:1", "172.16.0.2:30080"), nil, []string{"172.16.0.1:30080 " + pods, "172.16.0.2:30080 local"}},
		"others are named":         {answers("172.16.0.1:30080"), []string{"n1"}, []string{"172.16.0.1:30080 pod@n1", "172.16.0.2:30080 pod@n1"}},
		"it is named":              {nil, []string{"local"}, []string{"172.16.0.1:30080 local", "172.16.0.2:30080 local"}},
		"it is named with others":  {nil, []string{"local", "n1"}, []string{"172.16.0.1:30080 local pod@n1", "172.16.0.2:30080 local pod@n1"}},
	} {
		t.Run(name, func(t *testing.T) {
			o := tracetest.Options(test.from...)
			o.Knock = test.knock
			got := askers(prepare(t, web(2).NodePort(30080), o), route.NodePort)
			for i := range got {
				got[i] = strings.ReplaceAll(got[i], "pod@n1 local", "local pod@n1")
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("asked %q, want %q", got, test.want)
			}
		})
	}
}

func TestPodsAreNotAskedFromHere(t *testing.T) {
	run := prepare(t, web(1), tracetest.Options("local"))
	for _, kind := range []route.Kind{route.Pod, route.ClusterIP, route.DNS} {
		for _, got := range askers(run, kind) {
			if !strings.HasSuffix(got, "nowhere: it is reached from inside the cluster only") {
				t.Errorf("%s %s", kind, got)
			}
		}
	}
}

// TestLessons: this machine begins when the probes have learned, with what they
// have learned, and does not wait for one that has died.
func TestLessons(t *testing.T) {
	o := tracetest.Options()
	o.Knock = func(context.Context, string) wire.ErrorClass { return wire.ErrorRefused }
	run := prepare(t, web(2).NodePort(30080), o)
	taught := make(chan []wire.Locator, 1)
	_, err := run.Send(t.Context(), teaching{t, taught}, nil)
	if err == nil || err.Error() != "n2 died" {
		t.Errorf("error %v", err)
	}
	if got := <-taught; len(got) != 1 || got[0].Header != "X-Pod" {
		t.Errorf("this machine was taught %+v", got)
	}
}

// teaching has the probe on n1 learn something, that on n2 die, and this machine
// show what it was taught.
type teaching struct {
	t      *testing.T
	taught chan []wire.Locator
}

func (p teaching) Probe(_ context.Context, from vantage.Vantage, plan wire.Plan, observe func(wire.Record)) error {
	switch {
	case from.Kind == vantage.Local:
		p.taught <- plan.Locators
	case from.Node == "n1":
		observe(wire.Record{Learned: &wire.Learned{Locators: []wire.Locator{{Group: 1, Kind: wire.IdentityName, Header: "X-Pod"}}}})
	default:
		return fmt.Errorf("n2 died")
	}
	observe(wire.Record{End: &wire.End{}})
	return nil
}
