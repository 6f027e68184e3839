package target_test

import (
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
	. "github.com/kubectl-nettrace/kubectl-nettrace/trace/target/targettest"
)

// besideWeb returns another Service with two ports and a pod for each of the
// given names, with the UID that the name has after a slash.
func besideWeb(name, namespace string, pods ...string) []runtime.Object {
	service := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: namespace}, Spec: corev1.ServiceSpec{
		Selector: map[string]string{"app": name},
		Ports:    []corev1.ServicePort{{Name: "udp", Port: 80, Protocol: corev1.ProtocolUDP}, {Name: "http", Port: 80}, {Name: "admin", Port: 81}},
	}}
	slice := &discoveryv1.EndpointSlice{
		ObjectMeta:  metav1.ObjectMeta{Name: name, Namespace: namespace, Labels: map[string]string{discoveryv1.LabelServiceName: name}},
		AddressType: discoveryv1.AddressTypeIPv4,
		Ports:       []discoveryv1.EndpointPort{Port("udp", 53, corev1.ProtocolUDP), Port("http", 9000, corev1.ProtocolTCP), Port("admin", 9001, corev1.ProtocolTCP)},
	}
	all := []runtime.Object{service, slice}
	for i, pod := range pods {
		pod, uid, given := strings.Cut(pod, "/")
		if !given {
			uid = namespace + "-" + pod
		}
		slice.Endpoints = append(slice.Endpoints, discoveryv1.Endpoint{
			Addresses: []string{fmt.Sprintf("10.1.0.%d", i+1)}, TargetRef: &corev1.ObjectReference{Kind: "Pod", Name: pod, UID: types.UID(uid)},
		})
		if given {
			continue // it is there already
		}
		all = append(all, &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: pod, Namespace: namespace, UID: types.UID(uid), Labels: map[string]string{"app": name}}})
	}
	return all
}

// known writes the endpoints beside the target's own.
func known(read *target.Target) string {
	var all []string
	for _, e := range read.Neighbours {
		text := e.Service + ":" + e.Name
		if e.Pod == nil {
			text += "?"
		}
		for _, s := range e.Sockets {
			text += fmt.Sprintf(" %s:%d", s.Address, s.Number)
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}

func TestNeighbours(t *testing.T) {
	const own = "00000000-0000-4000-8000-000000000001" // UID of the target's first pod
	several := func(backends ...gatewayv1.HTTPBackendRef) *gatewayv1.HTTPRoute {
		return HTTPRoute("r", nil, Parent("edge"), Rule(append(backends, ToService("web", 80))...), Rule(ToService("elsewhere", 80)))
	}
	no := func(_, _ faking) {}
	for name, test := range map[string]struct {
		route   *gatewayv1.HTTPRoute
		objects []runtime.Object
		change  func(core, gateways faking)
		want    string
		behind  string
		unread  string
	}{
		"alone": {several(), nil, no, "", "map[]", ""},
		"one": {several(ToService("x", 80)), besideWeb("x", Namespace, "p", "q"), no,
			"x:p 10.1.0.1:9000, x:q 10.1.0.2:9000", "map[shop/x:80:[2 3]]", ""},
		"by another port": {several(ToService("x", 81)), besideWeb("x", Namespace, "p"), no,
			"x:p 10.1.0.1:9001", "map[shop/x:81:[2]]", ""},
		"by two ports": {several(ToService("x", 81), ToService("x", 80)), besideWeb("x", Namespace, "p"), no,
			"x:p 10.1.0.1:9001", "map[shop/x:80:[2] shop/x:81:[2]]", ""},
		"in another namespace": {several(ToService("x", 80, InNamespace("team"))), besideWeb("x", "team", "a"), no,
			"team/x:a 10.1.0.1:9000", "map[team/x:80:[2]]", ""},
		"a pod of the target's": {several(ToService("x", 80)), besideWeb("x", Namespace, "a/"+own, "p"), no,
			"x:p 10.1.0.2:9000", "map[shop/x:80:[0 2]]", ""},
		"one pod of two Services": {several(ToService("x", 80), ToService("y", 80)), append(besideWeb("x", Namespace, "p"), besideWeb("y", Namespace, "p")[:2]...), no,
			"x:p 10.1.0.1:9000", "map[shop/x:80:[2] shop/y:80:[2]]", ""},
		"without weight": {several(ToService("x", 80, Weighing(0))), besideWeb("x", Namespace, "p"), no, "", "map[]", ""},
		"not there":      {several(ToService("x", 80)), nil, no, "", "map[]", ""},
		"without the port": {several(ToService("x", 82)), besideWeb("x", Namespace, "p"), no,
			"", "map[]", ""},
		"no Service": {several(ToService("x", 80, InNamespace("team"))), besideWeb("x", "team", "p"),
			func(core, _ faking) { failing(core, "get", "services", "team", forbidden("services")) }, "", "map[]", "service team/x"},
		"no slices": {several(ToService("x", 80, InNamespace("team"))), besideWeb("x", "team", "p"),
			func(core, _ faking) { failing(core, "list", "endpointslices", "team", forbidden("endpointslices")) }, "", "map[]", "the endpointslices of service team/x"},
		"no pods": {several(ToService("x", 80, InNamespace("team"))), besideWeb("x", "team", "p"),
			func(core, _ faking) { failing(core, "list", "pods", "team", forbidden("pods")) }, "team/x:p? 10.1.0.1:9000", "map[team/x:80:[2]]", "the pods of service team/x"},
	} {
		t.Run(name, func(t *testing.T) {
			service := newWeb().Pod("a").Pod("b").Beside(test.objects...).Gateways(NewGateway("edge", nil), test.route)
			read := readGateways(t, service, test.change)
			behind := map[string][]int{}
			for _, namespace := range []string{Namespace, "team"} {
				for _, service := range []string{"x", "y"} {
					for _, port := range []int32{80, 81, 82} {
						if found := read.Behind(namespace, service, port); found != nil {
							behind[fmt.Sprintf("%s/%s:%d", namespace, service, port)] = found
						}
					}
				}
			}
			if got := fmt.Sprint(behind); known(read) != test.want || got != test.behind || unread(read) != test.unread {
				t.Errorf("got  %s, behind %s, unread %s\nwant %s, behind %s, unread %s", known(read), got, unread(read), test.want, test.behind, test.unread)
			}
			if got := fmt.Sprint(read.Behind(Namespace, "web", 80), read.Behind(Namespace, "web", 81)); got != "[0 1] []" {
				t.Errorf("behind the target itself: %s", got)
			}
		})
	}
}

func TestManyNeighbours(t *testing.T) {
	service := newWeb()
	backends := []gatewayv1.HTTPBackendRef{ToService("web", 80)}
	for i := range 7 {
		name := fmt.Sprint("x", i)
		service.Beside(besideWeb(name, Namespace, "p"+name)...)
		backends = append(backends, ToService(name, 80))
	}
	read := readGateways(t, service.Gateways(HTTPRoute("r", nil, Parent("edge"), Rule(backends...))))
	if len(read.Neighbours) != 5 || unread(read) != "the endpoints of 2 other services" {
		t.Errorf("%s; unread %s", known(read), unread(read))
	}
}
