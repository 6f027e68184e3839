// Package verdict judges what was observed: first every cell, one route from
// one vantage, and then the layers.
//
// A cell is healthy when every request got an answer of the kind that the
// endpoints themselves give when they are asked directly. An API that answers
// 401 to everybody works; a proxy that answers 404 where the pods answer 200
// does not. So the pods' direct answers are the measure, and not the status
// code alone ([Baseline]).
//
// The layers are judged from the inside out ([Layers]). A request to a NodePort
// passes the rules of the ClusterIP and ends at a pod; when pods fail, everything
// outside of them fails as well, and the fault lies at the inmost layer
// that fails.
package verdict
