// Package evidence says who answered, and how that is known.
//
// A client of a Service never learns which pod served it: every address but
// the pod's own hides that on purpose. A trace has to find out without touching
// the application. It climbs a ladder of evidence, and each rung has its file:
//
//   - direct: the request went to the endpoint's own address, so whoever
//     answered there is that endpoint.
//   - answer: the response names the endpoint. Applications often do, in a
//     header or in the body, without meaning to. Where they do it is not known
//     beforehand; it is learned: every endpoint is asked directly, and a place
//     where each names itself, and only itself, is trusted on other routes.
//   - log: the endpoint's own log has the marker of the request. It is joined with
//     what became of that very request, and it also shows the path that arrived.
//   - upstream: the access log of the proxy on the way has the marker, and the
//     endpoint's address as that to which the request was handed.
//
// What no rung reaches is unknown, is counted as such, and is never spread over
// the endpoints.
package evidence
