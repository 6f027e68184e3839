package target

import (
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// Target is a Service under trace and all that was read about it.
type Target struct {
	Service   *corev1.Service
	Ports     []Port
	Endpoints []Endpoint
	// Pods are those that the selector matches or that an endpoint refers to;
	// pods that have run to their end are left out.
	Pods []corev1.Pod
	// Others are the remaining pods of the namespace. They are read only when
	// the selector matches no pod.
	Others []corev1.Pod
	// Workloads of the namespace, read like Others.
	Workloads []Workload
	// Nodes of the cluster, in the order of their names; empty when they must
	// not be read.
	Nodes []corev1.Node
	// Ingresses, GatewayRoutes and Entries are the ways in from outside: the
	// Ingresses and the routes of the Gateway API that have the Service as a
	// backend, and the addresses of its own load balancer and external IPs.
	Ingresses     []Ingress
	GatewayRoutes []GatewayRoute
	Entries       []Entry
	// Policies are the NetworkPolicies of the Service's namespace.
	Policies []networkingv1.NetworkPolicy
	// Neighbours are the endpoints of the other Services that stand beside this
	// one among the backends of a route. They may answer there, and are known so
	// that they can be named.
	Neighbours []Endpoint
	// behind are the indexes of the endpoints behind a port of the other Services
	// that share a rule with this one.
	behind map[string][]int
	// Events about pods that are not ready, the newest first.
	Events []corev1.Event
	// Unread names what had to be left unread, and why.
	Unread []Unread
	// generations are those of the EndpointSlices.
	generations map[types.UID]int64
}

// Unread is an optional read that was refused or failed.
type Unread struct {
	// Resource is what was to be read, such as "nodes".
	Resource string `json:"resource"`
	// Reason is the API server's own.
	Reason string `json:"reason"`
	// Loses says what the trace cannot know without it.
	Loses string `json:"loses"`
}

// Lacks reports whether a resource could not be read.
func (t *Target) Lacks(resource string) bool {
	return slices.ContainsFunc(t.Unread, func(u Unread) bool { return u.Resource == resource })
}

// Port is one port of the Service.
type Port struct {
	corev1.ServicePort
	// Speaks is the protocol that requests use; empty when none can be sent.
	Speaks wire.Protocol
	// Why says how Speaks was chosen, or why there is none.
	Why string
	// Path is the request path, and PathWhy where it came from.
	Path, PathWhy string
	// Payload is the datagram that is sent over UDP.
	Payload []byte
}

// Endpoint is one backend: a pod, or a bare address that somebody wrote into an
// EndpointSlice.
type Endpoint struct {
	// Name is the pod's name, or the address.
	Name string
	// Pod is nil for a bare address, and for a pod that no longer exists.
	Pod *corev1.Pod
	// Missing is set where a slice names a pod that is not there.
	Missing bool
	// Node is the name of the node that hosts it, where known.
	Node string
	Zone string
	// The conditions as kube-proxy reads them: absent means true for ready and
	// serving, and false for terminating.
	Ready, Serving, Terminating bool
	Sockets                     []Socket
	// Addresses are those in the slices, also in slices without any port.
	Addresses []string
	// Service is the name of the Service that a neighbour belongs to, with its
	// namespace where that is another one; empty for the target's own endpoints.
	Service string
	// key tells endpoints of the same name apart: a pod of a StatefulSet and the
	// one that it replaces.
	key string
}

// Socket is one address and port of an endpoint.
type Socket struct {
	// Port is the name of the Service's port that leads here.
	Port    string
	Address string
	Number  int32
	// Protocol is as in the slice; the Service's port must have the same.
	Protocol corev1.Protocol
	// Zones and Nodes are the topology hints of the slice.
	Zones, Nodes []string
}

// Socketed returns the endpoint's sockets behind the Service port. As for
// kube-proxy, both name and protocol must match.
func (e Endpoint) Socketed(port Port) []Socket {
	var found []Socket
	for _, s := range e.Sockets {
		if s.Port == port.Name && s.Protocol == protocol(port.Protocol) {
			found = append(found, s)
		}
	}
	return found
}

// Workload is what owns pods: a Deployment, StatefulSet or DaemonSet.
type Workload struct {
	Kind, Name string
	// Labels are those of the workload itself, which no Service ever selects;
	// Template those of its pods; Selector what it finds its pods by.
	Labels, Template, Selector map[string]string
}

// Endpoint returns the endpoint with the index: the target's own ones come
// first, and then the neighbours.
func (t *Target) Endpoint(index int) Endpoint {
	if index < len(t.Endpoints) {
		return t.Endpoints[index]
	}
	return t.Neighbours[index-len(t.Endpoints)]
}

// Known returns how many endpoints there are, with the neighbours.
func (t *Target) Known() int { return len(t.Endpoints) + len(t.Neighbours) }

// Key tells endpoints apart, also those of different Services: the same pod has
// the same key everywhere.
func (e Endpoint) Key() string { return e.key }

// Selector returns what the Service selects pods by, or nil when it selects
// none (then its EndpointSlices are written by somebody else).
func (t *Target) Selector() labels.Selector {
	if len(t.Service.Spec.Selector) == 0 {
		return nil
	}
	return labels.SelectorFromSet(t.Service.Spec.Selector)
}

// Selected returns the pods that the Service's selector matches.
func (t *Target) Selected() []corev1.Pod {
	selector := t.Selector()
	if selector == nil {
		return nil
	}
	var selected []corev1.Pod
	for _, pod := range t.Pods {
		if selector.Matches(labels.Set(pod.Labels)) {
			selected = append(selected, pod)
		}
	}
	return selected
}

// Node returns the node called name, or nil when there is none or nodes were
// not read.
func (t *Target) Node(name string) *corev1.Node {
	i := slices.IndexFunc(t.Nodes, func(n corev1.Node) bool { return n.Name == name })
	if i < 0 {
		return nil
	}
	return &t.Nodes[i]
}

// Hosts reports whether an endpoint that can get traffic lives on the node.
func (t *Target) Hosts(node string) bool {
	return slices.ContainsFunc(t.Endpoints, func(e Endpoint) bool { return e.Node == node && e.Serving })
}

// PodReady reports whether the pod's Ready condition is true.
func PodReady(pod *corev1.Pod) bool {
	return slices.ContainsFunc(pod.Status.Conditions, func(c corev1.PodCondition) bool {
		return c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue
	})
}

// NodeReady reports whether the node's kubelet says that it is ready.
func NodeReady(node *corev1.Node) bool {
	return slices.ContainsFunc(node.Status.Conditions, func(c corev1.NodeCondition) bool {
		return c.Type == corev1.NodeReady && c.Status == corev1.ConditionTrue
	})
}

func deployment(d appsv1.Deployment) Workload {
	return Workload{Kind: "deployment", Name: d.Name, Labels: d.Labels, Template: d.Spec.Template.Labels, Selector: matchLabels(d.Spec.Selector)}
}

func statefulSet(s appsv1.StatefulSet) Workload {
	return Workload{Kind: "statefulset", Name: s.Name, Labels: s.Labels, Template: s.Spec.Template.Labels, Selector: matchLabels(s.Spec.Selector)}
}

func daemonSet(d appsv1.DaemonSet) Workload {
	return Workload{Kind: "daemonset", Name: d.Name, Labels: d.Labels, Template: d.Spec.Template.Labels, Selector: matchLabels(d.Spec.Selector)}
}

// matchLabels returns the part of the selector that a Service could have, too.
func matchLabels(selector *metav1.LabelSelector) map[string]string {
	if selector == nil {
		return nil
	}
	return selector.MatchLabels
}
