package route_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	. "github.com/kubectl-nettrace/kubectl-nettrace/trace/target/targettest"
)

func TestLookups(t *testing.T) {
	headless := func(s *corev1.Service) {
		s.Spec.ClusterIP, s.Spec.ClusterIPs = corev1.ClusterIPNone, []string{corev1.ClusterIPNone}
	}
	old := func(s *corev1.Service) { s.Spec.ClusterIPs, s.Spec.IPFamilies = nil, nil }
	published := func(s *corev1.Service) { s.Spec.PublishNotReadyAddresses = true }
	external := func(s *corev1.Service) {
		s.Spec = corev1.ServiceSpec{Type: corev1.ServiceTypeExternalName, ExternalName: "Example.COM."}
	}
	web := func() *Service { return NewService("web").Selecting("app", "web").Port("", 80, 8080) }
	both := func(s *Service) *Service {
		return s.Pod("b", At("10.0.1.2", "fd00::2")).Pod("a", At("10.0.1.1", "fd00::1")).Pod("c", At("10.0.1.3", "fd00::3"), NotReady("x"))
	}
	portless := &discoveryv1.EndpointSlice{
		ObjectMeta: metav1.ObjectMeta{Name: "bare"}, AddressType: discoveryv1.AddressTypeIPv6,
		Endpoints: []discoveryv1.Endpoint{{Addresses: []string{"fd00:0:0:0::9"}}},
	}
	const name = "dns web.shop.svc "
	for what, test := range map[string]struct {
		service *Service
		want    []string
	}{
		"ClusterIP":                {web(), []string{name + "A [10.96.0.7]"}},
		"two families":             {web().DualStack(), []string{name + "A [10.96.0.7]", name + "AAAA [fd00:96::7]"}},
		"IPv6, written in full":    {web().With(func(s *corev1.Service) { s.Spec.ClusterIPs = []string{"fd00:96:0:0::7"} }), []string{name + "AAAA [fd00:96::7]"}},
		"without a list":           {web().With(old), []string{name + "A [10.96.0.7]"}},
		"named ports":              {NewService("web").Port("http", 80, 8080).UDPPort("dns", 53, 5353), []string{name + "A [10.96.0.7]", "dns _http._tcp.web.shop.svc SRV [80]", "dns _dns._udp.web.shop.svc SRV [53]"}},
		"headless":                 {both(web()).With(headless), []string{name + "A [10.0.1.1 10.0.1.2]"}},
		"headless, not ready too":  {both(web()).With(headless).With(published), []string{name + "A [10.0.1.1 10.0.1.2 10.0.1.3]"}},
		"headless, two families":   {both(web()).With(headless).DualStack(), []string{name + "A [10.0.1.1 10.0.1.2]", name + "AAAA [fd00::1 fd00::2]"}},
		"headless, one has none":   {web().With(headless).DualStack().Pod("a", At("10.0.1.1")), []string{name + "A [10.0.1.1]", name + "AAAA []: no ready endpoint has an address of this family"}},
		"headless, of old":         {web().With(headless).With(func(s *corev1.Service) { s.Spec.IPFamilies = nil }), []string{name + "A []: no endpoint is ready: the name stands for no address"}},
		"headless, without ports":  {NewService("web").With(headless).DualStack().Sliced(portless), []string{name + "A []: no ready endpoint has an address of this family", name + "AAAA [fd00::9]"}},
		"headless, none is ready":  {web().With(headless).Pod("a", NotReady("x")), []string{name + "A []: no endpoint is ready: the name stands for no address"}},
		"headless and named ports": {both(NewService("web").Selecting("app", "web").Port("http", 80, 8080)).With(headless), []string{name + "A [10.0.1.1 10.0.1.2]", "dns _http._tcp.web.shop.svc SRV [8080]"}},
		"headless, ports that differ": {NewService("web").Selecting("app", "web").NamedPort("http", 80, "app").With(headless).
			Pod("a", At("10.0.1.1"), Declaring("app", 9090)).Pod("b", At("10.0.1.2"), Declaring("app", 8080)).Pod("c", At("10.0.1.3")).Pod("d", At("10.0.1.4"), Declaring("app", 1), NotReady("x")),
			[]string{name + "A [10.0.1.1 10.0.1.2 10.0.1.3]", "dns _http._tcp.web.shop.svc SRV [8080 9090]"}},
		"headless, no pod has the port": {NewService("web").Selecting("app", "web").NamedPort("http", 80, "app").With(headless).Pod("a", At("10.0.1.1")),
			[]string{name + "A [10.0.1.1]", "dns _http._tcp.web.shop.svc SRV []: no ready endpoint has the port"}},
		"ExternalName": {web().With(external), []string{name + "CNAME [example.com]", name + "A []", name + "AAAA []"}},
	} {
		t.Run(what, func(t *testing.T) {
			routes := slices.DeleteFunc(route.Of(test.service.Target(t), route.Options{}), func(r route.Route) bool { return r.Kind != route.DNS })
			if got := list(routes); !slices.Equal(got, test.want) {
				t.Errorf("lookups\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
			for _, r := range routes {
				srv := r.Lookup.Type == wire.RecordSRV
				if r.Lookup.Name != r.Address || r.Protocol != wire.DNS || r.Endpoint != -1 || (r.Port >= 0) != srv || r.Group != max(r.Port, 0)+1 || r.Contrast {
					t.Errorf("%s is %+v", r.Address, r)
				}
			}
		})
	}
}

func TestLookupsAreBounded(t *testing.T) {
	s := NewService("web").Selecting("app", "web").With(func(s *corev1.Service) { s.Spec.ClusterIP, s.Spec.ClusterIPs = corev1.ClusterIPNone, nil })
	for i := range 1101 {
		s.Pod(fmt.Sprint("p", i))
	}
	if r := route.Of(s.Target(t), route.Options{})[0]; r.Untested != "the name stands for 1101 addresses, more than are compared" {
		t.Errorf("untested: %q", r.Untested)
	}
}

func TestPayload(t *testing.T) {
	s := NewService("web").Selecting("app", "web").Port("tcp", 53, 53).UDPPort("dns", 53, 53).NodePort(30053).Node("n1").Pod("a")
	for _, r := range sockets(t, s) {
		if (len(r.Payload) > 0) != (r.Protocol == wire.UDP) || r.Protocol != []wire.Protocol{wire.TCP, wire.UDP}[r.Port] {
			t.Errorf("%s %s over %s has the payload %q", r.Kind, r.Address, r.Protocol, r.Payload)
		}
	}
}
