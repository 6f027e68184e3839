package policy

import (
	"cmp"
	"net/netip"
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// Snapshot is all of the cluster that decides about rules.
type Snapshot struct {
	Policies   []*networkingv1.NetworkPolicy
	Pods       []*corev1.Pod
	Namespaces []*corev1.Namespace
}

// pod is a pod to which policies apply.
type pod struct {
	namespace, name string
	node            string
	labels          labels.Set
	addresses       []netip.Addr
	ports           []corev1.ContainerPort
}

// pods returns the pods that policies know, in the order of their names. Those
// in the network of their node are none: their packets are the node's.
func (s Snapshot) pods() []pod {
	var pods []pod
	owners := owners(s.Pods)
	for _, one := range s.Pods {
		known := pod{
			namespace: one.Namespace, name: one.Name, node: one.Spec.NodeName,
			labels: one.Labels, ports: containerPorts(one.Spec),
		}
		for _, address := range addresses(one) {
			if owners[address] == one {
				known.addresses = append(known.addresses, address)
			}
		}
		if len(known.addresses) > 0 {
			pods = append(pods, known)
		}
	}
	slices.SortFunc(pods, func(a, b pod) int {
		return cmp.Or(cmp.Compare(a.namespace, b.namespace), cmp.Compare(a.name, b.name))
	})
	return pods
}

// sorted returns the policies in the order of their names.
func sorted(policies []*networkingv1.NetworkPolicy) []*networkingv1.NetworkPolicy {
	return slices.SortedFunc(slices.Values(policies), func(a, b *networkingv1.NetworkPolicy) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
}

// owners tells whose each address is. A pod whose end the API server has not
// heard of yet may still claim an address that a younger one has by now.
func owners(pods []*corev1.Pod) map[netip.Addr]*corev1.Pod {
	owners := map[netip.Addr]*corev1.Pod{}
	for _, one := range pods {
		for _, address := range addresses(one) {
			other, taken := owners[address]
			if !taken || other.CreationTimestamp.Before(&one.CreationTimestamp) {
				owners[address] = one
			}
		}
	}
	return owners
}

// addresses returns those that the pod has to itself now.
func addresses(of *corev1.Pod) []netip.Addr {
	if of.Spec.HostNetwork || of.Status.Phase == corev1.PodSucceeded || of.Status.Phase == corev1.PodFailed {
		return nil
	}
	var found []netip.Addr
	for _, ip := range of.Status.PodIPs {
		if address, err := netip.ParseAddr(ip.IP); err == nil {
			found = append(found, address)
		}
	}
	return found
}

// containerPorts returns the ports of all containers that run as long as the
// pod does.
func containerPorts(spec corev1.PodSpec) []corev1.ContainerPort {
	var ports []corev1.ContainerPort
	for _, container := range spec.InitContainers {
		if container.RestartPolicy != nil && *container.RestartPolicy == corev1.ContainerRestartPolicyAlways {
			ports = append(ports, container.Ports...)
		}
	}
	for _, container := range spec.Containers {
		ports = append(ports, container.Ports...)
	}
	return ports
}

// port returns the number that the pod gives to a named port.
func (p pod) port(name string, protocol corev1.Protocol) (int32, bool) {
	for _, port := range p.ports {
		if port.Name == name && cmp.Or(port.Protocol, corev1.ProtocolTCP) == protocol {
			return port.ContainerPort, true
		}
	}
	return 0, false
}
