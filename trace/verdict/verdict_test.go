package verdict_test

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/evidence"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

// The routes of a Service with two pods and two ports, the second spoken to by
// plain connects.
var routes = []route.Route{
	{Kind: route.Pod, Group: 1, Protocol: wire.HTTP, Endpoint: 0},
	{Kind: route.Pod, Group: 1, Protocol: wire.HTTP, Endpoint: 1},
	{Kind: route.ClusterIP, Group: 1, Protocol: wire.HTTP, Endpoint: -1},
	{Kind: route.NodePort, Group: 1, Protocol: wire.HTTP, Endpoint: -1},
	{Kind: route.Pod, Group: 1, Protocol: wire.HTTP, Endpoint: 0, Contrast: true},
	{Kind: route.Pod, Port: 1, Group: 2, Protocol: wire.TCP, Endpoint: 0},
	{Kind: route.ClusterIP, Port: 1, Group: 2, Protocol: wire.TCP, Endpoint: -1, Untested: "because"},
}

const (
	podA = iota
	podB
	clusterIP
	nodePort
	contrast
	tcpPod
	untested
)

// asked returns what was seen on a route, as it is written in the tables: "200",
// "refused", "200-endless", "UNAVAILABLE" over gRPC, or "a=200" when endpoint a is
// known to have said so, each with how often, such as "200x9".
func asked(r int, outcomes ...string) evidence.Observation {
	o := evidence.Observation{Route: r}
	for _, text := range outcomes {
		var outcome wire.Outcome
		if who, what, named := strings.Cut(text, "="); named {
			outcome.Endpoint, outcome.Rung, text = int(who[0]-'a')+1, wire.RungAnswer, what
		}
		text, times, _ := strings.Cut(text, "x")
		count, _ := strconv.Atoi(times)
		status, class, _ := strings.Cut(text, "-")
		outcome.Error = wire.ErrorClass(class)
		switch number, err := strconv.Atoi(status); {
		case err == nil:
			outcome.Status = number
		case status == strings.ToUpper(status):
			outcome.Status, outcome.GRPC = 200, status
		case status != "open":
			outcome.Error = wire.ErrorClass(status)
		}
		o.Tallies = append(o.Tallies, wire.Tally{Outcome: outcome, Count: max(1, count)})
	}
	return o
}

func TestJudge(t *testing.T) {
	direct := asked(podA, "200x10")
	for name, test := range map[string]struct {
		seen []evidence.Observation
		// want is the verdict of the first observation.
		want     verdict.Verdict
		ok, sent int
		reason   string
	}{
		"as the pods answer":             {[]evidence.Observation{asked(clusterIP, "200x20"), direct}, verdict.Healthy, 20, 20, ""},
		"another status of the class":    {[]evidence.Observation{asked(clusterIP, "204x20"), direct}, verdict.Healthy, 20, 20, ""},
		"404 although the pods say 200":  {[]evidence.Observation{asked(clusterIP, "404x20"), direct}, verdict.Broken, 0, 20, ""},
		"404 as the pods say":            {[]evidence.Observation{asked(clusterIP, "404x20"), asked(podA, "404x10")}, verdict.Healthy, 20, 20, ""},
		"the pods themselves say 404":    {[]evidence.Observation{asked(podA, "404x10")}, verdict.Healthy, 10, 10, ""},
		"one of the pods' classes":       {[]evidence.Observation{asked(clusterIP, "200x5", "404x5"), asked(podA, "200x5"), asked(podB, "404x5")}, verdict.Healthy, 10, 10, ""},
		"200 although the pods say 404":  {[]evidence.Observation{asked(clusterIP, "200x20"), asked(podA, "404x10")}, verdict.Broken, 0, 20, ""},
		"500 as the pods say":            {[]evidence.Observation{asked(clusterIP, "500x20"), asked(podA, "500x10")}, verdict.Broken, 0, 20, ""},
		"the pods themselves say 503":    {[]evidence.Observation{asked(podA, "503x10")}, verdict.Broken, 0, 10, ""},
		"no pod answered":                {[]evidence.Observation{asked(clusterIP, "404x20"), asked(podA, "refusedx10")}, verdict.Healthy, 20, 20, ""},
		"no pod answered, and 5xx":       {[]evidence.Observation{asked(clusterIP, "503x20"), asked(podA, "refusedx10")}, verdict.Broken, 0, 20, ""},
		"no pod asked":                   {[]evidence.Observation{asked(clusterIP, "302x20")}, verdict.Healthy, 20, 20, ""},
		"contrast is no measure":         {[]evidence.Observation{asked(clusterIP, "404x20"), direct, asked(contrast, "404x3")}, verdict.Broken, 0, 20, ""},
		"another port is no measure":     {[]evidence.Observation{asked(clusterIP, "404x20"), direct, asked(tcpPod, "404x3")}, verdict.Broken, 0, 20, ""},
		"one failure":                    {[]evidence.Observation{asked(clusterIP, "200x19", "timeout"), direct}, verdict.Degraded, 19, 20, ""},
		"all failures":                   {[]evidence.Observation{asked(clusterIP, "refusedx2", "timeoutx3"), direct}, verdict.Broken, 0, 5, ""},
		"local errors count for nothing": {[]evidence.Observation{asked(clusterIP, "200x5", "localx15"), direct}, verdict.Healthy, 5, 5, "the probe itself could not send 15 requests"},
		"only local errors":              {[]evidence.Observation{asked(clusterIP, "localx3", "200-localx2"), direct}, verdict.Untested, 0, 0, "the probe itself could not send 5 requests"},
		"never asked":                    {[]evidence.Observation{asked(clusterIP), direct}, verdict.Untested, 0, 0, "the run ended before it was asked"},
		"a connection":                   {[]evidence.Observation{asked(tcpPod, "openx3")}, verdict.Healthy, 3, 3, ""},
		"no connection":                  {[]evidence.Observation{asked(tcpPod, "resetx3")}, verdict.Broken, 0, 3, ""},
		"the pods' answers end":          {[]evidence.Observation{asked(clusterIP, "200-endlessx20"), direct}, verdict.Broken, 0, 20, ""},
		"the pods' answers have no end":  {[]evidence.Observation{asked(clusterIP, "200-endlessx20"), asked(podA, "200-endlessx10")}, verdict.Healthy, 20, 20, ""},
		"a stream of another class":      {[]evidence.Observation{asked(clusterIP, "404-endlessx20"), asked(podA, "200-endlessx10")}, verdict.Broken, 0, 20, ""},
		"one pod's answers stall":        {[]evidence.Observation{asked(podB, "200-endlessx10"), direct}, verdict.Broken, 0, 10, ""},
		"an answer that is no HTTP":      {[]evidence.Observation{asked(clusterIP, "protocolx3"), direct}, verdict.Broken, 0, 3, ""},
	} {
		t.Run(name, func(t *testing.T) {
			i := slices.IndexFunc(verdict.Judge(routes, test.seen), func(c verdict.Cell) bool { return c.Route == test.seen[0].Route })
			c := verdict.Judge(routes, test.seen)[i]
			if c.Verdict != test.want || c.OK != test.ok || c.Sent != test.sent || c.Reason != test.reason {
				t.Errorf("%s, %d of %d, %q; want %s, %d of %d, %q", c.Verdict, c.OK, c.Sent, c.Reason, test.want, test.ok, test.sent, test.reason)
			}
		})
	}
}

func TestJudgeListsUntestedRoutes(t *testing.T) {
	cells := verdict.Judge(routes, []evidence.Observation{{Route: clusterIP, Vantage: 1}, {Route: clusterIP}, {Route: podA}})
	var order []string
	for _, c := range cells {
		order = append(order, fmt.Sprint(c.Route, c.Vantage))
	}
	if want := []string{"0 0", "2 0", "2 1", "6 -1"}; !slices.Equal(order, want) {
		t.Errorf("cells %v, want %v", order, want)
	}
	if last := cells[len(cells)-1]; last.Verdict != verdict.Untested || last.Reason != "because" {
		t.Errorf("the untested route became %+v", last)
	}
}

func TestWhoAnswered(t *testing.T) {
	tally := func(endpoint int, rung wire.Rung, status int, class wire.ErrorClass, count int) wire.Tally {
		return wire.Tally{Outcome: wire.Outcome{Endpoint: endpoint, Rung: rung, Status: status, Error: class}, Count: count}
	}
	seen := evidence.Observation{Route: clusterIP, Cell: wire.Cell{Tallies: []wire.Tally{
		tally(2, wire.RungAnswer, 200, "", 4), tally(1, wire.RungAnswer, 200, "", 3), tally(1, wire.RungAnswer, 503, "", 2),
		tally(0, wire.RungNone, 200, "", 5), tally(0, wire.RungNone, 0, wire.ErrorTimeout, 6), tally(0, wire.RungNone, 200, wire.ErrorEndless, 1),
		tally(0, wire.RungNone, 0, wire.ErrorLocal, 7),
	}}}
	c := verdict.Judge(routes, []evidence.Observation{seen})[0]
	if want := []verdict.Answer{{Endpoint: 0, Rung: wire.RungAnswer, Count: 5}, {Endpoint: 1, Rung: wire.RungAnswer, Count: 4}}; !slices.Equal(c.Answers, want) {
		t.Errorf("answers %v, want %v", c.Answers, want)
	}
	if c.Unknown != 6 || c.Sent != 21 || c.OK != 12 {
		t.Errorf("unknown %d, sent %d, ok %d; want 6, 21, 12", c.Unknown, c.Sent, c.OK)
	}
	var failures []string
	for _, f := range c.Failures {
		failures = append(failures, fmt.Sprintf("%s x%d by %d", f.What, f.Count, f.Endpoint))
	}
	if want := []string{"timeout x6 by -1", "HTTP 503 x2 by 0", "endless x1 by -1"}; !slices.Equal(failures, want) {
		t.Errorf("failures %q, want %q", failures, want)
	}
}

func TestLayersThatSayNothing(t *testing.T) {
	const h, d, b, u, c, s = verdict.Healthy, verdict.Degraded, verdict.Broken, verdict.Untested, verdict.ShortCut, verdict.Stopped
	for name, test := range map[string]struct {
		// kinds are the verdicts of the cells, by the kind of their route.
		kinds   map[route.Kind][]verdict.Verdict
		want    map[route.Kind]verdict.Verdict
		overall verdict.Verdict
		layer   route.Kind
	}{
		"stopped":                      {map[route.Kind][]verdict.Verdict{route.Pod: {h}, route.Ingress: {s, s}}, map[route.Kind]verdict.Verdict{route.Pod: h, route.Ingress: s}, h, ""},
		"stopped and untested":         {map[route.Kind][]verdict.Verdict{route.Ingress: {u, s, c, u}}, map[route.Kind]verdict.Verdict{route.Ingress: s}, u, ""},
		"short-cut and untested":       {map[route.Kind][]verdict.Verdict{route.LoadBalancer: {u, c, u}}, map[route.Kind]verdict.Verdict{route.LoadBalancer: c}, u, ""},
		"stopped and healthy":          {map[route.Kind][]verdict.Verdict{route.Ingress: {h, s}, route.Gateway: {s, h}}, map[route.Kind]verdict.Verdict{route.Ingress: h, route.Gateway: h}, h, ""},
		"short-cut and broken":         {map[route.Kind][]verdict.Verdict{route.LoadBalancer: {c, b}, route.Gateway: {b, c}}, map[route.Kind]verdict.Verdict{route.LoadBalancer: b, route.Gateway: b}, b, route.LoadBalancer},
		"the outmost one":              {map[route.Kind][]verdict.Verdict{route.Pod: {h}, route.LoadBalancer: {h}, route.Gateway: {h, b}}, map[route.Kind]verdict.Verdict{route.Pod: h, route.LoadBalancer: h, route.Gateway: d}, d, route.Gateway},
		"a name and no more":           {map[route.Kind][]verdict.Verdict{route.DNS: {h}}, map[route.Kind]verdict.Verdict{route.DNS: h}, h, ""},
		"a name of what is not tested": {map[route.Kind][]verdict.Verdict{route.Pod: {u}, route.ClusterIP: {u}, route.DNS: {h}}, map[route.Kind]verdict.Verdict{route.Pod: u, route.ClusterIP: u, route.DNS: h}, u, ""},
		"a wrong name":                 {map[route.Kind][]verdict.Verdict{route.Pod: {h}, route.ClusterIP: {h}, route.DNS: {b}, route.NodePort: {b}}, map[route.Kind]verdict.Verdict{route.Pod: h, route.ClusterIP: h, route.DNS: b, route.NodePort: b}, b, route.DNS},
	} {
		t.Run(name, func(t *testing.T) {
			var routes []route.Route
			var cells []verdict.Cell
			for kind, verdicts := range test.kinds {
				for _, v := range verdicts {
					cells = append(cells, verdict.Cell{Route: len(routes), Verdict: v})
				}
				routes = append(routes, route.Route{Kind: kind})
			}
			layers := verdict.Layers(routes, cells)
			if !maps.Equal(layers, test.want) {
				t.Errorf("layers %v, want %v", layers, test.want)
			}
			if overall, layer := verdict.Overall(layers); overall != test.overall || layer != test.layer {
				t.Errorf("overall %s at %q, want %s at %q", overall, layer, test.overall, test.layer)
			}
		})
	}
}

func TestLayers(t *testing.T) {
	const h, d, b, u = verdict.Healthy, verdict.Degraded, verdict.Broken, verdict.Untested
	for name, test := range map[string]struct {
		// cells are the verdicts by route.
		cells   map[int][]verdict.Verdict
		layers  map[route.Kind]verdict.Verdict
		overall verdict.Verdict
		layer   route.Kind
	}{
		"nothing":                  {nil, map[route.Kind]verdict.Verdict{}, u, ""},
		"all healthy":              {map[int][]verdict.Verdict{podA: {h}, podB: {h}, clusterIP: {h, h}}, map[route.Kind]verdict.Verdict{route.Pod: h, route.ClusterIP: h}, h, ""},
		"all broken":               {map[int][]verdict.Verdict{podA: {b}, podB: {b}}, map[route.Kind]verdict.Verdict{route.Pod: b}, b, route.Pod},
		"one of two":               {map[int][]verdict.Verdict{podA: {h}, podB: {b}}, map[route.Kind]verdict.Verdict{route.Pod: d}, d, route.Pod},
		"degraded":                 {map[int][]verdict.Verdict{podA: {d}, podB: {d}}, map[route.Kind]verdict.Verdict{route.Pod: d}, d, route.Pod},
		"the inmost one is named":  {map[int][]verdict.Verdict{podA: {d}, clusterIP: {d}, nodePort: {d}}, map[route.Kind]verdict.Verdict{route.Pod: d, route.ClusterIP: d, route.NodePort: d}, d, route.Pod},
		"the worst one is named":   {map[int][]verdict.Verdict{podA: {d}, clusterIP: {b}, nodePort: {b}}, map[route.Kind]verdict.Verdict{route.Pod: d, route.ClusterIP: b, route.NodePort: b}, b, route.ClusterIP},
		"only the outmost":         {map[int][]verdict.Verdict{podA: {h}, clusterIP: {h}, nodePort: {b, h}}, map[route.Kind]verdict.Verdict{route.Pod: h, route.ClusterIP: h, route.NodePort: d}, d, route.NodePort},
		"untested changes nothing": {map[int][]verdict.Verdict{podA: {u, h, u}, clusterIP: {b, u}}, map[route.Kind]verdict.Verdict{route.Pod: h, route.ClusterIP: b}, b, route.ClusterIP},
		"only untested":            {map[int][]verdict.Verdict{podA: {u}, clusterIP: {u}}, map[route.Kind]verdict.Verdict{route.Pod: u, route.ClusterIP: u}, u, ""},
		"contrast has no verdict":  {map[int][]verdict.Verdict{podA: {h}, contrast: {b}}, map[route.Kind]verdict.Verdict{route.Pod: h}, h, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var cells []verdict.Cell
			for r, verdicts := range test.cells {
				for _, v := range verdicts {
					cells = append(cells, verdict.Cell{Route: r, Verdict: v})
				}
			}
			layers := verdict.Layers(routes, cells)
			if !maps.Equal(layers, test.layers) {
				t.Errorf("layers %v, want %v", layers, test.layers)
			}
			if overall, layer := verdict.Overall(layers); overall != test.overall || layer != test.layer {
				t.Errorf("overall %s at %q, want %s at %q", overall, layer, test.overall, test.layer)
			}
		})
	}
}

func TestWhatVerdictsSay(t *testing.T) {
	for v, says := range map[verdict.Verdict][2]bool{
		verdict.Untested: {}, verdict.ShortCut: {}, verdict.Stopped: {}, verdict.Healthy: {true, false}, verdict.Degraded: {true, true}, verdict.Broken: {true, true},
	} {
		if v.Conclusive() != says[0] || v.Failing() != says[1] {
			t.Errorf("%s is conclusive: %v, failing: %v", v, v.Conclusive(), v.Failing())
		}
	}
}
