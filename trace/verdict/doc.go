// Package verdict judges what was observed: first every cell, one route from
// one vantage, and then the layers.
//
// A cell is healthy when every request got an answer of the kind that the
// endpoints themselves give when they are asked directly. An API that answers
// 401 to everybody works; a proxy that answers 404 where the pods answer 200
// does not. So the pods' direct answers are the measure, and not the status
// code alone ([Baseline]).
//
// Proxies that speak HTTP answer by themselves, too, and what they say then can
// be of the same class: so a refusal through an Ingress or a Gateway must be the
// very one that pods give, and known to be a pod's where there is nothing to
// compare it with. A redirect or a demand to log in that comes from no pod is
// neither health nor fault ([Stopped]). Over UDP, silence is a failure only where
// pods do answer. A lookup is good when it brings what the name stands for
// ([Compare]).
//
// The layers are judged from the inside out ([Layers]). A request to a NodePort
// passes the rules of the ClusterIP and ends at a pod; when pods fail, everything
// outside of them fails as well, and the fault lies at the inmost layer
// that fails. What cannot be said from a vantage is set aside before ([Weaken],
// [SetAside]).
package verdict
