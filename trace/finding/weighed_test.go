package finding

import (
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target/targettest"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/vantage"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

// weighed is a cluster whose rules divide requests by weights.
type weighed struct {
	weights []int32
	// pods are behind each backend.
	pods int
	// There are so many HTTPRoutes of one rule, paths that each matches, addresses of
	// the Gateway, and places to ask from; and so many of the backends are targets. The
	// product is the number of cells.
	rules, paths, addresses, places, targets int
}

// service is the cluster.
func (w weighed) service() *targettest.Service {
	s := targettest.NewService("backend-0").Selecting("app", "web").Port("http", 80, 8080).Node("n1")
	for i := range w.pods {
		s.Pod(fmt.Sprintf("web-%d", i), targettest.On("n1"), targettest.Declaring("http", 8080))
	}
	var backends []gatewayv1.HTTPBackendRef
	for i, weight := range w.weights {
		name := fmt.Sprintf("backend-%d", i)
		backends = append(backends, targettest.ToService(name, 80, targettest.Weighing(weight)))
		if i == 0 {
			continue
		}
		slice := &discoveryv1.EndpointSlice{
			ObjectMeta:  metav1.ObjectMeta{Name: name, Namespace: targettest.Namespace, Labels: map[string]string{discoveryv1.LabelServiceName: name}},
			AddressType: discoveryv1.AddressTypeIPv4, Ports: []discoveryv1.EndpointPort{targettest.Port("http", 9000, corev1.ProtocolTCP)},
		}
		for n := range w.pods {
			slice.Endpoints = append(slice.Endpoints, discoveryv1.Endpoint{Addresses: []string{fmt.Sprintf("10.9.%d.%d", i, n+1)}})
		}
		s.Beside(&corev1.Service{
			ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: targettest.Namespace},
			Spec:       corev1.ServiceSpec{Ports: []corev1.ServicePort{{Name: "http", Port: 80}}},
		}, slice)
	}
	var addresses []string
	for i := range w.addresses {
		addresses = append(addresses, fmt.Sprintf("203.0.113.%d", i+1))
	}
	s.Gateways(targettest.NewGateway("edge", []gatewayv1.Listener{targettest.Listener("http", 80, "")}, addresses...))
	for i := range w.rules {
		rule := targettest.Rule(backends...)
		for n := range w.paths {
			path := &gatewayv1.HTTPPathMatch{Value: targettest.Ptr(fmt.Sprintf("/%d/%d", i, n))}
			rule.Matches = append(rule.Matches, gatewayv1.HTTPRouteMatch{Path: path})
		}
		s.Gateways(targettest.HTTPRoute(fmt.Sprintf("r%d", i), nil, targettest.Parent("edge"), rule))
	}
	return s
}

// facts reads the targets as a run does, and returns what it knows of each, with cells
// of the ways through the Gateway that [ask] fills.
func (w weighed) facts(t *testing.T) []Facts {
	t.Helper()
	s := w.service()
	reader := target.NewReader(s.Client(), s.GatewayClient())
	var all []Facts
	cells := 0
	for i := range w.targets {
		read, err := reader.Resolve(t.Context(), targettest.Namespace, fmt.Sprintf("backend-%d", i), target.Choice{})
		if err != nil {
			t.Fatal(err)
		}
		f := Facts{Target: read, Targets: w.targets, Routes: route.Of(read, route.Options{})}
		for place := range w.places {
			f.From, f.Vantages = append(f.From, vantage.Vantage{Node: "n1"}), append(f.Vantages, fmt.Sprintf("n%d", place))
			for n, r := range f.Routes {
				if r.Kind == route.Gateway && r.Untested == "" {
					f.Cells = append(f.Cells, verdict.Cell{Route: n, Vantage: place, Verdict: verdict.Healthy})
				}
			}
		}
		cells += len(f.Cells)
		all = append(all, f)
	}
	if want := w.rules * w.paths * w.addresses * w.places * w.targets; cells != want {
		t.Fatalf("%+v makes %d cells, want %d", w, cells, want)
	}
	return all
}
