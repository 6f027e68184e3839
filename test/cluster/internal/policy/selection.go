package policy

import (
	"fmt"
	"slices"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// direction is one of the two in which a pod can be isolated.
type direction struct {
	name  networkingv1.PolicyType
	chain string // of the policies, and with "-of-pods" the hook's
	pods  string // the pods' chains
	// own and peer are what the address of the pod and of its peer are
	// called in a packet.
	own, peer string
	priority  string
}

func egress() direction {
	return direction{networkingv1.PolicyTypeEgress, "egress", "from", "saddr", "daddr", "filter + 10"}
}

func ingress() direction {
	return direction{networkingv1.PolicyTypeIngress, "ingress", "to", "daddr", "saddr", "filter + 11"}
}

// rule is an ingress or egress rule of a NetworkPolicy.
type rule struct {
	peers []networkingv1.NetworkPolicyPeer
	ports []networkingv1.NetworkPolicyPort
}

// isolates tells whether a policy has a say in the direction at all.
func (d direction) isolates(policy *networkingv1.NetworkPolicy) bool {
	if len(policy.Spec.PolicyTypes) > 0 {
		return slices.Contains(policy.Spec.PolicyTypes, d.name)
	}
	return d.name == networkingv1.PolicyTypeIngress || len(policy.Spec.Egress) > 0
}

func (d direction) rules(policy *networkingv1.NetworkPolicy) []rule {
	var rules []rule
	if d.name == networkingv1.PolicyTypeIngress {
		for _, one := range policy.Spec.Ingress {
			rules = append(rules, rule{one.From, one.Ports})
		}
		return rules
	}
	for _, one := range policy.Spec.Egress {
		rules = append(rules, rule{one.To, one.Ports})
	}
	return rules
}

// selecting answers what selectors select.
type selecting struct {
	pods       []pod
	namespaces map[string]labels.Set
}

func (s Snapshot) selecting() selecting {
	namespaces := map[string]labels.Set{}
	for _, namespace := range s.Namespaces {
		namespaces[namespace.Name] = namespace.Labels
	}
	return selecting{s.pods(), namespaces}
}

// of returns the pods that a policy is for.
func (s selecting) of(policy *networkingv1.NetworkPolicy) ([]pod, error) {
	return s.inNamespace(policy.Namespace, &policy.Spec.PodSelector)
}

// peers returns the pods that a rule of a policy in the namespace means.
func (s selecting) peers(namespace string, peer networkingv1.NetworkPolicyPeer) ([]pod, error) {
	ofPods := peer.PodSelector
	if ofPods == nil {
		ofPods = &metav1.LabelSelector{}
	}
	if peer.NamespaceSelector == nil {
		return s.inNamespace(namespace, ofPods)
	}
	selector, err := metav1.LabelSelectorAsSelector(peer.NamespaceSelector)
	if err != nil {
		return nil, fmt.Errorf("reading a namespace selector: %w", err)
	}
	return s.matching(ofPods, func(namespace string) bool {
		labels, known := s.namespaces[namespace]
		return known && selector.Matches(labels)
	})
}

func (s selecting) inNamespace(namespace string, selector *metav1.LabelSelector) ([]pod, error) {
	return s.matching(selector, func(name string) bool { return name == namespace })
}

func (s selecting) matching(labels *metav1.LabelSelector, namespace func(string) bool) ([]pod, error) {
	selector, err := metav1.LabelSelectorAsSelector(labels)
	if err != nil {
		return nil, fmt.Errorf("reading a pod selector: %w", err)
	}
	var found []pod
	for _, one := range s.pods {
		if namespace(one.namespace) && selector.Matches(one.labels) {
			found = append(found, one)
		}
	}
	return found, nil
}
