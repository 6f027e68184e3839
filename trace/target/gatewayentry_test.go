package target_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	. "github.com/kubectl-nettrace/kubectl-nettrace/trace/target/targettest"
)

// front returns a Service of a Gateway's proxy, with ports 80 and 443 that lead
// to 8000, by its number, and to 8443, by its name.
func front(change ...func(*corev1.Service)) *corev1.Service {
	s := &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: "front", Namespace: "infra"},
		Spec: corev1.ServiceSpec{Ports: []corev1.ServicePort{
			{Name: "web", Port: 80, TargetPort: intstr.FromInt32(8000)}, {Name: "websecure", Port: 443, TargetPort: intstr.FromString("websecure")},
			{Name: "quic", Port: 8080, TargetPort: intstr.FromInt32(8080), Protocol: corev1.ProtocolUDP},
		}},
	}
	for _, c := range change {
		c(s)
	}
	return s
}

func madeFor(name string) func(*corev1.Service) {
	return func(s *corev1.Service) {
		s.Namespace, s.Labels = Namespace, map[string]string{gatewayv1.GatewayNameLabelKey: name}
	}
}

func balanced(ip string, mode *corev1.LoadBalancerIPMode) func(*corev1.Service) {
	return func(s *corev1.Service) {
		s.Status.LoadBalancer.Ingress = []corev1.LoadBalancerIngress{{IP: ip, IPMode: mode}}
	}
}

func balancedByName(name string) func(*corev1.Service) {
	return func(s *corev1.Service) {
		s.Status.LoadBalancer.Ingress = []corev1.LoadBalancerIngress{{Hostname: name}}
	}
}

func onNodes(s *corev1.Service) {
	s.Spec.Ports[0].NodePort, s.Spec.Ports[1].NodePort, s.Spec.Ports[2].NodePort = 30080, 30443, 30090
}

func slicesOf(s *corev1.Service) *discoveryv1.EndpointSlice {
	return &discoveryv1.EndpointSlice{
		ObjectMeta: metav1.ObjectMeta{Name: s.Name, Namespace: s.Namespace, Labels: map[string]string{discoveryv1.LabelServiceName: s.Name}},
		Ports: []discoveryv1.EndpointPort{Port("web", 8000, corev1.ProtocolTCP), Port("websecure", 8443, corev1.ProtocolTCP),
			Port("quic", 8080, corev1.ProtocolUDP), {Name: Ptr("web")}},
	}
}

func TestGatewayEntries(t *testing.T) {
	proxy := corev1.LoadBalancerIPModeProxy
	hostname := gatewayv1.HostnameAddressType
	named := gatewayv1.NamedAddressType
	at := func(addresses ...gatewayv1.GatewayStatusAddress) []gatewayv1.GatewayStatusAddress { return addresses }
	ip := gatewayv1.GatewayStatusAddress{Value: "203.0.113.9"}
	node := gatewayv1.GatewayStatusAddress{Value: "172.16.0.1"}
	for name, test := range map[string]struct {
		addresses []gatewayv1.GatewayStatusAddress
		listeners []int32
		objects   []runtime.Object
		change    func(core, gateways faking)
		want      []string
	}{
		"nothing":                    {nil, nil, nil, nil, nil},
		"no real address":            {at(gatewayv1.GatewayStatusAddress{Type: &named, Value: "x"}, gatewayv1.GatewayStatusAddress{}), nil, nil, nil, nil},
		"an address of nobody":       {at(ip), nil, nil, nil, []string{"203.0.113.9 80 [status.addresses]"}},
		"an address of who knows":    {at(ip), nil, nil, func(core, _ faking) { failing(core, "list", "services", "*", forbidden("services")) }, []string{"203.0.113.9 80 virtual [status.addresses]"}},
		"a name of who knows":        {at(gatewayv1.GatewayStatusAddress{Type: &hostname, Value: "lb.test"}), nil, nil, func(core, _ faking) { failing(core, "list", "services", "*", forbidden("services")) }, []string{"lb.test 80 [status.addresses]"}},
		"of a load balancer":         {at(ip), nil, []runtime.Object{front(balanced(ip.Value, nil))}, nil, []string{"203.0.113.9 80 virtual [status.addresses]"}},
		"of one that is no VIP":      {at(ip), nil, []runtime.Object{front(balanced(ip.Value, &proxy))}, nil, []string{"203.0.113.9 80 [status.addresses]"}},
		"of its own load balancer":   {at(ip), nil, []runtime.Object{front(madeFor("edge"), balanced(ip.Value, nil))}, func(core, _ faking) { failing(core, "list", "services", "", forbidden("services")) }, []string{"203.0.113.9 80 virtual [status.addresses]"}},
		"a ClusterIP":                {at(ip), nil, []runtime.Object{front(func(s *corev1.Service) { s.Spec.ClusterIP = ip.Value })}, nil, []string{"203.0.113.9 80 virtual [status.addresses]"}},
		"a ClusterIP of two":         {at(ip), nil, []runtime.Object{front(func(s *corev1.Service) { s.Spec.ClusterIPs = []string{"fd00::1", ip.Value} })}, nil, []string{"203.0.113.9 80 virtual [status.addresses]"}},
		"a name":                     {at(gatewayv1.GatewayStatusAddress{Type: &hostname, Value: "lb.test"}), nil, nil, nil, []string{"lb.test 80 [status.addresses]"}},
		"the name of a Service":      {at(gatewayv1.GatewayStatusAddress{Type: &hostname, Value: "front.infra.svc.cluster.local"}), nil, nil, nil, []string{"front.infra.svc.cluster.local 80 virtual [status.addresses]"}},
		"other ports than the pods'": {at(ip), []int32{8000, 8443, 9000, 443, 8080}, []runtime.Object{front(balanced(ip.Value, nil)), slicesOf(front())}, nil, []string{"203.0.113.9 8000=80 8443=443 9000=9000 443=443 8080=8080 virtual [status.addresses]"}},
		"a node's, by a host port":   {at(node), nil, nil, nil, []string{"172.16.0.1 80 on n1 [status.addresses]"}},
		"a node's, by a NodePort":    {at(node), []int32{80, 8443}, []runtime.Object{front(madeFor("edge"), onNodes), slicesOf(front(madeFor("edge")))}, nil, []string{"172.16.0.1 80=30080 8443=30443 on n1 [status.addresses, NodePorts of service shop/front]"}},
		"by a Service made for it":   {nil, nil, []runtime.Object{front(madeFor("edge"), balanced("203.0.113.7", nil))}, nil, []string{"203.0.113.7 80 virtual [status.loadBalancer.ingress of service shop/front]"}},
		"by its name":                {nil, []int32{8000}, []runtime.Object{front(madeFor("edge"), balancedByName("lb.test"))}, nil, []string{"lb.test 8000=80 [status.loadBalancer.ingress of service shop/front]"}},
		"by its NodePorts":           {nil, []int32{80, 8443, 9000}, []runtime.Object{front(madeFor("edge"), onNodes), slicesOf(front(madeFor("edge")))}, nil, []string{"172.16.0.1 80=30080 8443=30443 9000=- on n1 [NodePorts of service shop/front]"}},
		"a Service made for another": {nil, nil, []runtime.Object{front(madeFor("x"), onNodes)}, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			if test.listeners == nil {
				test.listeners = []int32{80}
			}
			var listeners []gatewayv1.Listener
			for _, port := range test.listeners {
				listeners = append(listeners, Listener(fmt.Sprint("l", port), port, ""))
			}
			gateway := NewGateway("edge", listeners)
			gateway.Status.Addresses = test.addresses
			service := newWeb().Beside(test.objects...).Gateways(gateway, HTTPRoute("r", nil, Parent("edge"), Rule(ToService("web", 80))))
			change := test.change
			if change == nil {
				change = func(_, _ faking) {}
			}
			var got []string
			for _, e := range readGateways(t, service, change).GatewayRoutes[0].Parents[0].Entries {
				text := e.Host
				for _, port := range test.listeners {
					number, ok := e.Number(port)
					switch {
					case !ok:
						text += fmt.Sprintf(" %d=-", port)
					case e.Numbers == nil:
						text += fmt.Sprintf(" %d", number)
					default:
						text += fmt.Sprintf(" %d=%d", port, number)
					}
				}
				if e.Virtual {
					text += " virtual"
				}
				if e.Node != "" {
					text += " on " + e.Node
				}
				got = append(got, text+" ["+e.Source+"]")
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
		})
	}
}
