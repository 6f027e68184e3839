package target_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
	. "github.com/kubectl-nettrace/kubectl-nettrace/trace/target/targettest"
)

func TestResolveOddSlices(t *testing.T) {
	yes, no := true, false
	here := "n1"
	endpoint := func(address, pod, uid string) discoveryv1.Endpoint {
		e := discoveryv1.Endpoint{Addresses: []string{address}}
		if pod != "" {
			e.TargetRef = &corev1.ObjectReference{Kind: "Pod", Name: pod, UID: types.UID(uid)}
		}
		return e
	}
	slice := func(name string, ports []discoveryv1.EndpointPort, endpoints ...discoveryv1.Endpoint) *discoveryv1.EndpointSlice {
		return &discoveryv1.EndpointSlice{ObjectMeta: metav1.ObjectMeta{Name: name}, AddressType: discoveryv1.AddressTypeIPv4, Ports: ports, Endpoints: endpoints}
	}
	tcp := []discoveryv1.EndpointPort{Port("http", 8080, corev1.ProtocolTCP)}
	plain := func() *Service { return NewService("web").Port("http", 80, 8080).Node("n1") }
	fqdn := slice("f", tcp, discoveryv1.Endpoint{Addresses: []string{"db.example.com"}})
	fqdn.AddressType = discoveryv1.AddressTypeFQDN
	for name, test := range map[string]struct {
		service *Service
		// want lists the endpoints as NAME, conditions r, s, t, and the sockets of
		// the port.
		want []string
	}{
		"no conditions mean ready and serving": {plain().Sliced(slice("s", tcp, endpoint("10.9.0.1", "", ""))), []string{"10.9.0.1 rs 10.9.0.1:8080"}},
		"not ready but serving by default": {plain().Sliced(slice("s", tcp, discoveryv1.Endpoint{
			Addresses: []string{"10.9.0.1"}, Conditions: discoveryv1.EndpointConditions{Ready: &no}})), []string{"10.9.0.1 s 10.9.0.1:8080"}},
		"all conditions": {plain().Sliced(slice("s", tcp, discoveryv1.Endpoint{NodeName: &here,
			Addresses: []string{"10.9.0.1"}, Conditions: discoveryv1.EndpointConditions{Ready: &no, Serving: &no, Terminating: &yes}})), []string{"10.9.0.1 t 10.9.0.1:8080"}},
		"only the first address":       {plain().Sliced(slice("s", tcp, discoveryv1.Endpoint{Addresses: []string{"10.9.0.1", "10.9.0.2"}})), []string{"10.9.0.1 rs 10.9.0.1:8080"}},
		"no address":                   {plain().Sliced(slice("s", tcp, discoveryv1.Endpoint{})), nil},
		"names instead of addresses":   {plain().Sliced(fqdn), nil},
		"no ports":                     {plain().Sliced(slice("s", nil, endpoint("10.9.0.1", "", ""))), []string{"10.9.0.1 rs"}},
		"port without a number":        {plain().Sliced(slice("s", []discoveryv1.EndpointPort{{}}, endpoint("10.9.0.1", "", ""))), []string{"10.9.0.1 rs"}},
		"port of another protocol":     {plain().Sliced(slice("s", []discoveryv1.EndpointPort{Port("http", 8080, corev1.ProtocolUDP)}, endpoint("10.9.0.1", "", ""))), []string{"10.9.0.1 rs"}},
		"port of another name":         {plain().Sliced(slice("s", []discoveryv1.EndpointPort{Port("web", 8080, corev1.ProtocolTCP)}, endpoint("10.9.0.1", "", ""))), []string{"10.9.0.1 rs"}},
		"in two slices at once":        {plain().Sliced(slice("s", tcp, endpoint("10.9.0.1", "", ""))).Sliced(slice("r", tcp, endpoint("10.9.0.1", "", ""))), []string{"10.9.0.1 rs 10.9.0.1:8080"}},
		"references without a UID":     {plain().Sliced(slice("s", tcp, endpoint("10.9.0.1", "db-0", ""), endpoint("10.9.0.2", "db-1", ""))), []string{"db-0 rs 10.9.0.1:8080", "db-1 rs 10.9.0.2:8080"}},
		"a pod that no longer exists":  {plain().Sliced(slice("s", tcp, endpoint("10.9.0.1", "gone", "1"))), []string{"gone rs 10.9.0.1:8080"}},
		"a pod without Service labels": {plain().Pod("db-0").Sliced(slice("s", tcp, endpoint("10.9.0.1", "db-0", "00000000-0000-4000-8000-000000000001"))), []string{"db-0 rs 10.9.0.1:8080 pod"}},
	} {
		t.Run(name, func(t *testing.T) {
			read := test.service.Target(t)
			var got []string
			for _, e := range read.Endpoints {
				got = append(got, strings.TrimSpace(describe(e, read.Ports[0])))
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("endpoints %q, want %q", got, test.want)
			}
		})
	}
}

func describe(e target.Endpoint, port target.Port) string {
	text := e.Name + " "
	if e.Ready {
		text += "r"
	}
	if e.Serving {
		text += "s"
	}
	if e.Terminating {
		text += "t"
	}
	for _, s := range e.Socketed(port) {
		text += fmt.Sprintf(" %s:%d", s.Address, s.Number)
	}
	if e.Pod != nil {
		text += " pod"
	}
	return text
}
