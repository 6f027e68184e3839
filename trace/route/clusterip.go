package route

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
)

// clusterIPs returns the Service's virtual addresses for one port, one for each
// address family. Headless Services and those of type ExternalName have none.
func clusterIPs(t *target.Target, port int) []Route {
	var all []Route
	addresses := t.Service.Spec.ClusterIPs
	if len(addresses) == 0 {
		addresses = []string{t.Service.Spec.ClusterIP}
	}
	for _, address := range addresses {
		if address == "" || address == corev1.ClusterIPNone {
			continue
		}
		all = append(all, base(t, port, ClusterIP, address, t.Ports[port].Port))
	}
	return all
}
