// Package witness sees the requests of a run on their way into the pods of a node.
//
// A client of a Service never learns which pod answered it, but the node that hosts
// the pod can tell: whatever a pod gets leaves the node's own network by the node's
// end of the pod's veth, with the pod's address and port, whoever sent it and
// whatever has rewritten it on the way. A request that is seen to leave there was
// delivered, and is there as the pod gets it. On bridges, tunnels and the node's own
// interfaces the same request is seen as well: these are its hops.
//
// What is read is what Linux hands to packet sockets (packet(7)). The kernel keeps all
// but the sockets of the run's endpoints, proxies and routes away, and of each packet
// everything behind the first 6 KiB ([Run]). Of what remains only requests that carry
// a marker of the run are told of, and of these the request line, the host and the
// status of the answer. Everything is forgotten as soon as it was looked at; nothing
// is written anywhere but to the records.
//
// A capture can lose packets, begin in the middle of a connection, or meet what it
// cannot read. Then it says nothing of the requests concerned, and how much that may
// be is counted ([wire.Watched]): what was not seen is not filled in.
package witness
