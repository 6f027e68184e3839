package evidence_test

import (
	"fmt"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/evidence"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
	. "github.com/kubectl-nettrace/kubectl-nettrace/trace/target/targettest"
)

// Answers may also come from the pods of Services that share a rule with the
// target; what would name one of these and one of the target's names nobody.
func TestIdentitiesOfNeighbours(t *testing.T) {
	other := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: "other", Namespace: Namespace}, Spec: corev1.ServiceSpec{Ports: []corev1.ServicePort{{Name: "http", Port: 80}}}}
	slice := &discoveryv1.EndpointSlice{
		ObjectMeta:  metav1.ObjectMeta{Name: "other", Namespace: Namespace, Labels: map[string]string{discoveryv1.LabelServiceName: "other"}},
		AddressType: discoveryv1.AddressTypeIPv4, Ports: []discoveryv1.EndpointPort{Port("http", 9000, corev1.ProtocolTCP)},
		Endpoints: []discoveryv1.Endpoint{{Addresses: []string{"10.9.0.1"}}, {Addresses: []string{"10.0.0.2"}}},
	}
	service := NewService("web").Selecting("app", "web").Port("http", 80, 8080).Pod("a", At("10.0.0.1")).Pod("b", At("10.0.0.2")).Beside(other, slice).
		Gateways(HTTPRoute("r", nil, Parent("edge"), Rule(ToService("web", 80), ToService("other", 80))))
	var got []string
	for _, e := range evidence.NewDirectory([]*target.Target{service.Target(t)}).Endpoints() {
		text := fmt.Sprint(e.ID)
		for _, identity := range e.Identities {
			if identity.Kind == wire.IdentityIP {
				text += " " + identity.Value
			}
		}
		got = append(got, text)
	}
	if want := []string{"1 10.0.0.1", "2", "3", "4 10.9.0.1"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestIdentities(t *testing.T) {
	host := func(p *corev1.Pod) { p.Spec.HostNetwork = true }
	hostname := func(name string) PodOption { return As(func(p *corev1.Pod) { p.Spec.Hostname = name }) }
	slice := &discoveryv1.EndpointSlice{
		ObjectMeta: metav1.ObjectMeta{Name: "bare"}, AddressType: discoveryv1.AddressTypeIPv4,
		Endpoints: []discoveryv1.Endpoint{{Addresses: []string{"10.9.0.1"}}},
		Ports:     []discoveryv1.EndpointPort{Port("http", 80, corev1.ProtocolTCP), Port("admin", 81, corev1.ProtocolTCP)},
	}
	web := func() *Service {
		return NewService("web").DualStack().Selecting("app", "web").Port("http", 80, 80).Port("admin", 81, 81)
	}
	const uid = "uid:00000000-0000-4000-8000-00000000000"
	for name, test := range map[string]struct {
		service *Service
		want    [][]string
	}{
		"pod": {web().Pod("a", At("10.0.0.1", "fd00::1")), [][]string{{"name:a", uid + "1", "ip:10.0.0.1", "ip:fd00::1"}}},
		"hostname, once": {web().Pod("a", At("10.0.0.1"), hostname("alpha")).Pod("b", At("10.0.0.2"), hostname("b")),
			[][]string{{"name:a", uid + "1", "hostname:alpha", "ip:10.0.0.1"}, {"name:b", uid + "2", "ip:10.0.0.2"}}},
		"host network": {web().Pod("a", On("n1"), At("172.16.0.1"), As(host)), [][]string{{"name:a", uid + "1", "hostname:n1", "ip:172.16.0.1"}}},
		"two on one host": {web().Pod("a", On("n1"), At("172.16.0.1"), As(host)).Pod("b", On("n1"), At("172.16.0.1"), As(host)),
			[][]string{{"name:a", uid + "1"}, {"name:b", uid + "2"}}},
		"a hostname that is another's name": {web().Pod("a", At("10.0.0.1"), hostname("b")).Pod("b", At("10.0.0.2")),
			[][]string{{"name:a", uid + "1", "ip:10.0.0.1"}, {uid + "2", "ip:10.0.0.2"}}},
		"bare address": {NewService("web").Port("http", 80, 80).Sliced(slice), [][]string{{"ip:10.9.0.1"}}},
		"no endpoint":  {web(), nil},
	} {
		t.Run(name, func(t *testing.T) {
			got := evidence.NewDirectory([]*target.Target{test.service.Target(t)}).Endpoints()
			if len(got) != len(test.want) {
				t.Fatalf("%d endpoints, want %d", len(got), len(test.want))
			}
			for i, e := range got {
				var texts []string
				for _, identity := range e.Identities {
					texts = append(texts, string(identity.Kind)+":"+identity.Value)
				}
				if e.ID != i+1 || !slices.Equal(texts, test.want[i]) {
					t.Errorf("endpoint %d has id %d and identities %v, want %v", i, e.ID, texts, test.want[i])
				}
			}
		})
	}
}

// TestNeighboursAreNamed: who stands beside the target among a route's backends
// may answer there, and the same pod is one endpoint.
func TestNeighboursAreNamed(t *testing.T) {
	at := NewService("web").Selecting("app", "web").Port("http", 80, 80).Pod("a", At("10.0.0.1")).Target(t)
	other := NewService("other").Selecting("app", "web").Port("http", 80, 80).Pod("a", At("10.0.0.1")).Pod("c", At("10.0.0.3")).Target(t)
	at.Neighbours = other.Endpoints
	var names []string
	d := evidence.NewDirectory([]*target.Target{at})
	for i, e := range d.Endpoints() {
		if e.ID != i+1 {
			t.Errorf("endpoint %d has id %d", i, e.ID)
		}
		name := "nobody"
		if len(e.Identities) > 0 {
			name = e.Identities[0].Value
		}
		names = append(names, name)
	}
	if want := []string{"a", "c"}; !slices.Equal(names, want) || d.Number(at, 0) != 1 || d.Number(at, 1) != 1 || d.Number(at, 2) != 2 {
		t.Errorf("named %q, want %q", names, want)
	}
}

func TestObserve(t *testing.T) {
	tally := func(endpoint int) wire.Tally {
		return wire.Tally{Outcome: wire.Outcome{Endpoint: endpoint, Rung: wire.RungAnswer, Status: 200}, Count: 1}
	}
	records := []wire.Record{
		{Hello: &wire.Hello{}}, {Progress: &wire.Progress{Sent: 1}},
		{Learned: &wire.Learned{Locators: []wire.Locator{{Group: 1}}}},
		{Locator: &wire.Locator{Group: 1, Withdrawn: true}},
		{Cell: &wire.Cell{Route: 2, Sent: 3, Tallies: []wire.Tally{tally(0), tally(2), tally(3), tally(-1)}}},
		{Cell: &wire.Cell{Route: 0}}, {Cell: &wire.Cell{Route: 3}}, {},
		{End: &wire.End{Requests: 3}},
	}
	web := NewService("web").Selecting("app", "web").Port("http", 80, 80).Pod("a", At("10.0.0.1")).Pod("b", At("10.0.0.2")).Target(t)
	seen := evidence.NewDirectory([]*target.Target{web}).Observe(1, map[int]int{1: 4, 2: 7}, web, records)
	if len(seen) != 1 || seen[0].Route != 7 || seen[0].Vantage != 1 || evidence.End(records).Requests != 3 {
		t.Fatalf("seen %+v", seen)
	}
	var endpoints []int
	for _, tally := range seen[0].Tallies {
		endpoints = append(endpoints, tally.Endpoint)
		if tally.Endpoint == 0 && tally.Rung == wire.RungAnswer && tally.Count != 1 {
			t.Errorf("endpoint %d by rung %q", tally.Endpoint, tally.Rung)
		}
	}
	if want := []int{0, 2, 0, 0}; !slices.Equal(endpoints, want) {
		t.Errorf("endpoints %v, want %v: those that the target has", endpoints, want)
	}
	if records[4].Cell.Tallies[2].Endpoint != 3 {
		t.Error("the records themselves were changed")
	}
	learned, held := evidence.Lessons(records)
	if len(learned) != 1 || len(held) != 1 || !held[0].Withdrawn {
		t.Errorf("learned %v, held %v", learned, held)
	}
	forgotten := evidence.Forget(records, func(route int) bool { return route == 2 })
	if got := forgotten[4].Cell.Tallies[1]; got.Endpoint != 0 || got.Rung != wire.RungNone || records[4].Cell.Tallies[1].Endpoint != 2 {
		t.Errorf("forgotten %+v, of %+v", got, records[4].Cell.Tallies[1])
	}
}

func TestEndpointsOfTwoServices(t *testing.T) {
	shop := NewService("shop").Selecting("app", "web").Port("http", 80, 80).Pod("a", At("10.0.0.1")).Pod("b", At("10.0.0.2")).Target(t)
	admin := NewService("admin").Selecting("app", "web").Port("admin", 81, 81).Pod("a", At("10.0.0.1")).Target(t)
	d := evidence.NewDirectory([]*target.Target{shop, admin})
	if n := len(d.Endpoints()); n != 2 || d.Number(shop, 0) != d.Number(admin, 0) || d.Number(shop, 1) == d.Number(admin, 0) || d.Number(shop, -1) != 0 {
		t.Errorf("%d endpoints; the pod of both is %d and %d, the other one %d", n, d.Number(shop, 0), d.Number(admin, 0), d.Number(shop, 1))
	}
	// What the other Service's pod answers is nobody's here.
	records := []wire.Record{{Cell: &wire.Cell{Route: 1, Tallies: []wire.Tally{{Outcome: wire.Outcome{Endpoint: d.Number(shop, 1), Rung: wire.RungAnswer, Status: 200}, Count: 1}}}}}
	if seen := d.Observe(0, map[int]int{1: 0}, admin, records); seen[0].Tallies[0].Endpoint != 0 || seen[0].Tallies[0].Rung != wire.RungNone {
		t.Errorf("seen %+v", seen)
	}
}
