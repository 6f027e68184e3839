// Package policy enforces NetworkPolicies on the lab's nodes, which the bridge
// plugin of the pods' network does not do.
//
// A packet of a pod passes the forward hook of the pod's node, whether it is
// routed to another node or only bridged to a pod of the same one, and always
// after kube-proxy has replaced a Service's address by a pod's. So it is there
// that both ends are known, and there that Render's rules stand: one chain in
// which packets that leave a pod of this node are judged, and a second one for
// those that arrive at one. A packet between two pods of one node meets both.
//
// What the node itself sends to its pods, such as the kubelet's probes, and what
// pods send to their own node, does not pass that hook. Kubernetes wants just
// that: a pod cannot be cut off from its own node.
//
// Where the pods' addresses are concerned the controller does not wait for the
// API server, which learns of one when the pod runs already; see attachments.
//
// Rules are text for nft(8), in a table of their own, which replaces the former
// one in one step. Where no policy selects a pod of the node there is no table.
package policy

// Annotations of a NetworkPolicy.
const (
	// DenyAnnotation says what becomes of denied packets. It can stand on a
	// NetworkPolicy or, for all in it, on a namespace; one of the policies
	// that isolate a pod is enough to have what it says instead of Drop.
	DenyAnnotation = "lab.nettrace.test/deny"
	// EnforcedAnnotation is written on a NetworkPolicy once all nodes have
	// it: the generation that they have.
	EnforcedAnnotation = "lab.nettrace.test/enforced"
)

// Values of DenyAnnotation.
const (
	// Drop lets the sender wait, as most network plugins do.
	Drop = "drop"
	// Reject lets the sender see a refused connection, as kube-router does.
	Reject = "reject"
	// Prohibit tells the sender that an administrator does not want it, as
	// Cilium does where it is asked to answer.
	Prohibit = "prohibit"
)
