// Package tracetest stands in for the network of a cluster: it answers the plans
// of a trace as pods and kube-proxy would, but for the faults that a test puts
// into it.
//
//	report := tracetest.NewNetwork(service).
//		Fault(tracetest.Hop{Pod: "web-2"}, tracetest.Refused).
//		Trace(t, "n1", "n2")
package tracetest

import (
	"context"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	k8stesting "k8s.io/client-go/testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/policy"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target/targettest"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/vantage"
)

// Network is the network of a small cluster.
type Network struct {
	service *targettest.Service
	target  *target.Target
	routes  []route.Route
	// later is the Service as it is once requests are sent; nil means unchanged.
	later *targettest.Service
	// passedOver are the ways on which pods get nothing.
	passedOver []Hop
	// favoured are the ways on which pods get more than others.
	favoured []Hop
	faults   []fault
	// resolves holds what lookups of a type bring, where that is not what they
	// must.
	resolves map[wire.RecordType][]string
	// Nameless makes answers not name the pod that gave them.
	Nameless bool
	// Listens holds the ports that pods listen on beside those that the Service
	// leads to.
	Listens map[int32]bool
	// logs are what pods write, if they do, and marker is that of the request under
	// way.
	logs   *Logs
	marker string
	mu     sync.Mutex
}

// Hop is a part of the way of a request. A field left empty matches everything.
type Hop struct {
	// From is the node of the client.
	From string
	// Kind is what was asked: pod, clusterip, nodeport.
	Kind route.Kind
	// Path is what the request asks for: at a pod, that with which it arrives.
	Path string
	// Pod is the name of the pod that the request arrives at, directly or not;
	// what has it empty strikes before a pod is chosen.
	Pod string
	// Address is what was asked.
	Address string
	// Large is set for what strikes large requests alone.
	Large bool
}

// Fault is what becomes of a request at a hop.
type Fault wire.Outcome

// The faults that most tests need.
var (
	Refused     = Fault{Error: wire.ErrorRefused}
	Timeout     = Fault{Error: wire.ErrorTimeout}
	Unreachable = Fault{Error: wire.ErrorUnreachable}
	Reset       = Fault{Error: wire.ErrorReset}
	Local       = Fault{Error: wire.ErrorLocal}
)

// Status is an answer with the status.
func Status(code int) Fault { return Fault{Status: code} }

// GRPC is an answer with the gRPC status.
func GRPC(name string) Fault { return Fault{Status: 200, GRPC: name} }

type fault struct {
	hop     Hop
	outcome Fault
	// detail is what samples of the outcome say.
	detail string
}

// NewNetwork returns the network of the Service's cluster, in which all works.
func NewNetwork(service *targettest.Service) *Network {
	return &Network{service: service, resolves: map[wire.RecordType][]string{}, Listens: map[int32]bool{}}
}

// Fault makes the requests that pass the hop end so. Of several that match, the
// one that was added first counts.
func (n *Network) Fault(hop Hop, outcome Fault) *Network {
	n.faults = append(n.faults, fault{hop: hop, outcome: outcome})
	return n
}

// Detailed is a fault of which samples say more.
func (n *Network) Detailed(hop Hop, outcome Fault, detail string) *Network {
	n.faults = append(n.faults, fault{hop, outcome, detail})
	return n
}

// Redirect makes the requests that pass the hop end in a redirect.
func (n *Network) Redirect(hop Hop, status int, location string) *Network {
	n.faults = append(n.faults, fault{hop, Status(status), "Location: " + location})
	return n
}

// Resolving makes lookups of the type bring these values, or NXDOMAIN when there
// are none.
func (n *Network) Resolving(kind wire.RecordType, values ...string) *Network {
	n.resolves[kind] = slices.Clone(values)
	return n
}

// PassOver has the pod get none of the requests that go the hop's way.
func (n *Network) PassOver(hop Hop) *Network {
	n.passedOver = append(n.passedOver, hop)
	return n
}

// Favour has the pod get twenty times as many of the requests that go the hop's way.
func (n *Network) Favour(hop Hop) *Network {
	n.favoured = append(n.favoured, hop)
	return n
}

// Becoming has the EndpointSlices be those of another Service, of the same name, when
// they are read again.
func (n *Network) Becoming(later *targettest.Service) *Network {
	n.later = later
	return n
}

// Anonymous makes answers not tell which pod gave them.
func (n *Network) Anonymous() *Network {
	n.Nameless = true
	return n
}

// Listening adds a port on which all pods listen.
func (n *Network) Listening(port int32) *Network {
	n.Listens[port] = true
	return n
}

// Options are those of a run in tests.
func Options(from ...string) trace.Options {
	return trace.Options{
		Run: "0badcafe", Release: "test", Targets: []target.Name{{Namespace: targettest.Namespace, Name: "web"}}, From: from, Trails: true,
		Probes: policy.Pod{Namespace: targettest.Namespace, Labels: map[string]string{"nettrace.dev/run": "0badcafe"}},
		Load:   trace.Load{Requests: 20, Rate: 200, Concurrency: 8, Timeout: time.Second, Deadline: time.Minute},
	}
}

// Trace traces the Service called web from the nodes.
func (n *Network) Trace(t testing.TB, from ...string) *trace.Report {
	t.Helper()
	o := Options(from...)
	if n.logs != nil {
		o.Logs = n.logs
	}
	client := n.service.Client()
	run, err := trace.Prepare(t.Context(), target.NewReader(client, n.service.GatewayClient()), o)
	if err != nil {
		t.Fatalf("preparing the trace: %v", err)
	}
	if n.later != nil {
		replaceSlices(t, client, n.later.Client())
	}
	reports, err := run.Send(t.Context(), n.Of(run), nil)
	if err != nil {
		t.Fatalf("sending the requests: %v", err)
	}
	return reports[0]
}

// replaceSlices has a cluster show the EndpointSlices of another.
func replaceSlices(t testing.TB, cluster, other *fake.Clientset) {
	t.Helper()
	cluster.PrependReactor("list", "endpointslices", func(k8stesting.Action) (bool, runtime.Object, error) {
		list, err := other.DiscoveryV1().EndpointSlices(targettest.Namespace).List(t.Context(), metav1.ListOptions{})
		return true, list, err
	})
}

// Of makes the network carry the requests of a run that was prepared elsewhere.
func (n *Network) Of(run *trace.Run) *Network {
	n.target, n.routes = run.Traces[0].Target, slices.Concat(run.Traces[0].Routes, run.Controls)
	return n
}

// Probe answers the requests of the plan.
func (n *Network) Probe(_ context.Context, from vantage.Vantage, plan wire.Plan, observe func(wire.Record)) error {
	number := 0
	write := func(record wire.Record) {
		number++
		record.Number = number
		observe(record)
	}
	write(wire.Record{Hello: &wire.Hello{Version: wire.Version, Run: plan.Run, Vantage: plan.Vantage}})
	end := &wire.End{Elapsed: 1500 * time.Millisecond}
	for _, group := range n.named(plan) {
		write(wire.Record{Locator: &wire.Locator{Group: group, Kind: wire.IdentityName, Endpoints: len(n.target.Endpoints)}})
	}
	for _, asked := range plan.Routes {
		cell := n.cell(plan, from.Node, asked)
		end.Cells, end.Requests = end.Cells+1, end.Requests+cell.Sent
		write(wire.Record{Cell: cell})
	}
	write(wire.Record{End: end})
	return nil
}

// named returns the groups whose answers name the pod that gave them.
func (n *Network) named(plan wire.Plan) []int {
	groups := map[int]bool{}
	for _, asked := range plan.Routes {
		if asked.Endpoint > 0 && asked.Protocol.Web() && !n.Nameless {
			groups[asked.Group] = true
		}
	}
	return slices.Sorted(maps.Keys(groups))
}
