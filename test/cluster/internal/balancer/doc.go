// Package balancer is the load balancer in front of the cluster: the part that
// a cloud brings along, or a site of its own puts in front of its nodes.
//
// A Service of type LoadBalancer only asks for one. Somebody outside of
// Kubernetes must have an address for it, listen there, pass on what comes to
// the Service's NodePort on nodes that are fit for it, and write the address
// into the Service's status. Here HAProxy listens, on a machine of its own, and
// the controller of this package tells it what for.
//
// From outside of the cluster the address leads to HAProxy. From inside it does
// not: kube-proxy has read the status, takes the address for one of the
// Service's own, and sends packets to it straight to a pod. Only where the
// status says "ipMode: Proxy", or names a host instead of an address, do pods
// come to HAProxy, too.
//
// HAProxy ends each connection and opens another one to the node, so that nodes
// see its address and not the client's. Which nodes are fit it asks kube-proxy
// there: under "externalTrafficPolicy: Local" whether the node has ready
// endpoints of the Service, otherwise whether kube-proxy itself works.
package balancer
