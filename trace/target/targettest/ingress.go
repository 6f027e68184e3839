package targettest

import (
	"net/netip"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// IngressOption changes an Ingress.
type IngressOption func(*networkingv1.Ingress)

// NewIngress returns an Ingress in the Service's namespace, without class and rules.
func NewIngress(name string, options ...IngressOption) *networkingv1.Ingress {
	in := &networkingv1.Ingress{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: Namespace, Annotations: map[string]string{}}}
	for _, option := range options {
		option(in)
	}
	return in
}

// Class gives the Ingress a class.
func Class(name string) IngressOption {
	return func(in *networkingv1.Ingress) { in.Spec.IngressClassName = &name }
}

// Annotated gives the Ingress an annotation.
func Annotated(key, value string) IngressOption {
	return func(in *networkingv1.Ingress) { in.Annotations[key] = value }
}

// Path adds a rule with one path that leads to the Service called web, by the
// number or name of its port.
func Path(host, path string, kind networkingv1.PathType, port intstr.IntOrString) IngressOption {
	return PathTo("web", host, path, kind, port)
}

// PathTo is Path for a Service of any name.
func PathTo(service, host, path string, kind networkingv1.PathType, port intstr.IntOrString) IngressOption {
	return func(in *networkingv1.Ingress) {
		in.Spec.Rules = append(in.Spec.Rules, networkingv1.IngressRule{Host: host, IngressRuleValue: networkingv1.IngressRuleValue{
			HTTP: &networkingv1.HTTPIngressRuleValue{Paths: []networkingv1.HTTPIngressPath{
				{Path: path, PathType: &kind, Backend: backend(service, port)},
			}},
		}})
	}
}

// Default gives the Ingress the Service called web as its default backend.
func Default(port intstr.IntOrString) IngressOption {
	return func(in *networkingv1.Ingress) {
		to := backend("web", port)
		in.Spec.DefaultBackend = &to
	}
}

func backend(service string, port intstr.IntOrString) networkingv1.IngressBackend {
	to := networkingv1.ServiceBackendPort{Name: port.StrVal, Number: port.IntVal}
	return networkingv1.IngressBackend{Service: &networkingv1.IngressServiceBackend{Name: service, Port: to}}
}

// TLS adds a certificate for hosts.
func TLS(secret string, hosts ...string) IngressOption {
	return func(in *networkingv1.Ingress) {
		in.Spec.TLS = append(in.Spec.TLS, networkingv1.IngressTLS{SecretName: secret, Hosts: hosts})
	}
}

// Published gives the Ingress addresses in its status; what is no IP address is a
// name.
func Published(addresses ...string) IngressOption {
	return func(in *networkingv1.Ingress) {
		for _, a := range addresses {
			one := networkingv1.IngressLoadBalancerIngress{IP: a}
			if _, err := netip.ParseAddr(a); err != nil {
				one = networkingv1.IngressLoadBalancerIngress{Hostname: a}
			}
			in.Status.LoadBalancer.Ingress = append(in.Status.LoadBalancer.Ingress, one)
		}
	}
}

// In puts the Ingress into another namespace.
func In(namespace string) IngressOption {
	return func(in *networkingv1.Ingress) { in.Namespace = namespace }
}

// NewIngressClass returns a class.
func NewIngressClass(name, controller string) *networkingv1.IngressClass {
	return &networkingv1.IngressClass{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: networkingv1.IngressClassSpec{Controller: controller}}
}

// Proxy returns a Service of type LoadBalancer in a namespace of its own, with
// ports 80 and 443 and the address if there is one, and its only pod, on node n1.
// The pod has the label and the arguments.
func Proxy(name, label, address string, arguments ...string) (*corev1.Service, *corev1.Pod) {
	labels := map[string]string{"app.kubernetes.io/name": label}
	service := &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: name},
		Spec: corev1.ServiceSpec{
			Type: corev1.ServiceTypeLoadBalancer, Selector: labels, ClusterIP: "10.96.0.99", ClusterIPs: []string{"10.96.0.99"},
			Ports: []corev1.ServicePort{
				{Name: "http", Port: 80, NodePort: 31080, TargetPort: intstr.FromString("http")},
				{Name: "https", Port: 443, NodePort: 31443, TargetPort: intstr.FromInt32(8443)},
			},
		},
	}
	if address != "" {
		service.Status.LoadBalancer.Ingress = []corev1.LoadBalancerIngress{{IP: address}}
	}
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name + "-1", Namespace: name, Labels: labels, UID: types.UID(name)},
		Spec: corev1.PodSpec{NodeName: "n1", Containers: []corev1.Container{{
			Name: name, Args: arguments, Ports: []corev1.ContainerPort{{Name: "http", ContainerPort: 8000, Protocol: corev1.ProtocolTCP}},
		}}},
		Status: corev1.PodStatus{
			Phase: corev1.PodRunning, PodIPs: []corev1.PodIP{{IP: "10.0.9.1"}},
			Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}},
		},
	}
	return service, pod
}

// BesideProxy adds a proxy to the cluster, after it was changed.
func (s *Service) BesideProxy(service *corev1.Service, pod *corev1.Pod, changes ...func(*corev1.Service, *corev1.Pod)) *Service {
	for _, change := range changes {
		change(service, pod)
	}
	return s.Beside([]runtime.Object{service, pod}...)
}
