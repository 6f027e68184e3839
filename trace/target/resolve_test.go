package target_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
	. "github.com/kubectl-nettrace/kubectl-nettrace/trace/target/targettest"
)

func resolve(t *testing.T, client *fake.Clientset) (*target.Target, error) {
	t.Helper()
	return target.NewReader(client, nil).Resolve(t.Context(), Namespace, "web", target.Choice{})
}

func TestResolveEndpoints(t *testing.T) {
	read := NewService("web").DualStack().Selecting("app", "web").Port("http", 80, 8080).
		Node("n1", Zone("a")).
		Pod("web-2", On("n1"), At("2001:db8::1", "203.0.113.1")).
		Pod("web-1", On("n1"), NotReady("failing"), At("10.0.1.1")).
		Pod("done", As(func(p *corev1.Pod) { p.Status.Phase = corev1.PodSucceeded }), Unlisted()).
		Pod("other", Labelled("app", "db")).
		Target(t)
	if names := []string{read.Endpoints[0].Name, read.Endpoints[1].Name}; len(read.Endpoints) != 2 || !slices.IsSorted(names) {
		t.Fatalf("endpoints %v", read.Endpoints)
	}
	one, two := read.Endpoints[0], read.Endpoints[1]
	if one.Ready || one.Serving || !two.Ready || !two.Serving || two.Node != "n1" || two.Pod == nil || two.Pod.Name != "web-2" {
		t.Errorf("endpoints read as %+v and %+v", one, two)
	}
	var addresses []string
	for _, s := range two.Socketed(read.Ports[0]) {
		addresses = append(addresses, fmt.Sprint(s.Address, " ", s.Number))
	}
	if want := []string{"203.0.113.1 8080", "2001:db8::1 8080"}; !slices.Equal(addresses, want) {
		t.Errorf("sockets %v, want %v: IPv4 first", addresses, want)
	}
	if len(read.Pods) != 2 || len(read.Selected()) != 2 || len(read.Others) != 0 {
		t.Errorf("%d pods, %d selected, %d others: want those that run and are selected, and no others", len(read.Pods), len(read.Selected()), len(read.Others))
	}
}

func TestResolveReadsAllPages(t *testing.T) {
	client := NewService("web").Selecting("app", "web").Port("http", 80, 8080).Client()
	asked := map[string]int{}
	page := func(resource string, object func(page int, next string) runtime.Object) {
		client.PrependReactor("list", resource, func(action clienttesting.Action) (bool, runtime.Object, error) {
			options := action.(clienttesting.ListActionImpl).ListOptions
			if options.Limit == 0 {
				t.Errorf("%s are listed without a limit", resource)
			}
			asked[resource]++
			next := ""
			if options.Continue == "" {
				next = "more"
			}
			return true, object(asked[resource], next), nil
		})
	}
	page("nodes", func(n int, next string) runtime.Object {
		return &corev1.NodeList{ListMeta: metav1.ListMeta{Continue: next}, Items: []corev1.Node{{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprint("n", n)}}}}
	})
	page("pods", func(n int, next string) runtime.Object {
		return &corev1.PodList{ListMeta: metav1.ListMeta{Continue: next}, Items: []corev1.Pod{{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprint("p", n), Labels: map[string]string{"app": "web"}}}}}
	})
	page("endpointslices", func(n int, next string) runtime.Object {
		return &discoveryv1.EndpointSliceList{ListMeta: metav1.ListMeta{Continue: next}, Items: []discoveryv1.EndpointSlice{{
			ObjectMeta:  metav1.ObjectMeta{Labels: map[string]string{discoveryv1.LabelServiceName: "web"}},
			AddressType: discoveryv1.AddressTypeIPv4, Endpoints: []discoveryv1.Endpoint{{Addresses: []string{fmt.Sprint("10.0.0.", n)}}}}}}
	})
	read, err := resolve(t, client)
	if err != nil {
		t.Fatal(err)
	}
	if len(read.Nodes) != 2 || len(read.Pods) != 2 || len(read.Endpoints) != 2 {
		t.Errorf("%d nodes, %d pods, %d endpoints: want 2 of each, one from each page", len(read.Nodes), len(read.Pods), len(read.Endpoints))
	}
}

func TestResolveHints(t *testing.T) {
	labels := map[string]string{"app": "web"}
	workloads := []runtime.Object{
		&appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Name: "d", Namespace: Namespace, Labels: labels}},
		&appsv1.StatefulSet{ObjectMeta: metav1.ObjectMeta{Name: "s", Namespace: Namespace}, Spec: appsv1.StatefulSetSpec{Selector: &metav1.LabelSelector{MatchLabels: labels}}},
		&appsv1.DaemonSet{ObjectMeta: metav1.ObjectMeta{Name: "e", Namespace: Namespace}, Spec: appsv1.DaemonSetSpec{Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}}}},
	}
	read := NewService("web").Selecting("app", "web").Port("http", 80, 8080).Beside(workloads...).Pod("db", Labelled("app", "db")).Target(t)
	if len(read.Workloads) != 3 || read.Workloads[0].Selector != nil || read.Workloads[1].Selector["app"] != "web" || read.Workloads[2].Template["app"] != "web" {
		t.Errorf("workloads %+v", read.Workloads)
	}
	if len(read.Others) != 1 {
		t.Errorf("others %v: the pods that are not selected are wanted when none is", read.Others)
	}
	event := func(name string, ago time.Duration) runtime.Object {
		at := metav1.NewTime(time.Now().Add(-ago))
		return &corev1.Event{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: Namespace}, LastTimestamp: at}
	}
	newest := &corev1.Event{ObjectMeta: metav1.ObjectMeta{Name: "new", Namespace: Namespace}, EventTime: metav1.NowMicro()}
	read = NewService("web").Selecting("app", "web").Port("http", 80, 8080).Pod("a", NotReady("failing")).
		Beside(event("old", time.Hour), newest, event("older", 2*time.Hour)).Target(t)
	var order []string
	for _, e := range read.Events {
		order = append(order, e.Name)
	}
	if want := []string{"new", "old", "older"}; !slices.Equal(order, want) {
		t.Errorf("events %v, want %v", order, want)
	}
	if len(read.Workloads) != 0 {
		t.Error("workloads were read although a pod is selected")
	}
}

func TestResolveThousandEndpoints(t *testing.T) {
	service := NewService("web").DualStack().Selecting("app", "web").Port("http", 80, 8080).Node("n1")
	for i := range 1000 {
		service.Pod(fmt.Sprintf("web-%04d", i), On("n1"), At(fmt.Sprintf("10.1.%d.%d", i/250, i%250+1), fmt.Sprintf("fd00::%x", i+1)))
	}
	stale := &discoveryv1.EndpointSlice{ObjectMeta: metav1.ObjectMeta{Name: "stale"}, AddressType: discoveryv1.AddressTypeIPv4,
		Endpoints: []discoveryv1.Endpoint{{Addresses: []string{"10.9.9.9"}, TargetRef: &corev1.ObjectReference{Kind: "Pod", Name: "gone", UID: "gone"}}}}
	client := service.Sliced(stale).Client()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	read, err := target.NewReader(client, nil).Resolve(ctx, Namespace, "web", target.Choice{})
	if err != nil || len(read.Endpoints) != 1001 {
		t.Fatalf("%v, %d endpoints", err, len(read.Endpoints))
	}
}
