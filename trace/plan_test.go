package trace_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
	. "github.com/kubectl-nettrace/kubectl-nettrace/trace/target/targettest"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/tracetest"
)

// web returns a Service on two nodes, with pods by turns on both.
func web(pods int) *Service {
	s := NewService("web").Selecting("app", "web").Port("http", 80, 8080).Node("n1").Node("n2")
	for i := range pods {
		s.Pod(fmt.Sprintf("web-%d", i+1), On(fmt.Sprintf("n%d", i%2+1)))
	}
	return s
}

func prepare(t *testing.T, s *Service, o trace.Options) *trace.Run {
	t.Helper()
	run, err := trace.Prepare(t.Context(), target.NewReader(s.Client(), s.GatewayClient()), o)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

func localPolicy(s *corev1.Service) {
	policy := corev1.ServiceInternalTrafficPolicyLocal
	s.Spec.InternalTrafficPolicy = &policy
}

func TestPlanDividesTheLoad(t *testing.T) {
	for _, nodes := range []int{1, 2, 3, 8} {
		s := NewService("web").Port("http", 80, 8080)
		o := tracetest.Options()
		for i := range nodes {
			s.Node(fmt.Sprint("n", i))
			o.From = append(o.From, fmt.Sprint("n", i))
		}
		rate, concurrency := 0.0, 0
		for i, p := range prepare(t, s, o).Plans {
			rate, concurrency = rate+p.Wire.Rate, concurrency+p.Wire.Concurrency
			if err := p.Wire.Validate(); err != nil || p.Wire.Vantage != i+1 || p.Wire.UserAgent != "kubectl-nettrace/test" || p.Wire.Run != o.Run {
				t.Errorf("plan %+v: %v", p.Wire, err)
			}
		}
		if rate > o.Load.Rate+1e-9 || rate < o.Load.Rate-1e-9 || concurrency > o.Load.Concurrency || concurrency == 0 {
			t.Errorf("%d nodes together: %v a second, %d at once; at most %v and %d were allowed", nodes, rate, concurrency, o.Load.Rate, o.Load.Concurrency)
		}
	}
	o := tracetest.Options("n1", "n2")
	o.Load.Concurrency = 1
	if _, err := trace.Prepare(t.Context(), target.NewReader(web(1).Client(), nil), o); err == nil || err.Error() != "--concurrency 1 is too low to send requests from 2 nodes at the same time; --from names fewer" {
		t.Errorf("one request at once from two nodes: %v", err)
	}
}

func TestPlanCounts(t *testing.T) {
	with := func(requests int, change func(*trace.Load)) trace.Options {
		o := tracetest.Options("n1")
		o.Load.Requests = requests
		if change != nil {
			change(&o.Load)
		}
		return o
	}
	for name, test := range map[string]struct {
		service *Service
		options trace.Options
		want    []string
	}{
		"half to pods":              {web(1), with(20, nil), []string{"10.0.0.1:8080 10", "10.96.0.7:80 20"}},
		"no less than three":        {web(1), with(4, nil), []string{"10.0.0.1:8080 3", "10.96.0.7:80 4"}},
		"never more than asked for": {web(1), with(1, nil), []string{"10.0.0.1:8080 1", "10.96.0.7:80 1"}},
		"plain connects":            {NewService("web").Selecting("app", "web").Port("mysql", 3306, 3306).Node("n1").Pod("db"), with(20, nil), []string{"10.0.0.1:3306 3", "10.96.0.7:3306 3"}},
		"fewer plain connects":      {NewService("web").Selecting("app", "web").Port("mysql", 3306, 3306).Node("n1").Pod("db"), with(2, nil), []string{"10.0.0.1:3306 2", "10.96.0.7:3306 2"}},
		"contrast":                  {web(1).Pod("late", NotReady("x")), with(20, nil), []string{"10.0.0.2:8080 3", "10.0.0.1:8080 10", "10.96.0.7:80 20"}},
		"nothing can answer":        {web(0).NodePort(30080), with(20, nil), []string{"10.96.0.7:80 3", "172.16.0.1:30080 3", "172.16.0.2:30080 3"}},
		"UDP is not asked":          {NewService("web").UDPPort("syslog", 514, 514).Node("n1"), with(20, nil), nil},
		"DNS over UDP is":           {NewService("web").Selecting("app", "web").UDPPort("dns", 53, 53).Node("n1").Pod("a"), with(20, nil), []string{"10.0.0.1:53 10", "10.96.0.7:53 20"}},
		"little time":               {web(2), with(20, func(l *trace.Load) { l.Rate, l.Deadline = 1, 8*time.Second }), []string{"10.0.0.1:8080 2", "10.0.0.2:8080 2", "large to 10.0.0.2:8080 2", "10.96.0.7:80 3"}},
		"no time":                   {web(2), with(20, func(l *trace.Load) { l.Rate, l.Deadline = 1, time.Second }), []string{"10.0.0.1:8080 1", "10.0.0.2:8080 1", "large to 10.0.0.2:8080 2", "10.96.0.7:80 3"}},
		"local policy, none here":   {NewService("web").With(localPolicy).Selecting("app", "web").Port("http", 80, 8080).NodePort(30080).Node("n1").Node("n2").Pod("a", On("n2")), with(20, nil), []string{"10.0.0.1:8080 10", "large to 10.0.0.1:8080 2", "172.16.0.1:30080 20", "172.16.0.2:30080 20"}},
		"local policy, none at all": {web(0).With(localPolicy).Pod("late", On("n2"), NotReady("x")), with(20, nil), []string{"10.0.0.1:8080 3", "10.96.0.7:80 3"}},
	} {
		t.Run(name, func(t *testing.T) {
			plan := prepare(t, test.service, test.options).Plans[0]
			var got []string
			total := 0
			for _, r := range plan.Wire.Routes {
				total += r.Requests
				switch {
				case r.Padding > 0:
					got = append(got, fmt.Sprint("large to ", r.Address, " ", r.Requests))
				case r.Lookup == nil:
					got = append(got, fmt.Sprint(r.Address, " ", r.Requests))
				}
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("plan %q, want %q", got, test.want)
			}
			if plan.Requests() != total {
				t.Errorf("%d requests in all, want %d", plan.Requests(), total)
			}
		})
	}
}

func TestThousandEndpointsFitTheDeadline(t *testing.T) {
	o := tracetest.Options("n1", "n2")
	run := prepare(t, web(1000), o)
	total := 0
	for _, p := range run.Plans {
		total += p.Requests()
	}
	if needs := float64(total) / o.Load.Rate; needs > o.Load.Deadline.Seconds() {
		t.Errorf("%d requests take %.0f s, and the deadline is %s", total, needs, o.Load.Deadline)
	}
}

func TestPlanNumbersRoutes(t *testing.T) {
	s := NewService("web").Selecting("app", "web").Port("http", 80, 8080).UDPPort("dns", 53, 53).Port("admin", 81, 80).
		Node("n1").Node("n2").Pod("a", On("n1"))
	run := prepare(t, s, tracetest.Options("n1", "n2"))
	for _, plan := range run.Plans {
		for i, asked := range plan.Wire.Routes {
			r := run.Route(plan.Asked[i])
			if asked.ID != i+1 || asked.Address != r.Address || asked.Group%10_000 != r.Group || string(asked.Payload) != string(r.Payload) || asked.Lookup != r.Lookup || asked.Endpoint != r.Endpoint+1 {
				t.Errorf("route %d is asked as %+v, and is %+v", i, asked, r)
			}
		}
	}
	if n := len(run.Plans[0].Wire.Endpoints); n != 1 {
		t.Errorf("%d endpoints are told to the probe, want 1", n)
	}
}

// TestLargeRequests: they are sent where they go from one node to another, and
// then from the pod's own node, too, as the contrast.
func TestLargeRequests(t *testing.T) {
	one := func() *Service { return web(0).Pod("a", On("n1")) }
	for name, test := range map[string]struct {
		service *Service
		from    []string
		want    string
	}{
		"to the other node":             {one(), []string{"n2"}, "[[10.0.0.1:8080]]"},
		"and from its own":              {one(), []string{"n1", "n2"}, "[[10.0.0.1:8080] [10.0.0.1:8080]]"},
		"never from its own alone":      {one(), []string{"n1"}, "[[]]"},
		"each node's":                   {web(2), []string{"n1", "n2"}, "[[10.0.0.1:8080 10.0.0.2:8080] [10.0.0.1:8080 10.0.0.2:8080]]"},
		"from a node's network as well": {one(), []string{"node@n2"}, "[[10.0.0.1:8080]]"},
	} {
		t.Run(name, func(t *testing.T) {
			var got [][]string
			for _, p := range prepare(t, test.service, tracetest.Options(test.from...)).Plans {
				large := []string{}
				for _, r := range p.Wire.Routes {
					if r.Padding > 0 {
						large = append(large, r.Address)
					}
				}
				got = append(got, large)
			}
			if fmt.Sprint(got) != test.want {
				t.Errorf("sent to %v, want %s", got, test.want)
			}
		})
	}
}
