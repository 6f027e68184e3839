package verdict_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/evidence"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

func TestWeaken(t *testing.T) {
	was := []verdict.Cell{
		{Route: 0, Verdict: verdict.Healthy}, {Route: 1, Verdict: verdict.Healthy}, {Route: 1, Verdict: verdict.Healthy, Reason: "b"},
		{Route: 1, Verdict: verdict.Broken}, {Route: 1, Verdict: verdict.Degraded, Reason: "b"}, {Route: 1, Verdict: verdict.Untested, Reason: "b"}, {Route: 1, Verdict: verdict.Stopped, Reason: "b"},
	}
	want := []verdict.Cell{
		{Route: 0, Verdict: verdict.Healthy}, {Route: 1, Verdict: verdict.ShortCut, Reason: "a"}, {Route: 1, Verdict: verdict.ShortCut, Reason: "b; a"},
		{Route: 1, Verdict: verdict.Broken, Reason: "a"}, {Route: 1, Verdict: verdict.Degraded, Reason: "b; a"}, {Route: 1, Verdict: verdict.Untested, Reason: "b"}, {Route: 1, Verdict: verdict.Stopped, Reason: "b"},
	}
	got := verdict.Weaken(was, func(c verdict.Cell) string { return []string{"", "a"}[c.Route] })
	for i := range want {
		if got[i].Verdict != want[i].Verdict || got[i].Reason != want[i].Reason {
			t.Errorf("%s %q became %s %q, want %s %q", was[i].Verdict, was[i].Reason, got[i].Verdict, got[i].Reason, want[i].Verdict, want[i].Reason)
		}
	}
	if was[1].Verdict != verdict.Healthy {
		t.Error("the cells themselves were changed")
	}
}

// The routes of a vantage that is tested itself.
var controlled = []route.Route{
	{Kind: route.Pod, Group: 1, Protocol: wire.HTTP},
	{Kind: route.Control, Port: -1, Protocol: wire.TCP, Address: "10.96.0.1:443", Object: "the API server"},
	{Kind: route.Control, Port: -1, Protocol: wire.UDP, Address: "10.96.0.10:53"},
	{Kind: route.Control, Port: -1, Group: 2, Protocol: wire.HTTPS, Address: "10.96.0.1:443"},
	{Kind: route.Control, Port: -1, Group: 1, Protocol: wire.DNS, Address: "kubernetes.default.svc", Lookup: &wire.Lookup{Name: "kubernetes.default.svc", Type: wire.RecordA}},
}

func TestBlocked(t *testing.T) {
	at := func(vantage int, o evidence.Observation) evidence.Observation {
		o.Vantage = vantage
		return o
	}
	for name, test := range map[string]struct {
		seen []evidence.Observation
		want map[int]string
	}{
		"no control targets":      {[]evidence.Observation{asked(0, "timeoutx9")}, nil},
		"all can be reached":      {[]evidence.Observation{asked(0, "timeoutx9"), asked(1, "openx3"), asked(2, "openx3")}, nil},
		"one can be reached":      {[]evidence.Observation{asked(1, "timeoutx3"), asked(2, "openx3")}, nil},
		"one at times":            {[]evidence.Observation{asked(1, "timeoutx2", "open"), asked(2, "timeoutx3")}, nil},
		"none can be reached":     {[]evidence.Observation{asked(1, "timeoutx2", "refused"), asked(2, "timeoutx3")}, map[int]string{0: "nothing can be reached from here: the API server at 10.96.0.1:443: timeout x2, refused x1; 10.96.0.10:53: timeout x3"}},
		"each vantage by its own": {[]evidence.Observation{at(0, asked(1, "openx3")), at(1, asked(1, "refusedx3")), at(2, asked(0, "openx3"))}, map[int]string{1: "nothing can be reached from here: the API server at 10.96.0.1:443: refused x3"}},
		"names do not resolve":    {[]evidence.Observation{asked(4, "timeoutx3"), asked(1, "openx3")}, nil},
		"only names were asked":   {[]evidence.Observation{asked(4, "timeoutx3")}, nil},
		"names and addresses":     {[]evidence.Observation{asked(3, "refusedx3"), asked(4, "timeoutx3")}, map[int]string{0: "nothing can be reached from here: 10.96.0.1:443: refused x3; kubernetes.default.svc: timeout x3"}},
		"nothing could be sent":   {[]evidence.Observation{asked(1, "localx3")}, nil},
	} {
		if got := verdict.Blocked(controlled, verdict.Judge(controlled, test.seen)); !maps.Equal(got, test.want) {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}

// TestSilentControl: the cluster's DNS answers every query, so that its silence
// is one that says something.
func TestSilentControl(t *testing.T) {
	if c := verdict.Judge(controlled, []evidence.Observation{asked(2, "timeoutx3")})[0]; c.Verdict != verdict.Broken {
		t.Errorf("silence is %s: %s", c.Verdict, c.Reason)
	}
}

// TestForbiddenControl: who says that a request is forbidden has been reached.
func TestForbiddenControl(t *testing.T) {
	if c := verdict.Judge(controlled, []evidence.Observation{asked(3, "403x3")})[0]; c.Verdict != verdict.Healthy {
		t.Errorf("403 is %s: %s", c.Verdict, c.Reason)
	}
}

func TestSetAside(t *testing.T) {
	was := []verdict.Cell{
		{Vantage: 0, Verdict: verdict.Broken}, {Vantage: 1, Verdict: verdict.Broken, Reason: "b"}, {Vantage: 1, Verdict: verdict.Degraded},
		{Vantage: 1, Verdict: verdict.Healthy}, {Vantage: 1, Verdict: verdict.Stopped}, {Vantage: -1, Verdict: verdict.Untested, Reason: "b"},
	}
	var got []string
	for _, c := range verdict.SetAside(was, map[int]string{1: "a"}) {
		got = append(got, string(c.Verdict)+c.Reason)
	}
	if want := []string{"broken", "untesteda; b", "untesteda", "healthy", "stopped at proxy", "untestedb"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if was[1].Verdict != verdict.Broken {
		t.Error("the cells themselves were changed")
	}
}

// TestControlHasNoLayer: what is asked to judge a vantage says nothing of the
// target.
func TestControlHasNoLayer(t *testing.T) {
	cells := []verdict.Cell{{Route: 0, Verdict: verdict.Healthy}, {Route: 1, Verdict: verdict.Broken}}
	if got := verdict.Layers(controlled, cells); len(got) != 1 || got[route.Pod] != verdict.Healthy {
		t.Errorf("layers %v", got)
	}
}
