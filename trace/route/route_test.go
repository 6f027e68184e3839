package route_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	. "github.com/kubectl-nettrace/kubectl-nettrace/trace/target/targettest"
)

// list writes routes as "KIND ADDRESS", with what is special about them.
func list(routes []route.Route) []string {
	var all []string
	for _, r := range routes {
		text := strings.TrimSpace(fmt.Sprintf("%s %s", r.Kind, r.Address))
		if r.Node != "" {
			text += " on " + r.Node
		}
		if r.Contrast {
			text += " contrast " + string(r.Protocol)
		}
		if r.Lookup != nil {
			text += fmt.Sprintf(" %s %v", r.Lookup.Type, r.Want)
		}
		if r.Untested != "" {
			text += ": " + r.Untested
		}
		all = append(all, text)
	}
	return all
}

func web() *Service {
	return NewService("web").Selecting("app", "web").Port("http", 80, 8080).Node("n1").Node("n2")
}

const pending = "the load balancer has no address yet (status.loadBalancer is empty)"

func TestOf(t *testing.T) {
	kind := func(kind corev1.ServiceType) func(*corev1.Service) {
		return func(s *corev1.Service) { s.Spec.Type = kind }
	}
	headless := func(s *corev1.Service) {
		s.Spec.ClusterIP, s.Spec.ClusterIPs = corev1.ClusterIPNone, []string{corev1.ClusterIPNone}
	}
	external := func(s *corev1.Service) {
		s.Spec = corev1.ServiceSpec{Type: corev1.ServiceTypeExternalName, ExternalName: "example.com", Ports: s.Spec.Ports}
	}
	old := func(s *corev1.Service) {
		s.Spec.ClusterIPs, s.Spec.IPFamilies = nil, []corev1.IPFamily{corev1.IPv4Protocol}
	}
	local := func(s *corev1.Service) { s.Spec.ExternalTrafficPolicy = corev1.ServiceExternalTrafficPolicyLocal }
	pod := onePod{"a", []PodOption{On("n1"), At("10.0.1.1")}}
	for name, test := range map[string]struct {
		service *Service
		want    []string
	}{
		"ClusterIP":      {pod.of(web()), []string{"pod 10.0.1.1:8080 on n1", "clusterip 10.96.0.7:80"}},
		"without pods":   {web(), []string{"clusterip 10.96.0.7:80"}},
		"without a list": {web().With(old), []string{"clusterip 10.96.0.7:80"}},
		"headless":       {pod.of(web().With(headless)), []string{"pod 10.0.1.1:8080 on n1"}},
		"ExternalName":   {web().With(external), nil},
		"NodePort": {pod.of(web().NodePort(30080)), []string{"pod 10.0.1.1:8080 on n1", "clusterip 10.96.0.7:80",
			"nodeport 172.16.0.1:30080 on n1", "nodeport 172.16.0.2:30080 on n2"}},
		"LoadBalancer": {web().NodePort(30080).With(kind(corev1.ServiceTypeLoadBalancer)), []string{"clusterip 10.96.0.7:80",
			"nodeport 172.16.0.1:30080 on n1", "nodeport 172.16.0.2:30080 on n2", "loadbalancer: " + pending}},
		"LoadBalancer without node ports": {web().With(kind(corev1.ServiceTypeLoadBalancer)), []string{"clusterip 10.96.0.7:80", "loadbalancer: " + pending}},
		"externalTrafficPolicy Local": {web().NodePort(30080).With(local), []string{"clusterip 10.96.0.7:80",
			"nodeport 172.16.0.1:30080 on n1",
			"nodeport 172.16.0.2:30080 on n2"}},
		"a dead node": {web().NodePort(30080).Node("n3", Dead()), []string{"clusterip 10.96.0.7:80",
			"nodeport 172.16.0.1:30080 on n1", "nodeport 172.16.0.2:30080 on n2", "nodeport 172.16.0.3:30080 on n3: the node is not ready"}},
		"two families": {web().DualStack().NodePort(30080).Pod("a", On("n1"), At("10.0.1.1", "fd00::1")).
			Node("n3", NodeAddress(corev1.NodeInternalIP, "fd10::3"), NodeAddress(corev1.NodeInternalIP, "172.16.9.9"), NodeAddress(corev1.NodeExternalIP, "203.0.113.3")),
			[]string{"pod 10.0.1.1:8080 on n1", "pod [fd00::1]:8080 on n1", "clusterip 10.96.0.7:80", "clusterip [fd00:96::7]:80",
				"nodeport 172.16.0.1:30080 on n1", "nodeport 172.16.0.2:30080 on n2", "nodeport 172.16.0.3:30080 on n3", "nodeport [fd10::3]:30080 on n3"}},
		"a family that the Service lacks": {NewService("web").Port("http", 80, 8080).NodePort(30080).Node("n1", NodeAddress(corev1.NodeInternalIP, "fd10::1")),
			[]string{"clusterip 10.96.0.7:80", "nodeport 172.16.0.1:30080 on n1"}},
		"UDP": {NewService("web").Selecting("app", "web").UDPPort("dns", 53, 53).Pod("a", At("10.0.1.1"), Declaring("http", 8080)),
			[]string{"pod 10.0.1.1:53", "clusterip 10.96.0.7:53"}},
		"UDP that nothing is known of": {NewService("web").Selecting("app", "web").UDPPort("syslog", 514, 514).Pod("a", At("10.0.1.1"), Declaring("http", 8080)),
			[]string{"pod 10.0.1.1:514: UDP: nothing is known that it would answer; --udp-payload gives a datagram to send",
				"clusterip 10.96.0.7:514: UDP: nothing is known that it would answer; --udp-payload gives a datagram to send"}},
		"a target port declared for UDP only": {NewService("web").Selecting("app", "web").Port("tcp", 53, 53).Pod("a", At("10.0.1.1"), Declaring("", 9153), DeclaringUDP("dns", 53)),
			[]string{"pod 10.0.1.1:53", "pod 10.0.1.1:9153 contrast tcp", "clusterip 10.96.0.7:53"}},
		"kinds before ports": {NewService("web").Selecting("app", "web").Port("http", 80, 8080).Port("admin", 81, 9000).Pod("a", At("10.0.1.1")),
			[]string{"pod 10.0.1.1:8080", "pod 10.0.1.1:9000", "clusterip 10.96.0.7:80", "clusterip 10.96.0.7:81"}},
		"a pod without the named port": {NewService("web").Selecting("app", "web").NamedPort("http", 80, "app").
			Pod("a", At("10.0.1.1")).Pod("b", At("10.0.1.2"), Declaring("app", 8080)),
			[]string{"pod 10.0.1.2:8080", "clusterip 10.96.0.7:80"}},
		"a pod that is not ready is a contrast": {web().Pod("a", On("n1"), At("10.0.1.1"), NotReady("failing")),
			[]string{"pod 10.0.1.1:8080 on n1 contrast http", "clusterip 10.96.0.7:80"}},
		"an undeclared target port": {web().Pod("a", On("n1"), At("10.0.1.1"), Declaring("app", 3000), Declaring("metrics", 9090)),
			[]string{"pod 10.0.1.1:8080 on n1", "pod 10.0.1.1:3000 on n1 contrast tcp", "pod 10.0.1.1:9090 on n1 contrast tcp", "clusterip 10.96.0.7:80"}},
		"a declared target port": {web().Pod("a", On("n1"), At("10.0.1.1"), Declaring("app", 8080), Declaring("metrics", 9090)),
			[]string{"pod 10.0.1.1:8080 on n1", "clusterip 10.96.0.7:80"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := list(sockets(t, test.service)); !slices.Equal(got, test.want) {
				t.Errorf("routes\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
		})
	}
}

// sockets returns the Service's routes that are more than a name, but for those
// of large requests.
func sockets(t *testing.T, s *Service) []route.Route {
	t.Helper()
	return slices.DeleteFunc(route.Of(s.Target(t), route.Options{}), func(r route.Route) bool { return r.Kind == route.DNS || r.Padding > 0 })
}

// onePod is a pod that several cases share.
type onePod struct {
	name    string
	options []PodOption
}

func (p onePod) of(s *Service) *Service { return s.Pod(p.name, p.options...) }

func TestBounds(t *testing.T) {
	service := web().NodePort(30080)
	for i := range 20 {
		service.Node(fmt.Sprint("m", i))
		service.Pod(fmt.Sprintf("p%02d", i), Declaring("a", 1), Declaring("b", 2), Declaring("c", 3), Declaring("d", 4))
	}
	nodes, contrasts, probed := 0, 0, map[int]bool{}
	for _, r := range route.Of(service.Target(t), route.Options{}) {
		if r.Kind == route.NodePort {
			nodes++
		}
		if r.Contrast {
			contrasts++
			probed[r.Endpoint] = true
		}
	}
	if nodes != 10 || contrasts != 9 || len(probed) != 3 {
		t.Errorf("%d NodePorts, %d contrasts on %d pods: want 10, and 3 on each of 3", nodes, contrasts, len(probed))
	}
}

func TestSharedFields(t *testing.T) {
	for name, test := range map[string]struct {
		service    *Service
		host, path string
	}{
		"http":             {NewService("web").Port("http", 80, 8080), "web.shop.svc", "/"},
		"http elsewhere":   {NewService("web").Port("http", 8080, 8080), "web.shop.svc:8080", "/"},
		"https":            {NewService("web").Port("https", 443, 8443), "web.shop.svc", "/"},
		"https on port 80": {NewService("web").Port("https", 80, 8443), "web.shop.svc:80", "/"},
		"tcp":              {NewService("web").Port("tcp", 80, 80), "web.shop.svc:80", ""},
	} {
		t.Run(name, func(t *testing.T) {
			for _, r := range sockets(t, test.service.Selecting("app", "web").Pod("a")) {
				if r.Host != test.host || r.Path != test.path {
					t.Errorf("%s has host %q and path %q, want %q and %q", r.Kind, r.Host, r.Path, test.host, test.path)
				}
				if (r.Kind == route.Pod) != (r.Endpoint == 0) {
					t.Errorf("%s leads to endpoint %d", r.Kind, r.Endpoint)
				}
			}
		})
	}
}
