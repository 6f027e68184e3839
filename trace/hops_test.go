package trace

import (
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/evidence"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target/targettest"
)

// TestSingle: of a request that was told of again with the answer, only that is left.
func TestSingle(t *testing.T) {
	began := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	at := func(device string, status int) evidence.Seen {
		return evidence.Seen{Node: "n1", Sight: wire.Sight{Interface: device, From: "a", To: "b", Seen: began, Status: status}}
	}
	later, back, elsewhere := at("veth0", 0), at("veth0", 0), at("veth0", 0)
	later.Seen, back.Out, elsewhere.Node = began.Add(1), true, "n2"
	for name, test := range map[string]struct {
		seen []evidence.Seen
		want string
	}{
		"once":                  {[]evidence.Seen{at("veth0", 0)}, "veth0/0"},
		"with the answer":       {[]evidence.Seen{at("veth0", 0), at("veth0", 200)}, "veth0/200"},
		"the other way round":   {[]evidence.Seen{at("veth0", 200), at("veth0", 0)}, "veth0/200"},
		"on two interfaces":     {[]evidence.Seen{at("veth0", 0), at("eth0", 200)}, "veth0/0 eth0/200"},
		"another time":          {[]evidence.Seen{at("veth0", 0), later}, "veth0/0 veth0/0"},
		"out again":             {[]evidence.Seen{at("veth0", 0), back}, "veth0/0 veth0/0"},
		"the same on two nodes": {[]evidence.Seen{at("veth0", 0), elsewhere}, "veth0/0 veth0/0"},
	} {
		var got []string
		for _, s := range single(test.seen) {
			got = append(got, fmt.Sprintf("%s/%d", s.Interface, s.Status))
		}
		if all := strings.Join(got, " "); all != test.want {
			t.Errorf("%s: %s, want %s", name, all, test.want)
		}
	}
}

// TestHops follows a request from n1 through the proxy on n3 to web-2 on n2: the proxy has
// it where it gets into its pod, and not where it leaves for that pod's node.
func TestHops(t *testing.T) {
	run := watchedRun(t)
	number := numberOf(t, run, route.Ingress, wire.HTTP)
	marker := strings.TrimSuffix(run.Plans[0].Wire.Marker(number, 0), "0")
	began := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	const client, proxy, pod = "10.244.9.1:5000", "10.0.9.1:8000", "10.244.0.8:8080"
	see := func(after time.Duration, device, kind string, out bool, from, to string, endpoint int) wire.Sight {
		return wire.Sight{Marker: marker + "2", Seen: began.Add(after), Interface: device, Device: kind, Out: out, From: from, To: to, Endpoint: endpoint}
	}
	lost := see(0, "veth1", "veth", false, client, proxy, 0)
	lost.Marker = marker + "1"
	other := lost
	other.Marker, other.Interface = marker+"22", "veth9"
	w := watched{by: []*seenBy{
		told("n1", lost, other, see(0, "veth1", "veth", false, client, proxy, 0), see(5, "eth0", "veth", true, client, proxy, 0)),
		told("n2", see(900, "eth0", "", false, proxy, pod, 0), see(905, "veth2", "veth", true, proxy, pod, 2)),
		told("n3", see(-500, "eth0", "", false, client, proxy, 0), see(-490, "cni0", "bridge", true, client, proxy, 0), see(-480, "veth3", "veth", true, client, proxy, 0),
			see(-300, "veth3", "veth", false, proxy, pod, 0), see(-290, "eth0", "", true, proxy, pod, 0)),
	}}
	hops, id := run.Traces[0].hops(w, run.Route(run.Plans[0].Asked[number-1]), marker)
	var got []string
	for _, h := range hops {
		after := ""
		if h.After != nil {
			after = h.After.String()
		}
		got = append(got, strings.Join(strings.Fields(fmt.Sprint(h.Node, " ", h.Interface, " ", after, " ", h.Proxy, h.Endpoint)), " "))
	}
	want := []string{
		"n1 veth1", "n1 eth0 5ns", "n3 eth0", "n3 cni0 10ns", "n3 veth3 10ns proxy/proxy-1",
		"n3 veth3 180ns", "n3 eth0 10ns", "n2 eth0", "n2 veth2 5ns web-2",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") || id != marker+"2" {
		t.Errorf("request %s went\n%s\nwant\n%s", id, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if hops, id := run.Traces[0].hops(watched{by: []*seenBy{told("n1", lost)}}, run.Route(run.Plans[0].Asked[number-1]), marker); len(hops) != 1 || id != marker+"1" {
		t.Errorf("of what was delivered nowhere %s went %+v", id, hops)
	}
}

// TestProxyAt: a proxy has the sockets that its pod listens on. In the network of its node
// that is not all that the node's address stands for.
func TestProxyAt(t *testing.T) {
	for name, test := range map[string]struct {
		host bool
		want map[string]string
	}{
		"a network of its own":    {false, map[string]string{"10.0.9.1:8000": "proxy/proxy-1", "[::ffff:10.0.9.1]:8000": "proxy/proxy-1", "10.0.9.2:8000": "", "10.0.9.1": ""}},
		"the network of its node": {true, map[string]string{"172.16.0.3:8000": "proxy/proxy-1", "172.16.0.3:30080": ""}},
	} {
		s := targettest.NewService("web").Selecting("app", "web").Port("http", 80, 8080).Node("n1").Pod("web-1", targettest.On("n1"))
		service, pod := targettest.Proxy("proxy", "ingress-nginx", "203.0.113.9")
		if pod.Spec.HostNetwork = test.host; test.host {
			pod.Status.PodIPs = []corev1.PodIP{{IP: "172.16.0.3"}}
		}
		run := preparedRun(t, s.Beside(targettest.NewIngressClass("c", "k8s.io/ingress-nginx"), targettest.NewIngress("in", targettest.Class("c"), targettest.Published("203.0.113.9"),
			targettest.Path("shop.example.com", "/", networkingv1.PathTypePrefix, intstr.FromInt32(80)))).BesideProxy(service, pod))
		for address, want := range test.want {
			at := evidence.Seen{Node: pod.Spec.NodeName, Sight: wire.Sight{To: address, Device: "veth", Out: true}}
			if got := run.proxyAt(at); got != want {
				t.Errorf("%s: %q has %s, want %q", name, got, address, want)
			}
			if at.Node += "-beside"; run.proxyAt(at) != "" {
				t.Errorf("%s: on another node %q has %s", name, run.proxyAt(at), address)
			}
		}
	}
}
