package trace_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
	. "github.com/kubectl-nettrace/kubectl-nettrace/trace/target/targettest"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/tracetest"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

func TestSummary(t *testing.T) {
	headless := func(s *corev1.Service) { s.Spec.ClusterIP, s.Spec.ClusterIPs = corev1.ClusterIPNone, nil }
	external := func(s *corev1.Service) {
		s.Spec = corev1.ServiceSpec{Type: corev1.ServiceTypeExternalName, ExternalName: "example.com"}
	}
	for name, test := range map[string]struct {
		service *Service
		faults  func(*tracetest.Network) *tracetest.Network
		want    string
		status  verdict.Verdict
		layer   route.Kind
	}{
		"all answered":   {web(2), nil, "every way in that was tested works; all 2 endpoints answered", verdict.Healthy, ""},
		"one pod":        {web(1), nil, "every way in that was tested works", verdict.Healthy, ""},
		"some were seen": {web(50), nil, "every way in that was tested works; 20 of 50 endpoints were seen to answer", verdict.Healthy, ""},
		"unknown who":    {web(2), func(n *tracetest.Network) *tracetest.Network { return n.Anonymous() }, "every way in that was tested works; the answers do not tell which pod gave them", verdict.Healthy, ""},
		"only pods":      {web(2).With(headless), nil, "every way in that was tested works", verdict.Healthy, ""},
		"one that is not ready answered": {web(2).Pod("late", NotReady("x")), func(n *tracetest.Network) *tracetest.Network {
			return n.Fault(tracetest.Hop{Kind: route.ClusterIP}, tracetest.Fault{Status: 200, Endpoint: 1, Rung: wire.RungAnswer})
		}, "every way in that was tested works", verdict.Healthy, ""},
		"one is not ready":    {web(2).Pod("late", NotReady("x")), nil, "every way in that was tested works; all 2 ready endpoints answered", verdict.Healthy, ""},
		"a cause":             {web(0), nil, "the selector app=web of service web matches no pod", verdict.Broken, route.ClusterIP},
		"an unverified cause": {web(2), func(n *tracetest.Network) *tracetest.Network { return n.Fault(tracetest.Hop{}, tracetest.Timeout) }, "4 of 4 tested ways to the pods fail (from n1, n2)", verdict.Broken, route.Pod},
		"a symptom from one": {web(2), func(n *tracetest.Network) *tracetest.Network {
			return n.Fault(tracetest.Hop{Kind: route.Pod, From: "n2", Pod: "web-1"}, tracetest.Timeout)
		}, "no answer comes back from pods on another node, although these answer elsewhere: from n2 to n1", verdict.Degraded, route.Pod},
		"at times": {web(2), func(n *tracetest.Network) *tracetest.Network {
			return n.Fault(tracetest.Hop{Kind: route.ClusterIP, Pod: "web-1"}, tracetest.Timeout)
		}, "2 of 2 tested ways to the ClusterIP fail at times (from n1, n2)", verdict.Degraded, route.ClusterIP},
		"at times and always": {web(2), func(n *tracetest.Network) *tracetest.Network {
			return n.Fault(tracetest.Hop{Kind: route.ClusterIP, From: "n1", Pod: "web-1"}, tracetest.Timeout).Fault(tracetest.Hop{Kind: route.ClusterIP, From: "n2"}, tracetest.Status(503))
		}, "1 of 2 tested ways to the ClusterIP fail, and 1 fail at times (from n1, n2)", verdict.Degraded, route.ClusterIP},
		"dead pods do not explain a ClusterIP that never answers": {web(3), func(n *tracetest.Network) *tracetest.Network {
			return n.Fault(tracetest.Hop{Kind: route.Pod, Pod: "web-1"}, tracetest.Refused).Fault(tracetest.Hop{Kind: route.ClusterIP}, tracetest.Timeout)
		}, "2 of 2 tested ways to the ClusterIP fail (from n1, n2)", verdict.Broken, route.ClusterIP},
		"NodePort": {web(2).NodePort(30080), func(n *tracetest.Network) *tracetest.Network {
			return n.Fault(tracetest.Hop{Kind: route.NodePort}, tracetest.Timeout)
		}, "4 of 4 tested ways to the NodePort fail (from n1, n2)", verdict.Broken, route.NodePort},
		"nothing was sent": {web(2), func(n *tracetest.Network) *tracetest.Network { return n.Fault(tracetest.Hop{}, tracetest.Local) }, "nothing could be tested: the probe itself could not send 10 requests", verdict.Untested, ""},
		"UDP":              {NewService("web").UDPPort("syslog", 514, 514).Node("n1").Node("n2"), nil, "nothing could be tested: UDP: nothing is known that it would answer; --udp-payload gives a datagram to send", verdict.Untested, ""},
		"ExternalName":     {web(0).With(external), nil, "the name leads to example.com, which has an address; requests to third parties are not sent", verdict.Healthy, ""},
		"a dangling ExternalName": {web(0).With(external), func(n *tracetest.Network) *tracetest.Network {
			return n.Resolving(wire.RecordA).Resolving(wire.RecordAAAA)
		}, "service web stands for example.com, and that has no address from inside the cluster", verdict.Broken, route.DNS},
		"a wrong address": {web(2), func(n *tracetest.Network) *tracetest.Network {
			return n.Resolving(wire.RecordA, "10.96.0.8")
		}, "the name of service web leads elsewhere than to its ClusterIP", verdict.Degraded, route.DNS},
		"headless without pods": {web(0).With(headless), nil, "nothing could be tested: no endpoint is ready: the name stands for no address", verdict.Untested, ""},
		"no ports":              {NewService("web").With(headless).Node("n1").Node("n2"), nil, "nothing could be tested: no endpoint is ready: the name stands for no address", verdict.Untested, ""},
	} {
		t.Run(name, func(t *testing.T) {
			network := tracetest.NewNetwork(test.service)
			if test.faults != nil {
				network = test.faults(network)
			}
			got := network.Trace(t, "n1", "n2").Verdict
			if got.Summary != test.want || got.Status != test.status || got.Layer != test.layer {
				t.Errorf("%s at %q: %s\nwant %s at %q: %s", got.Status, got.Layer, got.Summary, test.status, test.layer, test.want)
			}
		})
	}
}

func TestNotes(t *testing.T) {
	large := web(1).NodePort(30080)
	for i := range 10 {
		large.Node(fmt.Sprint("m", i))
	}
	for name, test := range map[string]struct {
		service *Service
		want    []string
	}{
		"all is traced": {web(1).NodePort(30080), nil},
		"many nodes":    {large, []string{"NodePorts were asked on 10 of 12 nodes"}},
	} {
		if got := tracetest.NewNetwork(test.service).Trace(t, "n1", "n2").Notes; !slices.Equal(got, test.want) {
			t.Errorf("%s: notes %q, want %q", name, got, test.want)
		}
	}
}

func TestPodsThatDiffer(t *testing.T) {
	for name, test := range map[string]struct {
		status int
		want   []string
	}{
		"alike":            {200, nil},
		"of one class":     {204, nil},
		"of two":           {404, []string{"the pods do not answer alike on port 80, and each of these counts as good: HTTP 200 from web-1, web-3; HTTP 404 from web-2"}},
		"a failure is bad": {500, nil},
	} {
		network := tracetest.NewNetwork(web(3)).Fault(tracetest.Hop{Pod: "web-2"}, tracetest.Status(test.status))
		if got := network.Trace(t, "n1", "n2").Notes; !slices.Equal(got, test.want) {
			t.Errorf("%s: notes %q, want %q", name, got, test.want)
		}
	}
}

func TestStoppedVantages(t *testing.T) {
	run := prepare(t, web(1), tracetest.Options("n1"))
	for reason, want := range map[wire.StopReason]string{
		wire.StopDeadline: "pod@n1 reached --deadline", wire.StopErrors: "pod@n1 stopped sending", wire.StopSignal: "pod@n1 was told to stop",
	} {
		reports, err := run.Send(t.Context(), prober{"n1": func(_ wire.Plan, observe func(wire.Record)) error {
			observe(wire.Record{Number: 1, End: &wire.End{Stopped: reason}})
			return nil
		}}, nil)
		if err != nil || len(reports) != 1 {
			t.Fatalf("%d reports, %v", len(reports), err)
		}
		report := reports[0]
		if len(report.Notes) != 1 || !strings.HasPrefix(report.Notes[0], want) || report.Vantages[0].Stopped != reason {
			t.Errorf("%s: notes %q, %v", reason, report.Notes, err)
		}
	}
}

func TestNamedBy(t *testing.T) {
	name := wire.Locator{Group: 1, Kind: wire.IdentityName}
	header := wire.Locator{Group: 1, Kind: wire.IdentityIP, Header: "X-Served-By"}
	withdrawn := wire.Locator{Group: 1, Kind: wire.IdentityUID, Withdrawn: true}
	hostname := wire.Locator{Group: 9, Kind: wire.IdentityHostname}
	for _, test := range []struct {
		one, two, want []any
	}{
		{[]any{name}, []any{name}, []any{"pod name in the body (port 80)"}},
		{[]any{name}, nil, []any{"pod name in the body (port 80, from n1 only)"}},
		{[]any{header}, []any{name}, []any{"pod IP in header X-Served-By (port 80, from n1 only)", "pod name in the body (port 80, from n2 only)"}},
		{[]any{withdrawn}, []any{withdrawn}, []any{"pod UID in the body (port 80, withdrawn: a direct answer named another pod)"}},
		{[]any{hostname}, []any{hostname}, nil}, // another target's
		{nil, nil, nil},
	} {
		run := prepare(t, web(1), tracetest.Options("n1", "n2"))
		tells := func(locators []any) func(wire.Plan, func(wire.Record)) error {
			return func(_ wire.Plan, observe func(wire.Record)) error {
				for _, l := range locators {
					locator := l.(wire.Locator)
					observe(wire.Record{Locator: &locator})
				}
				return nil
			}
		}
		reports, err := run.Send(t.Context(), prober{"n1": tells(test.one), "n2": tells(test.two)}, nil)
		if err != nil || fmt.Sprint(reports[0].NamedBy) != fmt.Sprint(test.want) {
			t.Errorf("named by %q, %v; want %q", reports[0].NamedBy, err, test.want)
		}
	}
}

// TestIgnore: what is to be ignored is not reported, but that there was something is;
// the verdict stays what requests showed.
func TestIgnore(t *testing.T) {
	network := tracetest.NewNetwork(web(0))
	o := tracetest.Options("n1")
	o.Ignore = []string{"selector-matches-nothing", "dead-endpoint"}
	run, err := trace.Prepare(t.Context(), target.NewReader(web(0).Client(), web(0).GatewayClient()), o)
	if err != nil {
		t.Fatal(err)
	}
	reports, err := run.Send(t.Context(), network.Of(run), nil)
	if err != nil {
		t.Fatal(err)
	}
	r := reports[0]
	if len(r.Findings) > 0 || r.Verdict.Status != verdict.Broken || strings.Contains(r.Verdict.Summary, "selector") {
		t.Errorf("found %v; %s: %s", r.Findings, r.Verdict.Status, r.Verdict.Summary)
	}
	if want := "not reported, as --ignore asks: selector-matches-nothing"; !slices.Contains(r.Notes, want) {
		t.Errorf("the notes are %q, and lack %q", r.Notes, want)
	}
}
