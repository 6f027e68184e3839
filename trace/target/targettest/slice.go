package targettest

import (
	"fmt"
	"net/netip"
	"slices"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
)

// NodeOption changes a node.
type NodeOption func(*corev1.Node)

// Node adds a ready Linux node. The first one is 172.16.0.1.
func (s *Service) Node(name string, options ...NodeOption) *Service {
	n := &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{corev1.LabelOSStable: "linux"}},
		Status: corev1.NodeStatus{
			Conditions: []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue}},
			Addresses:  []corev1.NodeAddress{{Type: corev1.NodeInternalIP, Address: fmt.Sprintf("172.16.0.%d", len(s.nodes)+1)}},
		},
	}
	for _, option := range options {
		option(n)
	}
	s.nodes = append(s.nodes, n)
	return s
}

// NodeLabel labels the node.
func NodeLabel(key, value string) NodeOption {
	return func(n *corev1.Node) { n.Labels[key] = value }
}

// Zone puts the node into a zone.
func Zone(zone string) NodeOption { return NodeLabel(corev1.LabelTopologyZone, zone) }

// NodeAddress adds an address to the node.
func NodeAddress(kind corev1.NodeAddressType, address string) NodeOption {
	return func(n *corev1.Node) {
		n.Status.Addresses = append(n.Status.Addresses, corev1.NodeAddress{Type: kind, Address: address})
	}
}

// Dead makes the node not ready.
func Dead() NodeOption {
	return func(n *corev1.Node) { n.Status.Conditions[0].Status = corev1.ConditionUnknown }
}

// controlled returns the slices that the EndpointSlice controller would write:
// one for each pod and address family, which is more than it needs but says the
// same.
func (s *Service) controlled() []*discoveryv1.EndpointSlice {
	if len(s.Spec.Selector) == 0 {
		return nil
	}
	selector := labels.SelectorFromSet(s.Spec.Selector)
	var all []*discoveryv1.EndpointSlice
	for _, p := range s.pods {
		if p.unlisted || !selector.Matches(labels.Set(p.Labels)) {
			continue
		}
		for _, address := range p.Status.PodIPs {
			if slice := s.slice(p, address.IP); slice != nil {
				slice.Name = fmt.Sprintf("%s-%d", s.Name, len(all))
				all = append(all, slice)
			}
		}
	}
	return all
}

func (s *Service) slice(p pod, address string) *discoveryv1.EndpointSlice {
	kind := discoveryv1.AddressTypeIPv4
	if netip.MustParseAddr(address).Is6() {
		kind = discoveryv1.AddressTypeIPv6
	}
	if !slices.Contains(s.Spec.IPFamilies, corev1.IPFamily(kind)) {
		return nil
	}
	e := p.endpoint
	serving := target.PodReady(p.Pod)
	ready := serving && e.Conditions.Terminating == nil || s.Spec.PublishNotReadyAddresses
	e.Addresses, e.Conditions.Ready, e.Conditions.Serving = []string{address}, &ready, &serving
	e.TargetRef = &corev1.ObjectReference{Kind: "Pod", Name: p.Name, Namespace: Namespace, UID: p.UID}
	if p.Spec.NodeName != "" {
		e.NodeName = &p.Spec.NodeName
	}
	made := &discoveryv1.EndpointSlice{
		ObjectMeta:  metav1.ObjectMeta{Namespace: Namespace, Labels: map[string]string{discoveryv1.LabelServiceName: s.Name}},
		AddressType: kind, Endpoints: []discoveryv1.Endpoint{e},
	}
	for _, declared := range s.Spec.Ports {
		if number := target.PodPort(p.Pod, declared); number != 0 {
			made.Ports = append(made.Ports, Port(declared.Name, number, declared.Protocol))
		}
	}
	return made
}

// Port returns a port of an EndpointSlice.
func Port(name string, number int32, protocol corev1.Protocol) discoveryv1.EndpointPort {
	return discoveryv1.EndpointPort{Name: &name, Port: &number, Protocol: &protocol}
}
