package targettest

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/kubernetes/fake"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
)

// Namespace is where everything lives.
const Namespace = "shop"

// Service is a Service and the cluster around it.
type Service struct {
	*corev1.Service
	nodes  []*corev1.Node
	pods   []pod
	slices []*discoveryv1.EndpointSlice
	others []runtime.Object
	// gateways are the objects of the Gateway API.
	gateways []runtime.Object
}

// pod is a pod, and what the slices say about it beside its status.
type pod struct {
	*corev1.Pod
	endpoint discoveryv1.Endpoint
	unlisted bool
}

// NewService returns a ClusterIP Service without ports and pods.
func NewService(name string) *Service {
	return &Service{Service: &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: Namespace},
		Spec: corev1.ServiceSpec{
			Type: corev1.ServiceTypeClusterIP, ClusterIP: "10.96.0.7", ClusterIPs: []string{"10.96.0.7"},
			IPFamilies: []corev1.IPFamily{corev1.IPv4Protocol},
		},
	}}
}

// Selecting adds labels, given as keys and values, to the selector.
func (s *Service) Selecting(labels ...string) *Service {
	s.Spec.Selector = pairs(labels)
	return s
}

// Port adds a TCP port that leads to a number.
func (s *Service) Port(name string, number, targetNumber int32) *Service {
	return s.port(name, number, intstr.FromInt32(targetNumber), corev1.ProtocolTCP)
}

// NamedPort adds a TCP port that leads to a port of the pods by its name.
func (s *Service) NamedPort(name string, number int32, targetName string) *Service {
	return s.port(name, number, intstr.FromString(targetName), corev1.ProtocolTCP)
}

// UDPPort adds a UDP port.
func (s *Service) UDPPort(name string, number, targetNumber int32) *Service {
	return s.port(name, number, intstr.FromInt32(targetNumber), corev1.ProtocolUDP)
}

func (s *Service) port(name string, number int32, to intstr.IntOrString, protocol corev1.Protocol) *Service {
	s.Spec.Ports = append(s.Spec.Ports, corev1.ServicePort{Name: name, Port: number, TargetPort: to, Protocol: protocol})
	return s
}

// NodePort makes the Service one of type NodePort, with the port for the last
// port that was added.
func (s *Service) NodePort(number int32) *Service {
	s.Spec.Type = corev1.ServiceTypeNodePort
	s.Spec.Ports[len(s.Spec.Ports)-1].NodePort = number
	return s
}

// Balanced makes the Service one of type LoadBalancer, with what its load
// balancer published.
func (s *Service) Balanced(published ...corev1.LoadBalancerIngress) *Service {
	s.Spec.Type = corev1.ServiceTypeLoadBalancer
	s.Status.LoadBalancer.Ingress = published
	return s
}

// DualStack gives the Service an IPv6 address, too.
func (s *Service) DualStack() *Service {
	s.Spec.ClusterIPs = append(s.Spec.ClusterIPs, "fd00:96::7")
	s.Spec.IPFamilies = append(s.Spec.IPFamilies, corev1.IPv6Protocol)
	return s
}

// With changes the Service in a way that has no method of its own.
func (s *Service) With(change func(*corev1.Service)) *Service {
	change(s.Service)
	return s
}

// Beside adds any other objects to the cluster.
func (s *Service) Beside(objects ...runtime.Object) *Service {
	s.others = append(s.others, objects...)
	return s
}

// Sliced adds an EndpointSlice that somebody else than the controller wrote.
func (s *Service) Sliced(slice *discoveryv1.EndpointSlice) *Service {
	slice.Namespace = Namespace
	slice.Labels = map[string]string{discoveryv1.LabelServiceName: s.Name}
	s.slices = append(s.slices, slice)
	return s
}

// Client returns a client of the cluster.
func (s *Service) Client() *fake.Clientset {
	objects := append([]runtime.Object{s.Service}, s.others...)
	for _, n := range s.nodes {
		objects = append(objects, n)
	}
	for _, p := range s.pods {
		objects = append(objects, p.Pod)
	}
	for _, slice := range append(s.controlled(), s.slices...) {
		objects = append(objects, slice)
	}
	return fake.NewClientset(objects...)
}

// Target returns the Service as it is read from the cluster.
func (s *Service) Target(t testing.TB) *target.Target {
	t.Helper()
	reader := target.NewReader(s.Client(), nil)
	if s.gateways != nil {
		reader = target.NewReader(s.Client(), s.GatewayClient())
	}
	read, err := reader.Resolve(t.Context(), Namespace, s.Name, target.Choice{})
	if err != nil {
		t.Fatalf("resolving the fixture: %v", err)
	}
	return read
}

func pairs(list []string) map[string]string {
	labels := map[string]string{}
	for i := 0; i+1 < len(list); i += 2 {
		labels[list[i]] = list[i+1]
	}
	return labels
}
