package policy

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// Pod is what policies know a pod by.
type Pod struct {
	Namespace string
	Labels    map[string]string
	// NamespaceLabels are those of its namespace; nil when they are not known.
	NamespaceLabels map[string]string
	// Ports are the names of its containers' ports.
	Ports []corev1.ContainerPort
}

// Port is where a pod is called.
type Port struct {
	Number   int32
	Protocol corev1.Protocol
}

// Direction is the side of a connection on which policies stand.
type Direction string

// The directions, as the field of a policy calls them.
const (
	Ingress Direction = "ingress"
	Egress  Direction = "egress"
)

// Refusal says which policies keep a connection back, and on which side.
type Refusal struct {
	Direction Direction
	// Policies are those that select the pod of that side and let the connection
	// not through; one that did would be enough.
	Policies []networkingv1.NetworkPolicy
}

// Refused returns why a connection from one pod to another is not let through; nil
// when it is, or may be. A pod that no policy selects is open to everybody; one that
// some do takes what one of them lets through
// (https://kubernetes.io/docs/concepts/services-networking/network-policies).
func Refused(policies []networkingv1.NetworkPolicy, from, to Pod, port Port) *Refusal {
	if found := refusedAt(policies, Egress, from, to, to, port); found != nil {
		return found
	}
	return refusedAt(policies, Ingress, to, from, to, port)
}

// Restricts reports whether a policy of the pod's namespace is about what comes in to
// pods with the labels, or goes out of them.
func Restricts(policy networkingv1.NetworkPolicy, direction Direction, labels map[string]string) bool {
	return about(policy, direction) && selects(&policy.Spec.PodSelector, labels)
}

// refusedAt looks at the policies of one side: those that select the pod there
// and are about that direction. Called is the pod whose port it is.
func refusedAt(policies []networkingv1.NetworkPolicy, direction Direction, here, there, called Pod, port Port) *Refusal {
	refusal := Refusal{Direction: direction}
	for _, policy := range policies {
		if policy.Namespace != here.Namespace || !Restricts(policy, direction, here.Labels) {
			continue
		}
		if slices.ContainsFunc(rules(policy, direction), func(r rule) bool {
			return r.mayMean(there, policy.Namespace) && r.mayBeFor(called, port)
		}) {
			return nil
		}
		refusal.Policies = append(refusal.Policies, policy)
	}
	if len(refusal.Policies) == 0 {
		return nil
	}
	return &refusal
}

// about reports whether a policy restricts the direction. Where it does not say, it
// is about what comes in, and if it has rules for what goes out, about that, too.
func about(policy networkingv1.NetworkPolicy, direction Direction) bool {
	if types := policy.Spec.PolicyTypes; len(types) > 0 {
		return slices.Contains(types, map[Direction]networkingv1.PolicyType{
			Ingress: networkingv1.PolicyTypeIngress, Egress: networkingv1.PolicyTypeEgress,
		}[direction])
	}
	return direction == Ingress || len(policy.Spec.Egress) > 0
}

// rule is one of either direction.
type rule struct {
	peers []networkingv1.NetworkPolicyPeer
	ports []networkingv1.NetworkPolicyPort
}

func rules(policy networkingv1.NetworkPolicy, direction Direction) []rule {
	var all []rule
	if direction == Egress {
		for _, r := range policy.Spec.Egress {
			all = append(all, rule{r.To, r.Ports})
		}
		return all
	}
	for _, r := range policy.Spec.Ingress {
		all = append(all, rule{r.From, r.Ports})
	}
	return all
}

// mayMean reports whether the rule may be about the pod at the other end. Blocks of
// addresses may be about every pod: which address a packet has where they are
// compared depends on the network plugin.
func (r rule) mayMean(pod Pod, namespace string) bool {
	return len(r.peers) == 0 || slices.ContainsFunc(r.peers, func(peer networkingv1.NetworkPolicyPeer) bool {
		switch {
		case peer.IPBlock != nil:
			return true
		case peer.NamespaceSelector == nil:
			return pod.Namespace == namespace && selects(peer.PodSelector, pod.Labels)
		case pod.NamespaceLabels != nil && !selects(peer.NamespaceSelector, pod.NamespaceLabels):
			return false
		}
		return peer.PodSelector == nil || selects(peer.PodSelector, pod.Labels)
	})
}

// mayBeFor reports whether the rule may be about the port of the pod that is called.
func (r rule) mayBeFor(called Pod, port Port) bool {
	return len(r.ports) == 0 || slices.ContainsFunc(r.ports, func(p networkingv1.NetworkPolicyPort) bool {
		protocol := corev1.ProtocolTCP
		if p.Protocol != nil {
			protocol = *p.Protocol
		}
		switch {
		case protocol != port.Protocol:
			return false
		case p.Port == nil:
			return true
		case p.Port.Type == intstr.String:
			return slices.ContainsFunc(called.Ports, func(c corev1.ContainerPort) bool {
				return c.Name == p.Port.StrVal && c.ContainerPort == port.Number
			})
		case p.EndPort != nil:
			return p.Port.IntVal <= port.Number && port.Number <= *p.EndPort
		}
		return p.Port.IntVal == port.Number
	})
}

// selects reports whether a selector may mean what has the labels; one that
// cannot be read may.
func selects(selector *metav1.LabelSelector, set map[string]string) bool {
	parsed, err := metav1.LabelSelectorAsSelector(selector)
	return err != nil || parsed.Matches(labels.Set(set))
}
