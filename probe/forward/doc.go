// Package forward reaches the ports of pods through the API server, where no
// probe can run in the cluster.
//
// What kubectl port-forward does for people is offered here as a dialer: the API
// server passes a connection on to the node's kubelet, and that, or its container
// runtime, connects from inside the pod's network namespace to localhost. No
// packet crosses the pod network, no NetworkPolicy and no Service has a say. So
// an answer shows that the application serves, whatever is wrong around it, and a
// refusal that nothing listens there.
//
// Two things have to be kept in mind. What listens on the loopback address only
// answers here and nowhere else; what listens on the pod's address only, and not
// on all, refuses here and nowhere else. And the time that anything takes is that
// of the way through the API server; where only the end of the connection ends an
// answer, a second more, for which containerd waits whether the client has
// something left to say.
//
// The runtime accepts a connection before it has one to the port, and tells by
// another stream that there is none ([Refusal]). Dial waits for that word for a
// moment; should it come later, reading fails with it. What the API server or the
// node could not do is another matter ([Failure]): it says nothing about the
// application, and must never be counted against it.
package forward
