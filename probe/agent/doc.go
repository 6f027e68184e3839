// Package agent sends the requests of a [wire.Plan] and says what became of
// them: the engine of the probe, both in a pod and inside kubectl.
//
// # One request, one connection
//
// Kubernetes spreads connections, not requests: kube-proxy picks a backend
// when it sees the first packet (SYN) and sends all later packets of that
// connection to the same one. A client that keeps connections alive therefore
// sees one backend where others see many. Every request here has a connection
// of its own, and its life is timed phase by phase: connect, TLS, first byte,
// total. That is also why HTTP/1.1 goes without [net/http.Transport]: it hides
// the connection, and adds goroutines and queues to what is being timed. HTTP/2
// is another matter, which it knows how to speak; it gets a connection that was
// made here, and that keeps watch over what comes in (frames.go).
//
// # Names
//
// What a name resolves to is decided by the resolver beside the application: by
// its search path, by files, by the order of servers. So names are resolved by a
// real one, and what the servers say to it is listened to (inquiry.go), because
// an application only learns that there is no such host, and not why.
//
// # Who answered
//
// An address of a Service does not say which pod answers. Many applications
// do: in a header, or somewhere in the body, there is a pod's name or address.
// But the same string can also be there for other reasons, such as an echo of
// what was asked. So the probe learns before it believes: it asks each
// endpoint at its own address, and only where each one names itself, and no
// other, is a place from then on taken as proof (see locator.go). Whatever
// the request itself carried proves nothing.
//
// # At the same moment
//
// Routes take turns, request by request, in an order that is drawn. A fault that
// comes and goes is then seen by all of them alike, and a difference between two
// routes is a difference between the routes, not between two moments, nor between
// the turns of a balancer to which both lead.
//
// # Harmless
//
// The load is bounded in rate and in number ([Pacer]), every read is bounded
// in bytes and in time, and the probe gives up on what is dead and stops when
// something that worked begins to fail (guard.go).
package agent
