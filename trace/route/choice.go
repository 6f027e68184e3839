package route

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
)

// ByKubeProxy reports whether kube-proxy chooses the endpoint on the way.
func (r Route) ByKubeProxy() bool { return r.Kind == ClusterIP || r.Kind == NodePort }

// Choices returns the endpoints of the target that may answer on the way when it is
// asked from the node, or from outside of the cluster where that is empty; nothing
// where that is not known for certain.
func (r Route) Choices(t *target.Target, from string) []target.Endpoint {
	port := t.Ports[r.Port]
	switch r.Kind {
	case ClusterIP:
		return t.Usable(port, r.IPv6, from)
	case NodePort:
		// The client's node may answer in the place of the one that is asked.
		there := t.Usable(port, r.IPv6, r.Node)
		if t.Service.Spec.ExternalTrafficPolicy != corev1.ServiceExternalTrafficPolicyLocal && (from == "" || sameNames(there, t.Usable(port, r.IPv6, from))) {
			return there
		}
	case Ingress, Gateway:
		if !t.LocalOnly() {
			return slices.DeleteFunc(slices.Clone(t.Endpoints), func(e target.Endpoint) bool { return !e.Ready || len(e.Socketed(port)) == 0 })
		}
	}
	return nil
}

func sameNames(a, b []target.Endpoint) bool {
	return slices.EqualFunc(a, b, func(x, y target.Endpoint) bool { return x.Name == y.Name })
}
