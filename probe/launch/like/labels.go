package like

import (
	"maps"
	"slices"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/launch"
)

// Client is the pod that a probe is to be like.
type Client struct {
	Namespace string
	Labels    map[string]string
	// NamespaceLabels are those of the namespace, or nil when they are not known:
	// then every policy that selects namespaces by more than their name counts.
	NamespaceLabels map[string]string
}

// Likeness is how a probe can be like a client.
type Likeness struct {
	// Labels are those to give to the probe.
	Labels map[string]string
	// Withheld are the labels that policies ask for and that the probe cannot have
	// in common with the client: to these policies it may be another one.
	Withheld []Withheld
}

// Withheld is a label that cannot be copied.
type Withheld struct {
	Key string
	// Policy is a NetworkPolicy that asks for it, as NAMESPACE/NAME.
	Policy string
	// Why it cannot be copied, as a clause.
	Why string
}

// Of returns which labels make a probe in the client's namespace look like the
// client to the policies, of whatever namespace they are.
func Of(client Client, policies []networkingv1.NetworkPolicy) Likeness {
	likeness := Likeness{Labels: map[string]string{}}
	for _, policy := range policies {
		for _, key := range asked(client, policy) {
			value, has := client.Labels[key]
			why := launch.Reserved(key)
			switch {
			case why == "" && has:
				likeness.Labels[key] = value
			case why != "" && (has || launch.OwnLabel(key)):
				likeness.Withheld = append(likeness.Withheld, Withheld{Key: key, Policy: policy.Namespace + "/" + policy.Name, Why: why})
			}
		}
	}
	slices.SortFunc(likeness.Withheld, func(a, b Withheld) int {
		return slices.Compare([]string{a.Key, a.Policy}, []string{b.Key, b.Policy})
	})
	return likeness
}

// asked returns the keys of the labels by which a policy tells the client from
// other pods of its namespace, in order and each once.
func asked(client Client, policy networkingv1.NetworkPolicy) []string {
	keys := map[string]bool{}
	if policy.Namespace == client.Namespace {
		note(keys, &policy.Spec.PodSelector)
	}
	for _, peer := range peers(policy) {
		if client.meant(peer, policy.Namespace) {
			note(keys, peer.PodSelector)
		}
	}
	return slices.Sorted(maps.Keys(keys))
}

func peers(policy networkingv1.NetworkPolicy) []networkingv1.NetworkPolicyPeer {
	var peers []networkingv1.NetworkPolicyPeer
	for _, rule := range policy.Spec.Ingress {
		peers = append(peers, rule.From...)
	}
	for _, rule := range policy.Spec.Egress {
		peers = append(peers, rule.To...)
	}
	return peers
}

// meant reports whether a peer of a policy may be in the client's namespace.
func (c Client) meant(peer networkingv1.NetworkPolicyPeer, policyNamespace string) bool {
	if peer.NamespaceSelector == nil {
		return policyNamespace == c.Namespace
	}
	selector, err := metav1.LabelSelectorAsSelector(peer.NamespaceSelector)
	if err != nil {
		return true
	}
	return c.NamespaceLabels == nil || selector.Matches(labels.Set(c.NamespaceLabels))
}

func note(keys map[string]bool, selector *metav1.LabelSelector) {
	if selector == nil {
		return
	}
	for key := range selector.MatchLabels {
		keys[key] = true
	}
	for _, expression := range selector.MatchExpressions {
		keys[expression.Key] = true
	}
}
