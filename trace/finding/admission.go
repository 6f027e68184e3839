package finding

import (
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/policy"
)

// admit is what to do: go as a client that is let through, or let the probes'
// namespace through.
func (f Facts) admit(h held) []Step {
	whom := "every pod of namespace " + f.Probes.Namespace
	if h.refusal.Direction == policy.Egress {
		whom = "the pods of namespace " + f.Probes.Namespace + " that the policy is about"
	}
	return []Step{
		{Text: "if such pods are meant to be kept out, nothing is broken: send as one of the clients that are let through, with --like pod/NAME and --probe-namespace"},
		{Text: "if they are not, let them through; this is for " + whom, Command: f.admission(h, f.Probes.Namespace)},
	}
}

// admission returns the command that adds a rule for the clients, all pods of a
// namespace, to the first of the policies. The test operation makes the API server refuse when the policy is
// about other pods by now.
func (f Facts) admission(h held, clients string) string {
	p := h.refusal.Policies[0]
	var ports []networkingv1.NetworkPolicyPort
	for _, port := range h.ports {
		ports = append(ports, networkingv1.NetworkPolicyPort{Protocol: &port.Protocol, Port: &intstr.IntOrString{IntVal: port.Number}})
	}
	var rule any = networkingv1.NetworkPolicyIngressRule{From: []networkingv1.NetworkPolicyPeer{peer(p, clients, nil)}, Ports: ports}
	existing := len(p.Spec.Ingress)
	if h.refusal.Direction == policy.Egress {
		rule = networkingv1.NetworkPolicyEgressRule{To: []networkingv1.NetworkPolicyPeer{peer(p, f.Target.Service.Namespace, f.Target.Service.Spec.Selector)}, Ports: ports}
		existing = len(p.Spec.Egress)
	}
	path := "/spec/" + string(h.refusal.Direction)
	if existing > 0 {
		path += "/-"
	} else {
		rule = []any{rule}
	}
	return patchWith("networkpolicy", p.Namespace, p.Name, operation{"test", "/spec/podSelector", p.Spec.PodSelector}, operation{"add", path, rule})
}

// peer means the pods of a namespace with the labels, as a rule of the policy says it.
func peer(p networkingv1.NetworkPolicy, namespace string, labels map[string]string) networkingv1.NetworkPolicyPeer {
	to := networkingv1.NetworkPolicyPeer{PodSelector: &metav1.LabelSelector{MatchLabels: labels}}
	if namespace != p.Namespace {
		to.NamespaceSelector = &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: namespace}}
	}
	return to
}
