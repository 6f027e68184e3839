package print_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/print"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	. "github.com/kubectl-nettrace/kubectl-nettrace/trace/target/targettest"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/tracetest"
)

// seen is a hop on the interface. After is the time from the hop before, or negative
// where that was on another node.
func seen(node, device, direction string, after time.Duration, from, to string) trace.Hop {
	h := trace.Hop{Node: node, Interface: device, Out: direction == "out", From: from, To: to}
	if after >= 0 {
		h.After = &after
	}
	return h
}

// delivered is the hop by which an endpoint got the request.
func delivered(h trace.Hop, endpoint, path, host string, status int) trace.Hop {
	h.Endpoint, h.Method, h.Path, h.Host, h.Status = endpoint, "GET", path, host, status
	return h
}

// hopped has the first cell of the kind show hops.
func hopped(t *testing.T, r *trace.Report, kind route.Kind, hops ...trace.Hop) {
	t.Helper()
	for i := range r.Cells {
		if c := &r.Cells[i]; c.Kind == kind {
			c.Hops, c.HopsOf = hops, c.Marker+"1"
			return
		}
	}
	t.Fatalf("nothing asked the %s", kind)
}

// onTheWay are reports of runs with witnesses.
func onTheWay(t *testing.T) map[string]*trace.Report {
	return map[string]*trace.Report{"hops-balancer": overTwoNodes(t), "hops-ingress": throughProxy(t), "hops-long": longNames(t), "hops-hostile": hostileHops(t)}
}

// overTwoNodes is a report on requests to a load balancer and to the ClusterIP. The node at
// which the load balancer is answers for it, and hands on with an address of its own.
func overTwoNodes(t *testing.T) *trace.Report {
	r := traced(t, web(2).NodePort(30080).Balanced(corev1.LoadBalancerIngress{IP: "192.0.2.80", IPMode: Ptr(corev1.LoadBalancerIPModeProxy)}))
	const client, balancer, pod = "10.244.1.9:40712", "192.0.2.80:80", "10.0.0.2:8080"
	const us = time.Microsecond
	hopped(t, r, route.LoadBalancer,
		seen("node-1", "veth3fa1b2c4", "in", -1, client, balancer),
		seen("node-1", "eth0", "out", 12*us, "172.16.0.1:40712", balancer),
		seen("node-2", "eth0", "in", -1, "172.16.0.9:51022", "172.16.0.2:30080"),
		seen("node-2", "cni0", "out", 7300*time.Nanosecond, "10.244.2.1:51022", pod),
		delivered(seen("node-2", "veth90aa17de", "out", 400*time.Nanosecond, "10.244.2.1:51022", pod), "web-7548d54559-00002", "/", "192.0.2.80", 200))
	hopped(t, r, route.ClusterIP,
		seen("node-1", "veth3fa1b2c4", "in", -1, "10.244.1.9:40714", "10.96.0.7:80"),
		seen("node-1", "flannel.1", "out", 15*us, "10.244.1.9:40714", pod),
		seen("node-2", "flannel.1", "in", -1, "10.244.1.9:40714", pod),
		delivered(seen("node-2", "veth90aa17de", "out", 1500*us, "10.244.1.9:40714", pod), "web-7548d54559-00002", "/", "web.shop.svc", 0))
	r.Witnesses = []trace.WitnessReport{{Node: "node-1", Packets: 812, Deliveries: 71}, {Node: "node-2", Packets: 934, Dropped: 3, Deliveries: 69, Unread: 2}}
	r.Notes = append(r.Notes, "witness: on node-2 3 of 934 packets were lost, 0 connections forgotten and 0 not followed, and 0 addresses not watched")
	return r
}

// throughProxy is a report on requests through an Ingress, whose controller's pod is on a
// node that hosts nothing else of what was traced.
func throughProxy(t *testing.T) *trace.Report {
	s := web(2).Node("node-3").Beside(NewIngressClass("c", "k8s.io/ingress-nginx"), NewIngress("shop", Class("c"), Published("203.0.113.9"),
		Path("shop.example.com", "/api", networkingv1.PathTypePrefix, intstr.FromInt32(80))))
	r := sent(t, tracetest.NewNetwork(s), s, "local")
	const client, proxy, pod = "198.51.100.7:61200", "10.244.3.5:8080", "10.0.0.1:8080"
	arrived := seen("node-3", "lxc2b7f", "out", 90*time.Microsecond, client, proxy)
	arrived.Proxy, arrived.Method, arrived.Path = "ingress-nginx/ingress-nginx-controller-6d5f55986b-x2v9k", "GET", "/api/items"
	hopped(t, r, route.Ingress,
		seen("node-3", "eth0", "in", -1, client, "203.0.113.9:80"), arrived,
		seen("node-3", "lxc2b7f", "in", 1300*time.Microsecond, "10.244.3.5:33410", pod),
		seen("node-3", "eth0", "out", 11*time.Microsecond, "10.244.3.5:33410", pod),
		seen("node-1", "eth0", "in", -1, "10.244.3.5:33410", pod),
		delivered(seen("node-1", "lxc90aa", "out", 9*time.Microsecond, "10.244.3.5:33410", pod), "web-7548d54559-00001", "/api/items", "shop.example.com", 200))
	r.Witnesses = []trace.WitnessReport{{Node: "node-1", Packets: 400, Deliveries: 20}, {Node: "node-2", Error: "the image cannot be pulled"}, {Node: "node-3", Packets: 900}}
	return r
}

// longNames is a report with names and addresses as long as clouds and IPv6 have them.
func longNames(t *testing.T) *trace.Report {
	const first, second = "ip-10-0-129-211.eu-central-1.compute.internal", "gke-production-europe-west1-default-pool-7c2f9b1e-x5zq"
	s := NewService("web").DualStack().Selecting("app", "web").Port("http", 80, 8080).Node(first).Node(second).
		Pod("recommendations-frontend-production-7548d54559-kx9wq", On(second), At("10.0.0.1", "2001:db8:1234:5678:9abc:def0:aaaa:bbbb"))
	r := tracetest.NewNetwork(s).Trace(t, first)
	const client, service, pod = "[2001:db8:1234:5678:9abc:def0:1234:5678]:40712", "[fd00:10:96::7]:80", "[2001:db8:1234:5678:9abc:def0:aaaa:bbbb]:8080"
	hopped(t, r, route.ClusterIP,
		seen(first, "cali0123456789a", "in", -1, client, service),
		seen(first, "vxlan-v6.calico", "out", 120*time.Microsecond, client, pod),
		seen(second, "vxlan-v6.calico", "in", -1, client, pod),
		delivered(seen(second, "calif0e1d2c3b4a", "out", 99*time.Microsecond, "[2001:db8:1234:5678:9abc:def0:1234:0001]:40712", pod),
			"recommendations-frontend-production-7548d54559-kx9wq", "/api/v2/recommendations/for/customers/in/europe?"+strings.Repeat("category=shoes&", 5), "web.shop.svc.cluster.local", 200))
	return r
}

// hostileHops is a report in which all that others may write commands the terminal.
func hostileHops(t *testing.T) *trace.Report {
	const evil = "\x1b[31mred\x1b]0;owned\x07\u202e\r\nhome"
	r := traced(t, web(1))
	at := seen("node-1", "e"+evil, "out", time.Millisecond, "10.0.0.9:1"+evil, "10.0.0.1:8080"+evil)
	through := at
	through.Proxy, through.Method, through.Path = "p"+evil, "GET", "/"+evil
	hopped(t, r, route.ClusterIP, through, delivered(at, "web-7548d54559-00001", "/"+evil, "host"+evil, 200), delivered(at, "other"+evil, "/", "h", 0))
	at.Node = "node" + evil
	hopped(t, r, route.Pod, at)
	for i := range r.Cells {
		r.Cells[i].HopsOf += evil
	}
	r.Witnesses = []trace.WitnessReport{{Node: "n" + evil, Error: evil}}
	return r
}

func TestHops(t *testing.T) {
	for name, r := range onTheWay(t) {
		t.Run(name, func(t *testing.T) {
			table, wide := write(t, print.Table, r), write(t, print.Wide, r)
			golden(t, name, table)
			golden(t, name+"-wide", wide)
			for line := range strings.Lines(table + wide) {
				if strings.TrimRight(line, " \n") != strings.TrimRight(line, "\n") {
					t.Errorf("trailing spaces: %q", line)
				}
			}
			_, way, _ := strings.Cut(table, "SEEN ON THE WAY")
			narrowEnough(t, way)
		})
	}
}

// TestLegendOfHops: whatever short name stands in a way is explained, also where there are
// so many that most are left out.
func TestLegendOfHops(t *testing.T) {
	s := NewService("web").Selecting("app", "web").Port("http", 80, 8080)
	for i := range 20 {
		node := fmt.Sprintf("node-%02d", i+1)
		s.Node(node).Pod(fmt.Sprintf("web-%02d", i+1), On(node))
	}
	r := tracetest.NewNetwork(s).Trace(t, "node-01", "node-02", "node-03", "node-04")
	hopped(t, r, route.ClusterIP,
		seen("node-09", "eth0", "in", -1, "10.0.0.9:1", "10.0.0.17:8080"),
		delivered(seen("node-16", "veth0", "out", -1, "10.0.0.9:1", "10.0.0.17:8080"), "web-17", "/", "web", 200))
	text := write(t, print.Table, r)
	legend, way, _ := strings.Cut(text, "SEEN ON THE WAY")
	for _, want := range []string{"q web-17 n17", "n1 node-01", "n9 node-09", "n16 node-16"} {
		if !strings.Contains(legend, want) {
			t.Errorf("the legend lacks %q:\n%s", want, text)
		}
	}
	for _, want := range []string{" from n1,", "\n  n9  eth0", "\n  n16 veth0", "\n      → q got GET"} {
		if !strings.Contains(way, want) {
			t.Errorf("the way lacks %q:\n%s", want, text)
		}
	}
	if strings.Contains(legend, "web-18") || strings.Contains(legend, "node-18") {
		t.Errorf("the legend is of all:\n%s", text)
	}
}

// TestFollowed: of ways that are alike one is shown, and with -o wide all are.
func TestFollowed(t *testing.T) {
	hops := []trace.Hop{seen("n1", "eth0", "in", -1, "a", "b")}
	cell := func(kind route.Kind, object, rule string, port int32, hops []trace.Hop) trace.Cell {
		return trace.Cell{Kind: kind, Object: object, Rule: rule, Port: port, Hops: hops}
	}
	ways := []trace.Cell{
		cell(route.Pod, "", "", 80, hops), cell(route.ClusterIP, "", "", 80, nil), cell(route.ClusterIP, "", "", 80, hops), cell(route.ClusterIP, "", "", 80, hops),
		cell(route.ClusterIP, "", "", 81, hops), cell(route.Ingress, "in", "/", 80, hops), cell(route.Ingress, "in", "/b", 80, hops), cell(route.Ingress, "other", "/", 80, hops),
	}
	for format, want := range map[print.Format]int{print.Table: 5, print.Wide: 7} {
		if got := strings.Count(write(t, format, &trace.Report{Cells: ways}), "eth0"); got != want {
			t.Errorf("-o %q shows %d ways, want %d", format, got, want)
		}
	}
	if text := write(t, print.Table, &trace.Report{Cells: ways[1:2]}); strings.Contains(text, "SEEN") {
		t.Errorf("nothing was seen, and there is a heading: %s", text)
	}
}
