package finding

import (
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/evidence"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/vantage"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

// took returns durations in milliseconds.
func took(all ...int) wire.Latency {
	var l wire.Latency
	for _, ms := range all {
		l.Record(time.Duration(ms) * time.Millisecond)
	}
	return l
}

func TestModes(t *testing.T) {
	for name, test := range map[string]struct {
		took  wire.Latency
		after time.Duration
		count int
	}{
		"nothing":                              {took(), 0, 0},
		"one":                                  {took(5000), 0, 0},
		"all alike":                            {took(3, 4, 4, 5, 9), 0, 0},
		"all late":                             {took(1003, 1004, 1004, 1005, 1010), 0, 0},
		"a timeout of a second":                {took(3, 4, 5, 9, 1003, 1004, 1010), time.Second, 3},
		"and that twice, and three times":      {took(3, 4, 5, 9, 1003, 1004, 2010, 2006, 3012), time.Second, 5},
		"and that nearly twice":                {took(3, 4, 5, 9, 1009, 1008, 2010), time.Second, 3},
		"load":                                 {took(3, 4, 5, 9, 700, 1100, 1900, 2600), 0, 0},
		"a pause for each that came meanwhile": {took(3, 4, 5, 9, 1000, 800, 600, 500), 0, 0},
		"under load, one later still":          {took(3, 4, 5, 9, 1002, 1002, 1003, 1003, 1004, 1004, 1005, 1006, 1007, 1010, 1461), time.Second, 11},
		"under load, two of them":              {took(3, 4, 5, 9, 1002, 1002, 1003, 1003, 1004, 1004, 1005, 1006, 1007, 1460, 1461), 0, 0},
		"two only":                             {took(3, 4, 5, 9, 1003, 1004), 0, 0},
		"short":                                {took(3, 4, 5, 9, 303, 304, 305), 0, 0},
		"not far apart":                        {took(3, 4, 5, 300, 1003, 1004, 1005), 0, 0},
	} {
		m, found := modes(test.took)
		if found != (test.count > 0) || found && (m.count != test.count || m.after.Round(100*time.Millisecond) != test.after) {
			t.Errorf("%s: %+v, %v; want %d after %s", name, m, found, test.count, test.after)
		}
	}
}

func TestHiddenByLateness(t *testing.T) {
	soon := took(3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 3, 3, 4, 4, 5, 5)
	half := took(3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 1003, 1003, 1004, 1004, 1005, 1005, 1006, 1006, 1007, 1009)
	seldom := took(3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 3, 3, 4, 1004, 1005, 1005)
	for name, test := range map[string]struct {
		through, direct wire.Latency
		ok, group       int
		want            string
	}{
		"nobody is late":             {soon, soon, 20, 1, ""},
		"through the proxy alone":    {half, soon, 20, 1, "10 of 20 answers to service web through ingress shop/web come 1s late"},
		"directly, too":              {half, half, 20, 1, ""},
		"some fail":                  {half, soon, 19, 1, ""},
		"hardly anybody asked pods":  {half, took(3, 4, 5, 6), 20, 1, ""},
		"seldom, and few asked pods": {seldom, soon, 20, 1, ""},
		"pods are asked for other":   {half, soon, 20, 2, ""},
	} {
		f := Facts{
			Target:   &target.Target{Service: &corev1.Service{}, Endpoints: []target.Endpoint{{Name: "web-1", Ready: true}, {Name: "web-2", Ready: true}}, Ports: []target.Port{{}}},
			Routes:   []route.Route{{Kind: route.Ingress, Group: 1, Object: "ingress shop/web", Address: "192.0.2.1:80"}, {Kind: route.Pod, Group: test.group}},
			From:     []vantage.Vantage{{Node: "n1"}},
			Vantages: []string{"n1"},
		}
		f.Target.Service.Name, f.Target.Service.Namespace = "web", "shop"
		f.Cells = []verdict.Cell{
			{Route: 0, Verdict: verdict.Healthy, Sent: 20, OK: test.ok, Answers: []verdict.Answer{{Endpoint: 0, Count: test.ok}}, Seen: evidence.Observation{Cell: wire.Cell{FirstByte: test.through}}},
			{Route: 1, Verdict: verdict.Healthy, Sent: 20, OK: 20, Seen: evidence.Observation{Cell: wire.Cell{Total: test.direct}}},
		}
		got := ""
		for _, found := range hiddenRetries(f) {
			got += found.Summary
		}
		if !strings.HasPrefix(got, test.want) || test.want == "" && got != "" {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}
