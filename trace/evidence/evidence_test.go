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
	for _, e := range evidence.Identities(service.Target(t)) {
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
			got := evidence.Identities(test.service.Target(t))
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

func TestObserve(t *testing.T) {
	tally := func(endpoint int) wire.Tally {
		return wire.Tally{Outcome: wire.Outcome{Endpoint: endpoint, Rung: wire.RungAnswer, Status: 200}, Count: 1}
	}
	records := []wire.Record{
		{Hello: &wire.Hello{}}, {Progress: &wire.Progress{Sent: 1}},
		{Locator: &wire.Locator{Group: 1}},
		{Cell: &wire.Cell{Route: 2, Sent: 3, Tallies: []wire.Tally{tally(0), tally(2), tally(3), tally(-1)}}},
		{Cell: &wire.Cell{Route: 0}}, {Cell: &wire.Cell{Route: 3}}, {},
		{End: &wire.End{Requests: 3}},
	}
	seen := evidence.Observe(1, []int{4, 7}, 2, records)
	if len(seen.Cells) != 1 || seen.Cells[0].Route != 7 || seen.Cells[0].Vantage != 1 || len(seen.Locators) != 1 || seen.End.Requests != 3 {
		t.Fatalf("seen %+v", seen)
	}
	var endpoints []int
	for _, tally := range seen.Cells[0].Tallies {
		endpoints = append(endpoints, tally.Endpoint)
		if (tally.Rung == wire.RungNone) != (tally.Endpoint == 0) && tally.Endpoint != 0 {
			t.Errorf("endpoint %d by rung %q", tally.Endpoint, tally.Rung)
		}
	}
	if want := []int{0, 2, 0, 0}; !slices.Equal(endpoints, want) {
		t.Errorf("endpoints %v, want %v: those that the plan has", endpoints, want)
	}
	if records[3].Cell.Tallies[2].Endpoint != 3 {
		t.Error("the records themselves were changed")
	}
}
