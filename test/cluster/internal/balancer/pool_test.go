package balancer

import (
	"cmp"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/fabric"
)

func TestAssign(t *testing.T) {
	pool := fabric.Plan{}.Pool()[:3]
	named := publishing(corev1.LoadBalancerIngress{Hostname: "ipv4.lb-202.nettrace.test"})
	for _, test := range []struct {
		name     string
		services []*corev1.Service
		before   assignment
		want     string // SERVICE=HOST, by host
	}{
		{name: "nobody asks"},
		{name: "the oldest first", services: []*corev1.Service{service("b"), service("a")}, want: "a=201 b=202"},
		{
			name: "who has one keeps it", services: []*corev1.Service{service("a"), service("b")},
			before: assignment{"b": pool[0]}, want: "b=201 a=202",
		},
		{name: "what was freed is given again", services: []*corev1.Service{service("b")}, before: assignment{"a": pool[0]}, want: "b=201"},
		{
			name:     "the status remembers",
			services: []*corev1.Service{service("a"), service("b", publishing(corev1.LoadBalancerIngress{IP: "172.28.0.201"}))},
			want:     "b=201 a=202",
		},
		{
			name:     "so does an IPv6 address there",
			services: []*corev1.Service{service("a"), service("b", publishing(corev1.LoadBalancerIngress{IP: "fd28::c9"}))},
			want:     "b=201 a=202",
		},
		{name: "and a name", services: []*corev1.Service{service("a"), service("b", named)}, want: "a=201 b=202"},
		{
			name: "two say the same", services: []*corev1.Service{service("a", named), service("b", named)}, want: "b=201 a=202",
		},
		{
			name:     "another cluster's address in the status is not ours",
			services: []*corev1.Service{service("a", publishing(corev1.LoadBalancerIngress{IP: "172.28.7.203"}))}, want: "a=201",
		},
		{name: "a wish comes first", services: []*corev1.Service{service("a"), service("b", wishing("172.28.0.201"))}, want: "b=201 a=202"},
		{name: "a wish in IPv6", services: []*corev1.Service{service("a", wishing("fd28::cb"))}, want: "a=203"},
		{name: "a wish outside of the pool", services: []*corev1.Service{service("a", wishing("172.28.0.9"))}},
		{
			name:     "a wish for what another one has",
			services: []*corev1.Service{service("a", wishing("172.28.0.201")), service("b")}, before: assignment{"b": pool[0]}, want: "b=201",
		},
		{
			name:     "a new wish moves it",
			services: []*corev1.Service{service("a", wishing("172.28.0.203"))}, before: assignment{"a": pool[0]}, want: "a=203",
		},
		{
			name:     "more than there are",
			services: []*corev1.Service{service("a"), service("b"), service("c"), service("d")}, want: "a=201 b=202 c=203",
		},
	} {
		got := summary(assign(pool, asking(test.services), test.before))
		if got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

func summary(assigned assignment) string {
	type pair struct{ host, text string }
	var pairs []pair
	for id, addresses := range assigned {
		host := strings.TrimSuffix(strings.TrimPrefix(hostname(addresses), "lb-"), ".nettrace.test")
		pairs = append(pairs, pair{host, string(id) + "=" + host})
	}
	slices.SortFunc(pairs, func(a, b pair) int { return cmp.Compare(a.host, b.host) })
	var texts []string
	for _, one := range pairs {
		texts = append(texts, one.text)
	}
	return strings.Join(texts, " ")
}

func TestWhoAsks(t *testing.T) {
	udp := corev1.ServicePort{Protocol: corev1.ProtocolUDP, Port: 53, NodePort: 30053}
	for _, test := range []struct {
		name    string
		service *corev1.Service
		want    bool
	}{
		{"a usual one", service("a"), true},
		{"of another type", service("a", clusterIP), false},
		{"of another class", service("a", foreign), false},
		{"to be ignored", service("a", annotated("lab.nettrace.test/ignore", "true")), false},
		{"with UDP only", service("a", ports(udp)), false},
		{"with UDP, too", service("a", ports(udp, corev1.ServicePort{Protocol: corev1.ProtocolTCP, Port: 53, NodePort: 30053})), true},
		{"without NodePorts", service("a", ports(corev1.ServicePort{Protocol: corev1.ProtocolTCP, Port: 80})), false},
	} {
		if got := len(asking([]*corev1.Service{test.service})) == 1; got != test.want {
			t.Errorf("%s: got %t", test.name, got)
		}
	}
}
