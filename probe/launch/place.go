package launch

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// Place is where a probe runs.
type Place struct {
	Node string
	// HostNetwork has the probe send from the node's own network instead of one
	// of its pod's: as the kubelet, a host-network pod or kube-proxy itself would.
	// It then sees every interface of the node, and no NetworkPolicy holds it
	// back, so that few namespaces admit it.
	HostNetwork bool
	// Witness has the probe see the packets on the node's interfaces, with the
	// capability NET_RAW and as the user 0, which alone gets one. It is on the host
	// network.
	Witness bool
}

// String returns the place as --from takes it.
func (p Place) String() string {
	if p.Witness {
		return "witness@" + p.Node
	}
	if p.HostNetwork {
		return "node@" + p.Node
	}
	return "pod@" + p.Node
}

// places returns the places of probes that have networks of their own.
func places(nodes []string) []Place {
	var places []Place
	for _, node := range nodes {
		places = append(places, Place{Node: node})
	}
	return places
}

// onHost gives the pod the network of its node. The DNS stays the cluster's, as
// for most pods that run so: else it would be whatever the node itself asks.
func onHost(pod *corev1.PodTemplateSpec) {
	pod.Spec.HostNetwork = true
	pod.Spec.DNSPolicy = corev1.DNSClusterFirstWithHostNet
}

// witness gives the pod what it takes to see packets, and nothing else of what the
// user 0 may do. It stays without privileges and with a file system that it cannot
// write to.
func witness(place Place) mutator {
	if !place.Witness {
		return func(*corev1.PodTemplateSpec) {}
	}
	return func(pod *corev1.PodTemplateSpec) {
		var root int64
		no := false
		pod.Spec.SecurityContext.RunAsNonRoot, pod.Spec.SecurityContext.RunAsUser = &no, &root
		pod.Spec.Containers[0].SecurityContext.Capabilities.Add = []corev1.Capability{"NET_RAW"}
	}
}

// ownNamespace is what helps where a namespace does not admit the host network.
const ownNamespace = "give such probes a namespace of their own that allows it: kubectl create namespace nettrace; " +
	"kubectl label namespace nettrace pod-security.kubernetes.io/enforce=privileged; then --probe-namespace nettrace"

// explain says more of a refusal to a probe on the host network: what is refused
// is what was asked for, and not that something has changed the pod.
func (p Place) explain(failure *Failure) {
	if !p.HostNetwork || failure.Reason != ReasonSecurity {
		return
	}
	failure.What = "the namespace does not allow probes on the node's own network"
	failure.Fix = ownNamespace
	if p.Witness {
		failure.What = "the namespace does not allow a witness, which is on the node's own network and sees with the capability NET_RAW the packets there"
	}
	if strings.Contains(failure.Said, "security context constraint") && p.Witness {
		failure.Fix = "grant a SecurityContextConstraint with the host network, the user 0 and NET_RAW to the service account default of a namespace of their own, and name that with --probe-namespace"
	} else if strings.Contains(failure.Said, "security context constraint") {
		failure.Fix = "grant the SecurityContextConstraint hostnetwork-v2 to the service account default of a namespace of their own, and name that with --probe-namespace"
	}
}

// kinds returns the first place of each kind, whose pod stands for the pods of
// the others. Without places it is a pod that is on no node yet.
func kinds(places []Place) []Place {
	if len(places) == 0 {
		return []Place{{}}
	}
	var first []Place
	for _, place := range places {
		if !slices.ContainsFunc(first, func(p Place) bool { return p.HostNetwork == place.HostNetwork && p.Witness == place.Witness }) {
			first = append(first, place)
		}
	}
	return first
}

// nodesOf returns the nodes of the places, each once.
func nodesOf(places []Place) []string {
	var nodes []string
	for _, place := range places {
		if !slices.Contains(nodes, place.Node) {
			nodes = append(nodes, place.Node)
		}
	}
	return nodes
}
