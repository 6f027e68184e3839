package balancer

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/fabric"
)

// ingressOf returns what belongs into the Service's status, and false where
// that is none of this load balancer's business.
func ingressOf(service *corev1.Service, pool []fabric.Addresses, assigned assignment) ([]corev1.LoadBalancerIngress, bool) {
	if !asksFor(service) {
		// It asked once, and no longer has what its status says.
		stale := service.Spec.Type != corev1.ServiceTypeLoadBalancer && slices.ContainsFunc(pool,
			func(one fabric.Addresses) bool { return published(service, one) })
		return nil, stale
	}
	addresses, has := assigned[service.UID]
	if !has {
		return nil, true
	}
	if service.Annotations[hostnameAnnotation] == "true" {
		return []corev1.LoadBalancerIngress{{Hostname: hostnameOf(service, addresses)}}, true
	}
	mode := corev1.LoadBalancerIPModeVIP
	if service.Annotations[modeAnnotation] == string(corev1.LoadBalancerIPModeProxy) {
		mode = corev1.LoadBalancerIPModeProxy
	}
	var ingress []corev1.LoadBalancerIngress
	for _, family := range service.Spec.IPFamilies {
		ingress = append(ingress, corev1.LoadBalancerIngress{IP: of(family, addresses).String(), IPMode: &mode})
	}
	return ingress, true
}
