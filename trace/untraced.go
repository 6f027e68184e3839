package trace

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
)

// untraced says which ways in the run leaves out, so that nobody takes its
// verdict for theirs.
func (t *Trace) untraced() []string {
	var notes []string
	nodes := map[string]bool{}
	for _, r := range t.Routes {
		if r.Kind == route.NodePort {
			nodes[r.Node] = true
		}
	}
	if len(nodes) > 0 && len(nodes) < len(t.Target.Nodes) {
		notes = append(notes, fmt.Sprintf("NodePorts were asked on %d of %d nodes", len(nodes), len(t.Target.Nodes)))
	}
	spec := t.Target.Service.Spec
	if len(spec.ExternalIPs) > 0 {
		notes = append(notes, "not traced yet: the external IPs "+strings.Join(spec.ExternalIPs, ", "))
	}
	if spec.Type == corev1.ServiceTypeLoadBalancer {
		var addresses []string
		for _, ingress := range t.Target.Service.Status.LoadBalancer.Ingress {
			addresses = append(addresses, ingress.IP+ingress.Hostname)
		}
		if len(addresses) == 0 {
			addresses = []string{"(it has no address)"}
		}
		notes = append(notes, "not traced yet: the load balancer "+strings.Join(addresses, ", "))
	}
	return notes
}
