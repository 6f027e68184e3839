// Package wire is the contract between the program that traces and the probes
// that send requests for it: a [Plan] goes in, [Record] values come out.
//
// A probe is a separate process, usually in another cluster, often of another
// release. What crosses the border is therefore kept small and explicit:
//
//   - The plan is one JSON document, compressed, so that it fits into the
//     environment of a container ([Encode], [Decode]).
//   - The records are JSON documents, one a line and numbered from 1, because
//     the way back is the container's log: it can be cut, read again from its
//     beginning, and mixed with lines that others write. [Collector] puts the
//     stream together again, so that no record is lost or counted twice.
//   - What a probe saw travels as counts, not as single answers. The size of
//     the stream depends on the number of routes and endpoints, and not on the
//     number of requests.
//
// The package uses the standard library only, since it is linked into the
// probe, whose image must stay small.
package wire
