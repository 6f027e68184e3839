package balancer

import (
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/fabric"
)

// service returns one of type LoadBalancer with a TCP port 80, changed by the
// given changes. Names in alphabetical order are also the order of creation.
func service(name string, changes ...func(*corev1.Service)) *corev1.Service {
	made := &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: "default", Name: name, UID: types.UID(name), Annotations: map[string]string{},
			CreationTimestamp: metav1.NewTime(time.Unix(int64(name[0]), 0)),
		},
		Spec: corev1.ServiceSpec{
			Type:       corev1.ServiceTypeLoadBalancer,
			IPFamilies: []corev1.IPFamily{corev1.IPv4Protocol},
			Ports:      []corev1.ServicePort{{Protocol: corev1.ProtocolTCP, Port: 80, NodePort: 30080}},
		},
	}
	for _, change := range changes {
		change(made)
	}
	return made
}

func dualStack(service *corev1.Service) {
	service.Spec.IPFamilies = []corev1.IPFamily{corev1.IPv6Protocol, corev1.IPv4Protocol}
}

func local(service *corev1.Service) {
	service.Spec.ExternalTrafficPolicy = corev1.ServiceExternalTrafficPolicyLocal
	service.Spec.HealthCheckNodePort = 31234
}

func annotated(key, value string) func(*corev1.Service) {
	return func(service *corev1.Service) { service.Annotations[key] = value }
}

func wishing(address string) func(*corev1.Service) {
	return func(service *corev1.Service) { service.Spec.LoadBalancerIP = address }
}

func publishing(ingress ...corev1.LoadBalancerIngress) func(*corev1.Service) {
	return func(service *corev1.Service) { service.Status.LoadBalancer.Ingress = ingress }
}

func clusterIP(service *corev1.Service) { service.Spec.Type = corev1.ServiceTypeClusterIP }

func foreign(service *corev1.Service) {
	class := "example.com/other"
	service.Spec.LoadBalancerClass = &class
}

func ports(ports ...corev1.ServicePort) func(*corev1.Service) {
	return func(service *corev1.Service) { service.Spec.Ports = ports }
}

// node returns the node with the addresses that the lab gives to number n.
func node(n int, labels map[string]string) *corev1.Node {
	addresses := fabric.Plan{}.Node(n)
	return &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("node-%d", n), Labels: labels},
		Status: corev1.NodeStatus{Addresses: []corev1.NodeAddress{
			{Type: corev1.NodeHostName, Address: fmt.Sprintf("node-%d", n)},
			{Type: corev1.NodeInternalIP, Address: addresses.V4.String()},
			{Type: corev1.NodeInternalIP, Address: addresses.V6.String()},
		}},
	}
}
