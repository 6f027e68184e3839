package finding_test

import (
	"context"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/expect"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/finding"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
	. "github.com/kubectl-nettrace/kubectl-nettrace/trace/target/targettest"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/tracetest"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/vantage"
)

// turning is a proxy that gives its two backends their turns, or with stuck always the
// first its own. All routes are asked by turns.
type turning struct{ stuck bool }

func (p turning) Probe(_ context.Context, _ vantage.Vantage, plan wire.Plan, observe func(wire.Record)) error {
	records := []wire.Record{{Hello: &wire.Hello{Version: wire.Version, Run: plan.Run, Vantage: plan.Vantage}}}
	end := &wire.End{}
	var cells []*wire.Cell
	var backends []int
	groups := map[int]bool{}
	for _, r := range plan.Routes {
		cells = append(cells, &wire.Cell{Route: r.ID, Sent: r.Requests})
		if r.Endpoint > 0 && !slices.Contains(backends, r.Endpoint) {
			backends = append(backends, r.Endpoint)
		}
		if r.Endpoint > 0 && !groups[r.Group] {
			groups[r.Group] = true
			records = append(records, wire.Record{Locator: &wire.Locator{Group: r.Group, Kind: wire.IdentityName, Endpoints: 1}})
		}
	}
	asked := 0
	for i := range 20 {
		for n, r := range plan.Routes {
			o := wire.Outcome{Status: 200, Endpoint: r.Endpoint, Rung: wire.RungDirect}
			switch {
			case i >= r.Requests:
				continue
			case r.Address == "203.0.113.9:80":
				o.Endpoint, o.Rung = backends[0], wire.RungAnswer
				if !p.stuck {
					o.Endpoint = backends[asked%2]
				}
				asked++
			case r.Endpoint == 0:
				o = wire.Outcome{Status: 200}
			}
			c := cells[n]
			at := slices.IndexFunc(c.Tallies, func(t wire.Tally) bool { return t.Outcome == o })
			if at < 0 {
				at, c.Tallies = len(c.Tallies), append(c.Tallies, wire.Tally{Outcome: o})
			}
			c.Tallies[at].Count++
		}
	}
	for _, c := range cells {
		records = append(records, wire.Record{Cell: c})
		end.Cells, end.Requests = end.Cells+1, end.Requests+c.Sent
	}
	for i, r := range append(records, wire.Record{End: end}) {
		r.Number = i + 1
		observe(r)
	}
	return nil
}

// TestWeightsOfTwoTargets traces both backends of a rule in one run, so that one alone
// is asked for at every second turn.
func TestWeightsOfTwoTargets(t *testing.T) {
	port := []corev1.ServicePort{{Name: "http", Port: 80}}
	s := pods(web(), 1).Beside(
		&corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: "other", Namespace: Namespace}, Spec: corev1.ServiceSpec{Ports: port}},
		&discoveryv1.EndpointSlice{
			ObjectMeta:  metav1.ObjectMeta{Name: "other", Namespace: Namespace, Labels: map[string]string{discoveryv1.LabelServiceName: "other"}},
			AddressType: discoveryv1.AddressTypeIPv4, Ports: []discoveryv1.EndpointPort{Port("http", 9000, corev1.ProtocolTCP)},
			Endpoints: []discoveryv1.Endpoint{{Addresses: []string{"10.9.0.1"}}},
		},
	).Gateways(NewGateway("edge", []gatewayv1.Listener{Listener("http", 80, "")}, "203.0.113.9"),
		HTTPRoute("r", nil, Parent("edge"), Rule(ToService("web", 80), ToService("other", 80))))
	alike, err := expect.Parse("weights=1/1")
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		proxy  turning
		want   bool
		expect trace.Result
	}{"by turns": {turning{}, false, trace.Met}, "one alone": {turning{stuck: true}, true, trace.Missed}} {
		o := tracetest.Options("n1")
		o.Targets, o.Trails = append(o.Targets, target.Name{Namespace: Namespace, Name: "other"}), false
		run, err := trace.Prepare(t.Context(), target.NewReader(s.Client(), s.GatewayClient()), o)
		if err != nil {
			t.Fatal(err)
		}
		reports, err := run.Send(t.Context(), test.proxy, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range reports {
			spread := ""
			for _, c := range r.Cells {
				if c.Spread != nil {
					spread = c.Spread.String()
				}
			}
			for _, e := range expect.Judge([]expect.Clause{alike}, r)[0].Ways {
				if e.Result != test.expect {
					t.Errorf("%s: %s of %v is %s, want %s: %s", name, alike, r.Target.Name, e.Result, test.expect, e.Why)
				}
			}
			found := slices.ContainsFunc(r.Findings, func(f finding.Finding) bool { return f.Name == "weights-not-honoured" })
			if found != test.want {
				t.Errorf("%s: weights-not-honoured of %v is %v, want %v; %s", name, r.Target.Name, found, test.want, spread)
			}
		}
	}
}
