package policy

import networkingv1 "k8s.io/api/networking/v1"

// accepted returns the packets that a rule of a policy accepts.
func (r *ruleset) accepted(d direction, policy *networkingv1.NetworkPolicy, rule rule, selected []pod) ([]match, error) {
	if len(rule.peers) == 0 {
		destinations := selected
		if d.name == networkingv1.PolicyTypeEgress {
			destinations = r.pods
		}
		return product([]match{{}}, rule.ports, destinations), nil
	}
	var accepted []match
	for _, peer := range rule.peers {
		peers, destinations, err := r.peer(d, policy, peer)
		if err != nil {
			return nil, err
		}
		if d.name == networkingv1.PolicyTypeIngress {
			destinations = selected
		}
		accepted = append(accepted, product(peers, rule.ports, destinations)...)
	}
	return accepted, nil
}

// peer returns the packets from or to a peer, and which pods it may be.
func (r *ruleset) peer(d direction, policy *networkingv1.NetworkPolicy, peer networkingv1.NetworkPolicyPeer) ([]match, []pod, error) {
	if peer.IPBlock != nil {
		block, err := fromBlock(d.peer, *peer.IPBlock)
		return []match{block}, r.pods, err
	}
	pods, err := r.peers(policy.Namespace, peer)
	return fromPods(d.peer, pods), pods, err
}

// product returns the packets that are both from one of the peers and to one
// of the ports.
func product(peers []match, ports []networkingv1.NetworkPolicyPort, destinations []pod) []match {
	if len(ports) == 0 {
		return peers
	}
	var all []match
	for _, peer := range peers {
		for _, port := range ports {
			for _, one := range toPort(port, destinations) {
				if both, possible := peer.and(one); possible {
					all = append(all, both)
				}
			}
		}
	}
	return all
}
