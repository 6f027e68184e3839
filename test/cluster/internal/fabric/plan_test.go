package fabric

import (
	"net/netip"
	"testing"
)

// No two clusters, and nothing within one, may share an address.
func TestPlansDoNotOverlap(t *testing.T) {
	var all []netip.Prefix
	for index := range MaxInstances {
		plan := Plan{Index: index}
		for _, one := range []Ranges{plan.Network(), plan.Pods(), plan.Services()} {
			all = append(all, one.V4, one.V6)
		}
	}
	for i, a := range all {
		for _, b := range all[i+1:] {
			if a.Overlaps(b) {
				t.Errorf("%s overlaps %s", a, b)
			}
		}
	}
}

func TestPlanIsConsistent(t *testing.T) {
	for _, index := range []int{0, 1, MaxInstances - 1} {
		plan := Plan{Index: index}
		seen := map[netip.Addr]bool{}
		hosts := append(plan.Pool(), plan.Gateway(), plan.ControlPlane(), plan.Client(), plan.Balancer())
		for n := 1; n <= MaxNodes; n++ {
			hosts = append(hosts, plan.Node(n))
			pods := plan.NodePods(n)
			if !contains(plan.Pods(), Addresses{pods.V4.Addr(), pods.V6.Addr()}) {
				t.Errorf("pods of node %d of %d are outside of all pods", n, index)
			}
		}
		for _, host := range hosts {
			if !contains(plan.Network(), host) {
				t.Errorf("%s is outside of %s", host, plan.Network())
			}
			if seen[host.V4] || seen[host.V6] {
				t.Errorf("%s is given twice", host)
			}
			seen[host.V4], seen[host.V6] = true, true
		}
		if !contains(plan.Services(), plan.DNSService()) || !contains(plan.Services(), plan.KubernetesService()) {
			t.Errorf("Services' addresses of %d are outside of %s", index, plan.Services())
		}
	}
}

func TestPlanOfTheFirstCluster(t *testing.T) {
	plan := Plan{}
	for _, test := range []struct{ got, want string }{
		{plan.ControlPlane().String(), "172.28.0.10,fd28::a"},
		{plan.Node(2).String(), "172.28.0.102,fd28::66"},
		{plan.Balancer().String(), "172.28.0.30,fd28::1e"},
		{plan.Pool()[0].String(), "172.28.0.201,fd28::c9"},
		{plan.NodePods(2).String(), "10.128.2.0/24,fd10:80:0:2::/64"},
		{plan.Pods().String(), "10.128.0.0/16,fd10:80::/48"},
		{plan.DNSService().String(), "10.96.0.10,fd96:60::a"},
	} {
		if test.got != test.want {
			t.Errorf("got %s, want %s", test.got, test.want)
		}
	}
}

func contains(ranges Ranges, addresses Addresses) bool {
	return ranges.V4.Contains(addresses.V4) && ranges.V6.Contains(addresses.V6)
}
