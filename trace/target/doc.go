// Package target reads what Kubernetes says about one Service: the object
// itself, the endpoints that stand behind each of its ports, the pods and
// nodes that these live on, and, where nothing stands behind it, the workloads
// and pods that its author may have meant.
//
// A Service is only a promise: an address, and a selector. What keeps the
// promise is a chain of controllers. The EndpointSlice controller writes down
// the pods that the selector matches, with the port number that each pod gives
// to the Service's target port, and with the pod's readiness; kube-proxy, or
// what stands in for it, turns the slices into rules on every node. The
// package reads the first half of the chain and repeats the rule by which the
// second half picks from it ([Target.Usable]); whether the second half really
// does so is for requests to find out.
//
// What may not be read is not guessed: a refused optional read is remembered in
// [Target.Unread], so that the report can say what it does not know.
package target
