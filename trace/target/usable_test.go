package target_test

import (
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	. "github.com/kubectl-nettrace/kubectl-nettrace/trace/target/targettest"
)

// newUsable returns a Service on three nodes in two zones: n1 and n2 in a, n3
// in b.
func newUsable() *Service {
	return NewService("web").Selecting("app", "web").Port("http", 80, 8080).
		Node("n1", Zone("a")).Node("n2", Zone("a")).Node("n3", Zone("b")).Node("n4")
}

func local(s *corev1.Service) {
	policy := corev1.ServiceInternalTrafficPolicyLocal
	s.Spec.InternalTrafficPolicy = &policy
}

// The cases follow the branches of CategorizeEndpoints and
// topologyModeFromHints in k8s.io/kubernetes/pkg/proxy/topology.go.
func TestUsable(t *testing.T) {
	notReady := NotReady("probe failed")
	for name, test := range map[string]struct {
		service *Service
		node    string
		want    []string
	}{
		"no endpoint":                  {newUsable(), "n1", nil},
		"all ready":                    {newUsable().Pod("a", On("n1")).Pod("b", On("n3")), "n1", []string{"a", "b"}},
		"only ready ones":              {newUsable().Pod("a", On("n1")).Pod("b", On("n1"), notReady), "n1", []string{"a"}},
		"none ready":                   {newUsable().Pod("a", On("n1"), notReady), "n1", nil},
		"ready before terminating":     {newUsable().Pod("a", On("n1")).Pod("b", On("n1"), Terminating(true)), "n1", []string{"a"}},
		"terminating when none ready":  {newUsable().Pod("a", On("n1"), notReady).Pod("b", On("n3"), Terminating(true)), "n1", []string{"b"}},
		"terminating without serving":  {newUsable().Pod("a", On("n1"), Terminating(false)), "n1", nil},
		"all hinted to this zone":      {newUsable().Pod("a", On("n1"), Hinted("a")).Pod("b", On("n3"), Hinted("b")), "n1", []string{"a"}},
		"several hints":                {newUsable().Pod("a", On("n1"), Hinted("a", "b")).Pod("b", On("n3"), Hinted("b")), "n3", []string{"a", "b"}},
		"a hint missing":               {newUsable().Pod("a", On("n1"), Hinted("a")).Pod("b", On("n3")), "n1", []string{"a", "b"}},
		"no hint for this zone":        {newUsable().Pod("a", On("n1"), Hinted("a")).Pod("b", On("n2"), Hinted("a")), "n3", []string{"a", "b"}},
		"node without a zone":          {newUsable().Pod("a", On("n1"), Hinted("a")).Pod("b", On("n3"), Hinted("b")), "n4", []string{"a", "b"}},
		"unknown node":                 {newUsable().Pod("a", On("n1"), Hinted("a")).Pod("b", On("n3"), Hinted("b")), "n9", []string{"a", "b"}},
		"unready ones need no hint":    {newUsable().Pod("a", On("n1"), Hinted("a")).Pod("b", On("n3"), notReady).Pod("c", On("n3"), Hinted("b")), "n1", []string{"a"}},
		"hinted one is not ready":      {newUsable().Pod("a", On("n1"), notReady, Hinted("a")).Pod("b", On("n3"), Hinted("b")), "n1", []string{"b"}},
		"node hint before zone hint":   {newUsable().Pod("a", On("n1"), Hinted("a"), HintedToNode("n1")).Pod("b", On("n2"), Hinted("a"), HintedToNode("n2")), "n1", []string{"a"}},
		"a node hint missing":          {newUsable().Pod("a", On("n1"), HintedToNode("n1")).Pod("b", On("n2")), "n1", []string{"a", "b"}},
		"no node hint here, zone does": {newUsable().Pod("a", On("n1"), Hinted("a"), HintedToNode("n1")).Pod("b", On("n3"), Hinted("b"), HintedToNode("n3")), "n2", []string{"a"}},
		"local":                        {newUsable().With(local).Pod("a", On("n1")).Pod("b", On("n3")), "n1", []string{"a"}},
		"local, none here":             {newUsable().With(local).Pod("a", On("n1")).Pod("b", On("n3")), "n2", nil},
		"local ignores hints":          {newUsable().With(local).Pod("a", On("n1"), Hinted("b")).Pod("b", On("n1"), Hinted("a")), "n1", []string{"a", "b"}},
		"local and terminating":        {newUsable().With(local).Pod("a", On("n1"), Terminating(true)).Pod("b", On("n3")), "n1", []string{"a"}},
		"local, ready before ending":   {newUsable().With(local).Pod("a", On("n1"), Terminating(true)).Pod("b", On("n1")), "n1", []string{"b"}},
		"other family":                 {newUsable().DualStack().Pod("a", On("n1"), At("fd00::1")), "n1", nil},
		"published though not ready": {newUsable().With(func(s *corev1.Service) { s.Spec.PublishNotReadyAddresses = true }).
			Pod("a", On("n1"), notReady), "n1", []string{"a"}},
	} {
		t.Run(name, func(t *testing.T) {
			read := test.service.Target(t)
			var got []string
			for _, e := range read.Usable(read.Ports[0], false, test.node) {
				got = append(got, e.Name)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("usable from %s: %v, want %v", test.node, got, test.want)
			}
			if test.service.Spec.InternalTrafficPolicy == nil && read.Backed(read.Ports[0], false) != (len(test.want) > 0) {
				t.Errorf("backed: %v, with %v usable", !(len(test.want) > 0), test.want)
			}
		})
	}
}

// Serving alone is not enough when no endpoint is ready: kube-proxy falls back to
// those that are about to end.
func TestServingIsNotEnough(t *testing.T) {
	no := false
	slice := &discoveryv1.EndpointSlice{
		ObjectMeta: metav1.ObjectMeta{Name: "mine"}, AddressType: discoveryv1.AddressTypeIPv4,
		Endpoints: []discoveryv1.Endpoint{{Addresses: []string{"10.9.0.1"}, Conditions: discoveryv1.EndpointConditions{Ready: &no}}},
		Ports:     []discoveryv1.EndpointPort{Port("http", 8080, corev1.ProtocolTCP)},
	}
	read := NewService("web").Port("http", 80, 8080).Sliced(slice).Target(t)
	if got := read.Usable(read.Ports[0], false, "n1"); len(got) != 0 || read.Backed(read.Ports[0], false) {
		t.Errorf("usable: %v; want none", got)
	}
}

func TestUsableByFamilyAndPort(t *testing.T) {
	read := NewService("web").DualStack().Selecting("app", "web").Port("http", 80, 8080).NamedPort("admin", 90, "admin").
		Node("n1").
		Pod("a", On("n1"), At("10.0.1.1", "fd00::1"), Declaring("admin", 9000)).
		Pod("b", On("n1"), At("fd00::2")).
		Target(t)
	for _, test := range []struct {
		port int
		ipv6 bool
		want int
	}{{0, false, 1}, {0, true, 2}, {1, false, 1}, {1, true, 1}} {
		if got := len(read.Usable(read.Ports[test.port], test.ipv6, "n1")); got != test.want {
			t.Errorf("port %d, IPv6 %v: %d usable, want %d", test.port, test.ipv6, got, test.want)
		}
	}
}
