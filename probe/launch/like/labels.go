package like

import (
	"maps"
	"slices"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"

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
	// Withheld are the labels that policies look at and that the probe cannot have
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
// client to the policies, of whatever namespace they are: as few as do, because
// each may have something else take the probe for one of its pods.
func Of(client Client, policies []networkingv1.NetworkPolicy) Likeness {
	likeness := Likeness{Labels: map[string]string{}}
	for _, policy := range policies {
		withheld := map[string]bool{}
		for _, selector := range client.selectors(policy) {
			for _, key := range telling(selector, client.Labels) {
				if launch.Reserved(key) != "" {
					withheld[key] = true
				} else {
					likeness.Labels[key] = client.Labels[key]
				}
			}
		}
		for _, key := range slices.Sorted(maps.Keys(withheld)) {
			likeness.Withheld = append(likeness.Withheld, Withheld{Key: key, Policy: policy.Namespace + "/" + policy.Name, Why: launch.Reserved(key)})
		}
	}
	return likeness
}

// telling returns the keys of those of the labels that a pod has to share to be
// selected, or not selected, as one that has all of them. A pod that shares only
// some has, for each key, either the same value or none. So:
//
//   - what the selector asks for and the labels have must be shared, and what it
//     asks for and they have not is missing there as well: then nothing matters;
//   - what the selector must not find and the labels have must be shared, one of
//     these at least; what it does not find there, it does not find either.
//
// What every probe has of its own, it has whatever is shared, and is named if the
// selector looks at it.
func telling(selector labels.Selector, all labels.Set) []string {
	var own, wanted, unwanted []string
	refused := false
	requirements, _ := selector.Requirements()
	for _, r := range requirements {
		negative := r.Operator() == selection.NotIn || r.Operator() == selection.DoesNotExist || r.Operator() == selection.NotEquals
		switch matches := r.Matches(all); {
		case launch.OwnLabel(r.Key()):
			own = append(own, r.Key())
		case matches && !negative:
			wanted = append(wanted, r.Key())
		case !matches && negative:
			unwanted = append(unwanted, r.Key())
		case !matches:
			refused = true
		}
	}
	switch {
	case refused:
		return own
	case len(unwanted) > 0:
		// Rather one that a probe may have.
		i := max(0, slices.IndexFunc(unwanted, func(key string) bool { return launch.Reserved(key) == "" }))
		return append(own, unwanted[i])
	}
	return append(own, wanted...)
}

// selectors returns those selectors of a policy that may mean the client.
func (c Client) selectors(policy networkingv1.NetworkPolicy) []labels.Selector {
	var found []labels.Selector
	add := func(selector *metav1.LabelSelector) {
		if parsed, err := metav1.LabelSelectorAsSelector(selector); err == nil {
			found = append(found, parsed)
		}
	}
	if policy.Namespace == c.Namespace {
		add(&policy.Spec.PodSelector)
	}
	for _, peer := range peers(policy) {
		if peer.PodSelector != nil && c.meant(peer, policy.Namespace) {
			add(peer.PodSelector)
		}
	}
	return found
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
