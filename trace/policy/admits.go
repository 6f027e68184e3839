package policy

import (
	"cmp"
	"fmt"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// most is how many rules, and peers or ports of a rule, are written out.
const most = 3

// Admits says in a clause whom a policy lets through in a direction, such as "lets
// in pods with app=web on TCP 8080".
func Admits(policy networkingv1.NetworkPolicy, direction Direction) string {
	verb := "lets in "
	if direction == Egress {
		verb = "lets out to "
	}
	all := rules(policy, direction)
	if len(all) == 0 {
		return verb + "nobody"
	}
	var texts []string
	for _, r := range all {
		texts = append(texts, r.String())
	}
	return verb + atMost(texts, "; ")
}

func (r rule) String() string {
	var peers, ports []string
	for _, p := range r.peers {
		peers = append(peers, peerText(p))
	}
	for _, p := range r.ports {
		ports = append(ports, portText(p))
	}
	text := cmp.Or(atMost(peers, ", "), "everybody")
	if len(ports) > 0 {
		text += " on " + atMost(ports, ", ")
	}
	return text
}

func peerText(p networkingv1.NetworkPolicyPeer) string {
	if p.IPBlock != nil {
		return p.IPBlock.CIDR
	}
	pods := "all pods"
	if p.PodSelector != nil && len(p.PodSelector.MatchLabels)+len(p.PodSelector.MatchExpressions) > 0 {
		pods = "pods with " + metav1.FormatLabelSelector(p.PodSelector)
	}
	switch s := p.NamespaceSelector; {
	case s == nil:
		return pods + " of its namespace"
	case len(s.MatchLabels)+len(s.MatchExpressions) == 0:
		return pods + " of all namespaces"
	}
	return pods + " of namespaces with " + metav1.FormatLabelSelector(p.NamespaceSelector)
}

func portText(p networkingv1.NetworkPolicyPort) string {
	text := "TCP"
	if p.Protocol != nil {
		text = string(*p.Protocol)
	}
	if p.Port == nil {
		return text
	}
	text += " " + p.Port.String()
	if p.EndPort != nil {
		text += fmt.Sprintf("-%d", *p.EndPort)
	}
	return text
}

func atMost(texts []string, separator string) string {
	if len(texts) > most {
		texts = append(texts[:most:most], fmt.Sprintf("%d more", len(texts)-most))
	}
	return strings.Join(texts, separator)
}
