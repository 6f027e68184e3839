package verdict_test

import (
	"strings"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/evidence"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

// Two pods on different nodes, of which each gets large requests, too.
var sized = []route.Route{
	{Kind: route.Pod, Group: 1, Protocol: wire.HTTP, Address: "10.0.0.1:80", Endpoint: 0, Node: "n1"},
	{Kind: route.Pod, Group: 1, Protocol: wire.HTTP, Address: "10.0.0.2:80", Endpoint: 1, Node: "n2"},
	{Kind: route.Pod, Group: 1, Protocol: wire.HTTP, Address: "10.0.0.1:80", Endpoint: 0, Node: "n1", Contrast: true, Padding: 4000},
	{Kind: route.Pod, Group: 1, Protocol: wire.HTTP, Address: "10.0.0.2:80", Endpoint: 1, Node: "n2", Contrast: true, Padding: 4000},
}

func TestLarge(t *testing.T) {
	const smallA, smallB, largeA, largeB = 0, 1, 2, 3
	for name, test := range map[string]struct {
		seen []evidence.Observation
		// want is the verdict of the large requests to b, reason what it says, and
		// layer what it makes of the pods'.
		want   verdict.Verdict
		reason string
		layer  verdict.Verdict
	}{
		"they pass": {[]evidence.Observation{asked(smallA, "200x9"), asked(smallB, "200x9"), asked(largeA, "200x2"), asked(largeB, "200x2")}, verdict.Healthy, "", verdict.Healthy},
		"a refusal has arrived": {[]evidence.Observation{asked(smallA, "200x9"), asked(smallB, "200x9"), asked(largeB, "431", "500")},
			verdict.Healthy, "", verdict.Healthy},
		"they get lost": {[]evidence.Observation{asked(smallA, "200x9"), asked(smallB, "200x9"), asked(largeA, "200x2"), asked(largeB, "timeoutx2"), elsewhere(largeB, "200x2")},
			verdict.Broken, "", verdict.Degraded},
		"this pod does not take them": {[]evidence.Observation{asked(smallA, "200x9"), asked(smallB, "200x9"), asked(largeA, "200x2"), asked(largeB, "timeoutx2"), elsewhere(largeB, "timeoutx2")},
			verdict.Untested, "it may not take them", verdict.Healthy},
		"one gets lost": {[]evidence.Observation{asked(smallA, "200x9"), asked(smallB, "200x9"), asked(largeA, "200x2"), asked(largeB, "200", "timeout")},
			verdict.Degraded, "", verdict.Degraded},
		"the server closes the connection": {[]evidence.Observation{asked(smallA, "200x9"), asked(smallB, "200x9"), asked(largeA, "200x2"), asked(largeB, "resetx2")},
			verdict.Untested, notLost, verdict.Healthy},
		"small ones get lost as well": {[]evidence.Observation{asked(smallA, "200x9"), asked(smallB, "200x8", "timeout"), asked(largeA, "200x2"), asked(largeB, "timeoutx2")},
			verdict.Untested, smallFail, verdict.Degraded},
		"small ones were not sent": {[]evidence.Observation{asked(smallA, "200x9"), asked(largeA, "200x2"), asked(largeB, "timeoutx2")},
			verdict.Untested, smallFail, verdict.Healthy},
		"answered as small ones are, which is no good": {[]evidence.Observation{asked(smallA, "500x9"), asked(smallB, "500x9"), asked(largeA, "500x2"), asked(largeB, "500x2")},
			verdict.Healthy, "", verdict.Broken},
		"no pod takes them": {[]evidence.Observation{asked(smallA, "200x9"), asked(smallB, "200x9"), asked(largeA, "timeoutx2"), asked(largeB, "timeoutx2")},
			verdict.Untested, "it may not take them", verdict.Healthy},
	} {
		t.Run(name, func(t *testing.T) {
			cells := verdict.Large(sized, verdict.Judge(sized, test.seen))
			for _, c := range cells {
				if c.Route == largeB && c.Vantage == 0 && (c.Verdict != test.want || !strings.Contains(c.Reason, test.reason) || test.reason == "" && c.Reason != "") {
					t.Errorf("%s (%s), want %s (%s)", c.Verdict, c.Reason, test.want, test.reason)
				}
			}
			if got := verdict.Layers(sized, cells)[route.Pod]; got != test.layer {
				t.Errorf("the pods are %s, want %s", got, test.layer)
			}
		})
	}
}

// elsewhere is what was seen from another vantage.
func elsewhere(route int, what ...string) evidence.Observation {
	o := asked(route, what...)
	o.Vantage = 1
	return o
}

const (
	notLost   = "no packet was lost"
	smallFail = "small requests fail as well"
)
