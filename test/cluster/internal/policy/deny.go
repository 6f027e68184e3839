package policy

import networkingv1 "k8s.io/api/networking/v1"

// denial returns the rule for what none of the policies accepts.
func (r *ruleset) denial(policies []*networkingv1.NetworkPolicy) string {
	for _, policy := range policies {
		mode, own := policy.Annotations[DenyAnnotation]
		if !own {
			mode = r.annotations[policy.Namespace]
		}
		switch mode {
		case Reject:
			r.refuses = true
			return "goto refuse"
		case Prohibit:
			return "counter reject with icmpx admin-prohibited"
		}
	}
	return "counter drop"
}

// refusal is what a closed port would answer. A TCP reset for a packet that
// came over the bridge does not pass kube-proxy's rules on its way back, so
// that whoever asked a Service would not recognize it; an ICMP error does.
func refusal() []string {
	return []string{
		"ct state invalid counter drop",
		`iifname "pods" ct status dnat counter reject with icmpx port-unreachable`,
		"meta l4proto tcp counter reject with tcp reset",
		"counter reject with icmpx port-unreachable",
	}
}
