package evidence_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/evidence"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
	. "github.com/kubectl-nettrace/kubectl-nettrace/trace/target/targettest"
)

// TestDeliveries has requests be seen on their way into web-1 (1, at .7) and web-2
// (2, at .8).
func TestDeliveries(t *testing.T) {
	service := NewService("web").Selecting("app", "web").Port("http", 80, 8080).Node("n1").
		Pod("web-1", On("n1"), At("10.244.0.7")).Pod("web-2", On("n1"), At("10.244.0.8"))
	directory := evidence.NewDirectory([]*target.Target{service.Target(t)})
	got := func(endpoint int, from string, status int) evidence.Seen {
		return evidence.Seen{Node: "n1", Sight: wire.Sight{Marker: "0badcafe12-1-2-3", Endpoint: endpoint, From: from, Path: "/x", Status: status}}
	}
	const client, one, two = "10.244.9.1:5000", "10.244.0.7:5000", "10.244.0.8:5000"
	marked := func(marker string, s evidence.Seen) evidence.Seen { s.Marker = marker; return s }
	for name, test := range map[string]struct {
		seen []evidence.Seen
		want string
	}{
		"once":                           {[]evidence.Seen{got(1, client, 0)}, "1/0"},
		"told again, with the status":    {[]evidence.Seen{got(1, client, 0), got(1, client, 200)}, "1/200"},
		"passing only":                   {[]evidence.Seen{got(0, client, 0)}, ""},
		"tried twice by a proxy":         {[]evidence.Seen{got(1, client, 503), got(2, "10.244.9.1:5001", 200)}, "1/503 2/200"},
		"passed on by a pod":             {[]evidence.Seen{got(1, client, 200), got(2, one, 200)}, "1/200"},
		"passed on by one that got none": {[]evidence.Seen{got(1, client, 200), got(1, two, 200)}, ""},
		"of another run":                 {[]evidence.Seen{marked("0badcafe13-1-2-3", got(1, client, 200))}, ""},
		"two in one marker":              {[]evidence.Seen{marked("0badcafe12-1-2-3 0badcafe12-1-2-4", got(1, client, 200))}, ""},
		"of no endpoint that there is":   {[]evidence.Seen{got(3, client, 200)}, ""},
	} {
		var all []string
		for _, s := range directory.Deliveries("0badcafe12", test.seen) {
			all = append(all, fmt.Sprintf("%d/%d", s.Endpoint, s.Status))
			if s.Rung != wire.RungWitness || s.Path != "/x" || s.Marker != (evidence.Marker{Vantage: 1, Route: 2, Sequence: 3}) {
				t.Errorf("%s: %+v", name, s)
			}
		}
		if got := strings.Join(all, " "); got != test.want {
			t.Errorf("%s: delivered to %q, want %q", name, got, test.want)
		}
	}
}

// TestWay orders the sights of a request that goes over two nodes, the clock of one of
// which is an hour late.
func TestWay(t *testing.T) {
	service := NewService("web").Selecting("app", "web").Port("http", 80, 8080).Node("n1").Node("n2").
		Pod("web-1", On("n2"), At("10.244.0.7"))
	directory := evidence.NewDirectory([]*target.Target{service.Target(t)})
	clock := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	at := func(node, device string, after time.Duration, endpoint int) evidence.Seen {
		if node == "n2" {
			after -= time.Hour
		}
		return evidence.Seen{Node: node, Sight: wire.Sight{Interface: device, Seen: clock.Add(after), From: "10.244.9.1:1", To: "10.244.0.7:8080", Endpoint: endpoint}}
	}
	want := []evidence.Seen{at("n1", "veth0", 0, 0), at("n1", "eth0", 2, 0), at("n2", "eth0", 3, 0), at("n2", "veth1", 4, 1)}
	mixed := []evidence.Seen{want[3], want[1], want[2], want[0]}
	if got := directory.Way(mixed, false, func(evidence.Seen) bool { return false }); !slices.Equal(got, want) {
		t.Errorf("the way is %+v", got)
	}
}

// TestWayThroughProxy: what goes to the proxy comes first, and of that last what happens
// on the node of the proxy, whatever the clocks say and however its pod is attached.
func TestWayThroughProxy(t *testing.T) {
	service := NewService("web").Selecting("app", "web").Port("http", 80, 8080).Node("n1").Node("n2").
		Pod("web-1", On("n2"), At("10.244.0.7"))
	directory := evidence.NewDirectory([]*target.Target{service.Target(t)})
	clock := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	const proxy = "10.244.1.1:8000"
	for _, device := range []string{"veth", "netkit"} {
		at := func(node, kind string, out bool, to string, after time.Duration) evidence.Seen {
			return evidence.Seen{Node: node, Sight: wire.Sight{Device: kind, Out: out, To: to, Seen: clock.Add(after)}}
		}
		want := []evidence.Seen{
			at("n3", "veth", false, proxy, 0), at("n1", "", false, proxy, -time.Hour), at("n1", device, true, proxy, 1-time.Hour),
			at("n1", device, false, "10.244.0.7:8080", 2-time.Hour), at("n2", "", false, "10.244.0.7:8080", -2*time.Hour),
			at("n2", "veth", true, "10.244.0.7:8080", 1-2*time.Hour),
		}
		want[5].Endpoint = 1
		mixed := slices.Clone(want)
		slices.Reverse(mixed)
		if got := directory.Way(mixed, true, func(s evidence.Seen) bool { return s.Enters() && s.To == proxy }); !slices.Equal(got, want) {
			t.Errorf("%s: the way is %+v", device, got)
		}
	}
}
