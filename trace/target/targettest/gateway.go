package targettest

import (
	"fmt"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
	gatewayv1beta1 "sigs.k8s.io/gateway-api/apis/v1beta1"
	"sigs.k8s.io/gateway-api/pkg/client/clientset/versioned/fake"
)

// Gateways adds objects of the Gateway API to the cluster, which has that API
// then. Those without a namespace get the Service's.
func (s *Service) Gateways(objects ...runtime.Object) *Service {
	s.gateways = append(s.gateways, objects...)
	return s
}

// GatewayClient returns a client of the cluster's Gateway API.
func (s *Service) GatewayClient() *fake.Clientset {
	// The newer NewClientset knows no custom resources
	// (github.com/kubernetes/kubernetes/issues/126850).
	client := fake.NewSimpleClientset()
	for _, o := range s.gateways {
		accessor, err := meta.Accessor(o)
		if err != nil {
			panic(err)
		}
		resource := gatewayResource(o)
		if accessor.GetNamespace() == "" && resource.Resource != "gatewayclasses" {
			accessor.SetNamespace(Namespace)
		}
		// The client itself would guess that the plural is gatewaies.
		if err := client.Tracker().Create(resource, o, accessor.GetNamespace()); err != nil {
			panic(err)
		}
	}
	return client
}

func gateway(version, resource string) schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: gatewayv1.GroupName, Version: version, Resource: resource}
}

func gatewayResource(o runtime.Object) schema.GroupVersionResource {
	switch o.(type) {
	case *gatewayv1.HTTPRoute:
		return gateway("v1", "httproutes")
	case *gatewayv1.GRPCRoute:
		return gateway("v1", "grpcroutes")
	case *gatewayv1.Gateway:
		return gateway("v1", "gateways")
	case *gatewayv1.GatewayClass:
		return gateway("v1", "gatewayclasses")
	case *gatewayv1.ReferenceGrant:
		return gateway("v1", "referencegrants")
	case *gatewayv1beta1.ReferenceGrant:
		return gateway("v1beta1", "referencegrants")
	}
	panic(fmt.Sprintf("no resource of the Gateway API: %T", o))
}

// NewGateway returns a Gateway of the class "edge" with the listeners and, as IP
// addresses, those of its status.
func NewGateway(name string, listeners []gatewayv1.Listener, addresses ...string) *gatewayv1.Gateway {
	g := &gatewayv1.Gateway{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       gatewayv1.GatewaySpec{GatewayClassName: "edge", Listeners: listeners},
	}
	for _, a := range addresses {
		g.Status.Addresses = append(g.Status.Addresses, gatewayv1.GatewayStatusAddress{Value: a})
	}
	return g
}

// Listener returns one for plain HTTP, or for HTTPS at port 443. An empty
// hostname is none.
func Listener(name string, port int32, hostname string) gatewayv1.Listener {
	l := gatewayv1.Listener{Name: gatewayv1.SectionName(name), Port: port, Protocol: gatewayv1.HTTPProtocolType}
	if port == 443 {
		l.Protocol = gatewayv1.HTTPSProtocolType
	}
	if hostname != "" {
		l.Hostname = Ptr(gatewayv1.Hostname(hostname))
	}
	return l
}

// Parent refers to a Gateway, or to one of its listeners.
func Parent(name string, section ...string) gatewayv1.ParentReference {
	ref := gatewayv1.ParentReference{Name: gatewayv1.ObjectName(name)}
	for _, s := range section {
		ref.SectionName = Ptr(gatewayv1.SectionName(s))
	}
	return ref
}

// ToService refers to a port of a Service.
func ToService(service string, port int32, change ...func(*gatewayv1.HTTPBackendRef)) gatewayv1.HTTPBackendRef {
	var ref gatewayv1.HTTPBackendRef
	ref.Name, ref.Port = gatewayv1.ObjectName(service), Ptr(port)
	for _, c := range change {
		c(&ref)
	}
	return ref
}

// Weighing gives a backend a weight.
func Weighing(weight int32) func(*gatewayv1.HTTPBackendRef) {
	return func(ref *gatewayv1.HTTPBackendRef) { ref.Weight = &weight }
}

// InNamespace names the namespace of a backend.
func InNamespace(namespace string) func(*gatewayv1.HTTPBackendRef) {
	return func(ref *gatewayv1.HTTPBackendRef) { ref.Namespace = Ptr(gatewayv1.Namespace(namespace)) }
}

// HTTPRoute returns one for the hostnames that attaches to the parent.
func HTTPRoute(name string, hostnames []string, parent gatewayv1.ParentReference, rules ...gatewayv1.HTTPRouteRule) *gatewayv1.HTTPRoute {
	r := &gatewayv1.HTTPRoute{ObjectMeta: metav1.ObjectMeta{Name: name}}
	r.Spec.ParentRefs, r.Spec.Rules = []gatewayv1.ParentReference{parent}, rules
	for _, h := range hostnames {
		r.Spec.Hostnames = append(r.Spec.Hostnames, gatewayv1.Hostname(h))
	}
	return r
}

// Rule returns a rule without matches.
func Rule(backends ...gatewayv1.HTTPBackendRef) gatewayv1.HTTPRouteRule {
	return gatewayv1.HTTPRouteRule{BackendRefs: backends}
}

// Ptr returns a pointer to the value.
func Ptr[T any](value T) *T { return &value }
