package trace

import "testing"

// TestArrived sends a request to a proxy through another node, which translates the
// address and sends it on, and then from the proxy to a second one.
func TestArrived(t *testing.T) {
	const first, second = "10.244.1.3:80", "10.244.2.7:80"
	way := arrived([]Hop{
		{Node: "n2", Interface: "eth0", To: first, Proxy: "ingress/first"},
		{Node: "n1", Interface: "eth0", To: first},
		{Node: "n1", Interface: "cni0", To: first, Proxy: "ingress/first"},
		{Node: "n1", Interface: "veth1", To: first, Proxy: "ingress/first"},
		{Node: "n1", Interface: "veth1", To: second, Proxy: "ingress/second"},
		{Node: "n1", Interface: "veth2", To: "10.244.1.9:8080", Endpoint: "web"},
	})
	for i, want := range []string{"", "", "", "ingress/first", "ingress/second", ""} {
		if way[i].Proxy != want {
			t.Errorf("hop %d: %q got the request, want %q", i, way[i].Proxy, want)
		}
	}
}
