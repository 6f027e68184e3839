package trace

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/evidence"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target/targettest"
)

// watchedRun is a run on web-1 (1, on n1 at .7) and web-2 (2, on n2 at .8), which are
// reached on all ways, one of them encrypted, and an Ingress's proxy on n3. The
// cluster may be changed.
func watchedRun(t *testing.T, change ...func(*targettest.Service)) *Run {
	t.Helper()
	s := targettest.NewService("web").Selecting("app", "web").Port("http", 80, 8080).NodePort(30080).Port("https", 443, 8443).
		Balanced(corev1.LoadBalancerIngress{IP: "192.0.2.80"}).Node("n1").Node("n2").Node("n3").
		Pod("web-1", targettest.On("n1"), targettest.At("10.244.0.7")).Pod("web-2", targettest.On("n2"), targettest.At("10.244.0.8"))
	service, pod := targettest.Proxy("proxy", "ingress-nginx", "203.0.113.9")
	pod.Spec.NodeName = "n3"
	s.Beside(targettest.NewIngressClass("c", "k8s.io/ingress-nginx"), targettest.NewIngress("in", targettest.Class("c"), targettest.Published("203.0.113.9"),
		targettest.Path("shop.example.com", "/", networkingv1.PathTypePrefix, intstr.FromInt32(80)))).BesideProxy(service, pod)
	for _, c := range change {
		c(s)
	}
	return preparedRun(t, s)
}

// preparedRun is a run on the Service, asked from n1, with witnesses.
func preparedRun(t *testing.T, s *targettest.Service) *Run {
	t.Helper()
	reader := target.NewReader(s.Client(), s.GatewayClient())
	reader.Proxies = true
	run, err := Prepare(t.Context(), reader, Options{
		Run: "0badcafe", Targets: []target.Name{{Namespace: targettest.Namespace, Name: "web"}}, From: []string{"n1"}, Witness: true,
		Load: Load{Requests: 20, Rate: 200, Concurrency: 8, Deadline: 60e9},
	})
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// numberOf returns the number of the plan's first route of the kind.
func numberOf(t *testing.T, run *Run, kind route.Kind, protocol wire.Protocol) int {
	t.Helper()
	at := slices.IndexFunc(run.Plans[0].Asked, func(a Asked) bool {
		return a.Trace >= 0 && !a.Trail && run.Route(a).Kind == kind && run.Route(a).Protocol == protocol
	})
	if at < 0 {
		t.Fatalf("nothing asks the %s for %s", kind, protocol)
	}
	return at + 1
}

// told is what a witness has told that has seen everything.
func told(node string, sights ...wire.Sight) *seenBy {
	s := &seenBy{node: node, watched: wire.Watched{Packets: 10}}
	for _, sight := range sights {
		s.sights = append(s.sights, evidence.Seen{Sight: sight, Node: node})
	}
	return s
}

func failed(s *seenBy) *seenBy { s.err = errors.New("killed"); return s }

func lossy(s *seenBy) *seenBy { s.watched.Dropped = 3; return s }

// TestWeigh: who answered a request, to which the client got 200, as the witnesses have
// it.
func TestWeigh(t *testing.T) {
	// one and two get the request, from the client or the proxy, and answer with the status.
	one := func(status int) wire.Sight { return wire.Sight{Endpoint: 1, From: "10.244.9.1:5000", Status: status} }
	two := func(status int) wire.Sight { return wire.Sight{Endpoint: 2, From: "10.244.9.1:5001", Status: status} }
	passing := wire.Sight{From: "10.244.9.1:5000", To: "10.244.0.7:8080", Status: 200}
	both := func(a, b []wire.Sight) []*seenBy { return []*seenBy{told("n1", a...), told("n2", b...), told("n3")} }
	sights := func(all ...wire.Sight) []wire.Sight { return all }
	const open = "witness: what was seen of 1 requests through load balancers and proxies does not tell who answered, because not all was seen to which they may have led"
	const lost = "witness: on n2 3 of 10 packets were lost, 0 connections forgotten and 0 not followed, and 0 addresses not watched"
	const killed, missing = "witness: not all was seen on n2", "witness: nothing was seen on n2"
	for name, test := range map[string]struct {
		kind   route.Kind
		secure bool
		by     []*seenBy
		want   int // the endpoint, 0 where it is not known
		notes  []string
	}{
		"seen":                          {route.ClusterIP, false, both(sights(one(200)), nil), 1, nil},
		"seen without the answer":       {route.ClusterIP, false, both(nil, sights(two(0))), 2, nil},
		"only passing":                  {route.ClusterIP, false, both(sights(passing), nil), 0, nil},
		"not seen":                      {route.ClusterIP, false, both(nil, nil), 0, nil},
		"other packets were lost":       {route.ClusterIP, false, []*seenBy{told("n1", one(200)), lossy(told("n2"))}, 1, []string{lost}},
		"another node is not watched":   {route.ClusterIP, false, []*seenBy{told("n1", one(0))}, 1, []string{missing}},
		"its witness ended early":       {route.ClusterIP, false, []*seenBy{told("n1"), failed(told("n2", two(200)))}, 2, []string{killed}},
		"seen to answer otherwise":      {route.ClusterIP, false, both(sights(one(503)), nil), 0, nil},
		"seen at two":                   {route.ClusterIP, false, both(sights(one(200)), sights(two(200))), 0, nil},
		"encrypted, and seen in clear":  {route.ClusterIP, true, both(sights(one(200)), nil), 0, nil},
		"a NodePort":                    {route.NodePort, false, []*seenBy{told("n1", one(0))}, 1, []string{missing}},
		"load balancer":                 {route.LoadBalancer, false, both(sights(one(200)), nil), 1, nil},
		"load balancer, no answer seen": {route.LoadBalancer, false, both(sights(one(0)), nil), 0, nil},
		"load balancer, all but n2":     {route.LoadBalancer, false, []*seenBy{told("n1", one(200)), told("n3")}, 0, []string{missing, open}},
		"load balancer, TLS ends there": {route.LoadBalancer, true, both(sights(one(200)), nil), 1, nil},
		"proxy":                         {route.Ingress, false, both(nil, sights(two(200))), 2, nil},
		"proxy, told of twice":          {route.Ingress, false, both(sights(one(0), one(200)), nil), 1, nil},
		"proxy, no answer seen":         {route.Ingress, false, both(nil, sights(two(0))), 0, nil},
		"proxy, another status":         {route.Ingress, false, both(nil, sights(two(404))), 0, nil},
		"proxy tried another first":     {route.Ingress, false, both(sights(one(503)), sights(two(200))), 2, nil},
		"proxy, the other's not seen":   {route.Ingress, false, both(sights(one(0)), sights(two(200))), 0, nil},
		"proxy, both said the same":     {route.Ingress, false, both(sights(one(200)), sights(two(200))), 0, nil},
		"proxy, packets were lost":      {route.Ingress, false, []*seenBy{told("n1", one(200)), lossy(told("n2"))}, 0, []string{lost, open}},
		"proxy, and a witness died":     {route.Ingress, false, []*seenBy{told("n1", one(200)), failed(told("n2"))}, 0, []string{killed, open}},
		"proxy, both, and one died":     {route.Ingress, false, []*seenBy{told("n1", one(503)), failed(told("n2", two(200)))}, 0, []string{killed, open}},
		"proxy, its own witness died":   {route.Ingress, false, []*seenBy{told("n1", one(200)), told("n2"), failed(told("n3"))}, 1, nil},
	} {
		t.Run(name, func(t *testing.T) {
			run := watchedRun(t)
			protocol := wire.HTTP
			if test.secure {
				protocol = wire.HTTPS
			}
			number := numberOf(t, run, test.kind, protocol)
			for _, s := range test.by {
				for i := range s.sights {
					s.sights[i].Marker = run.Plans[0].Wire.Marker(number, 1)
				}
			}
			w := run.weigh(test.by, make([]target.Changes, 1))
			if got := answered(run, number, w); got != test.want {
				t.Errorf("answered by %d, want %d", got, test.want)
			}
			if !slices.Equal(w.notes, test.notes) {
				t.Errorf("notes\n%s\nwant\n%s", strings.Join(w.notes, "\n"), strings.Join(test.notes, "\n"))
			}
		})
	}
}

// TestWeighAfterChanges has web-1 be seen to answer, and the endpoints change meanwhile.
func TestWeighAfterChanges(t *testing.T) {
	const note = "witness: what was seen of 1 requests does not tell who answered, because endpoints changed meanwhile"
	service := func() *targettest.Service {
		return targettest.NewService("web").Selecting("app", "web").Port("http", 80, 8080).Port("https", 443, 8443)
	}
	one, two := targettest.On("n1"), targettest.On("n2")
	for name, test := range map[string]struct {
		kind  route.Kind
		later *targettest.Service // nil where that cannot be read
		want  int
	}{
		"unchanged":                  {route.ClusterIP, service().Pod("web-1", one).Pod("web-2", two), 1},
		"another one is gone":        {route.ClusterIP, service().Pod("web-1", one), 1},
		"it is gone":                 {route.ClusterIP, service(), 0},
		"one is new":                 {route.ClusterIP, service().Pod("web-1", one).Pod("web-2", two).Pod("new", one), 1},
		"it is no longer ready":      {route.ClusterIP, service().Pod("web-1", one, targettest.NotReady("x")).Pod("web-2", two), 1},
		"unread":                     {route.ClusterIP, nil, 1},
		"proxy, unchanged":           {route.Ingress, service().Pod("web-1", one).Pod("web-2", two), 1},
		"proxy, another one is gone": {route.Ingress, service().Pod("web-1", one), 0},
		"proxy, one is new":          {route.Ingress, service().Pod("web-1", one).Pod("web-2", two).Pod("new", one), 0},
		"proxy, unread":              {route.Ingress, nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			run := watchedRun(t)
			changes := target.Changes{Written: true}
			if test.later != nil {
				var err error
				if changes, err = target.NewReader(test.later.Client(), nil).Changes(t.Context(), run.Traces[0].Target); err != nil {
					t.Fatal(err)
				}
			}
			number := numberOf(t, run, test.kind, wire.HTTP)
			sight := wire.Sight{Marker: run.Plans[0].Wire.Marker(number, 1), Endpoint: 1, From: "10.244.9.1:5000", Status: 200}
			w := run.weigh([]*seenBy{told("n1", sight), told("n2")}, []target.Changes{changes})
			if got := answered(run, number, w); got != test.want || slices.Contains(w.notes, note) != (test.want == 0) {
				t.Errorf("answered by %d, want %d; notes %q", got, test.want, w.notes)
			}
		})
	}
}

// answered returns who is said to have answered the one request that was sent, with 200.
func answered(run *Run, number int, w watched) int {
	cell := &wire.Cell{Route: number, Sent: 1, Tallies: []wire.Tally{{Outcome: wire.Outcome{Status: 200}, Count: 1}}, Sequence: []int{0}}
	records, _ := run.explained([][]wire.Record{{{Cell: cell}}}, w.believed)
	return records[0][0].Cell.Tallies[0].Endpoint
}

// TestForgedMarkers: what was seen of requests that nobody sent tells nothing, and does no
// harm.
func TestForgedMarkers(t *testing.T) {
	run := watchedRun(t)
	for _, marker := range []string{"0badcafe-9-1-1", "0badcafe-1-999-1", "0badcaff-1-1-1", "0badcafe-1-1", ""} {
		if w := run.weigh([]*seenBy{told("n1", wire.Sight{Marker: marker, Endpoint: 1, Status: 200}), told("n2")}, make([]target.Changes, 1)); len(w.believed) > 0 {
			t.Errorf("%q is believed: %+v", marker, w.believed)
		}
	}
}

// TestUnseen: what was not seen is told of every node that hosts an endpoint which may get
// a request, and of no other.
func TestUnseen(t *testing.T) {
	run := func(options ...targettest.PodOption) *Run {
		return watchedRun(t, func(s *targettest.Service) { s.Pod("third", options...) })
	}
	with := func(change func(*wire.Watched)) *seenBy {
		s := told("n1")
		change(&s.watched)
		return s
	}
	const broken = "on n1 %d of 10 packets were lost, %d connections forgotten and %d not followed, and %d addresses not watched"
	for name, test := range map[string]struct {
		run  *Run
		by   []*seenBy
		want string
	}{
		"all":                      {run(targettest.On("n1")), []*seenBy{told("n1"), told("n2")}, ""},
		"what cannot be read":      {run(targettest.On("n1")), []*seenBy{with(func(w *wire.Watched) { w.Unread = 1 }), told("n2")}, ""},
		"lost packets":             {run(targettest.On("n1")), []*seenBy{with(func(w *wire.Watched) { w.Dropped = 1 }), told("n2")}, fmt.Sprintf(broken, 1, 0, 0, 0)},
		"too many connections":     {run(targettest.On("n1")), []*seenBy{with(func(w *wire.Watched) { w.Evicted = 1 }), told("n2")}, fmt.Sprintf(broken, 0, 1, 0, 0)},
		"not followed":             {run(targettest.On("n1")), []*seenBy{with(func(w *wire.Watched) { w.Broken = 1 }), told("n2")}, fmt.Sprintf(broken, 0, 0, 1, 0)},
		"too many addresses":       {run(targettest.On("n1")), []*seenBy{with(func(w *wire.Watched) { w.Unfit = 1 }), told("n2")}, fmt.Sprintf(broken, 0, 0, 0, 1)},
		"no witness":               {run(targettest.On("n3")), []*seenBy{told("n1"), told("n2")}, "nothing was seen on n3"},
		"none but for the dead":    {run(targettest.On("n3")), nil, "nothing was seen on n3, n1, n2"},
		"two on one node":          {run(targettest.On("n2")), []*seenBy{told("n1")}, "nothing was seen on n2"},
		"a pod that is not ready":  {run(targettest.On("n3"), targettest.NotReady("x")), []*seenBy{told("n1"), told("n2")}, ""},
		"one that ends and serves": {run(targettest.On("n3"), targettest.Terminating(true)), []*seenBy{told("n1"), told("n2")}, "nothing was seen on n3"},
		"on no node that is known": {run(), []*seenBy{told("n1"), told("n2")}, "nothing was seen on an unknown node"},
		"all that is missing":      {run(targettest.On("n3")), []*seenBy{with(func(w *wire.Watched) { w.Broken = 1 }), failed(told("n2"))}, fmt.Sprintf(broken, 0, 0, 1, 0) + "; not all was seen on n2; nothing was seen on n3"},
	} {
		if got := test.run.unseen(test.by); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}
