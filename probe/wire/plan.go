package wire

import (
	"fmt"
	"time"
)

// Version is the version of the contract. A probe refuses a plan of another
// version, because it could not be sure of what is asked.
const Version = 3

// The environment variables in which a probe finds its plan: the encoded text
// itself, or the path of a file that holds it.
const (
	EnvPlan     = "NETTRACE_PLAN"
	EnvPlanFile = "NETTRACE_PLAN_FILE"
)

// maxPlan bounds the size of a decoded plan in bytes, far above what the
// largest sensible one needs, so that a damaged one cannot exhaust memory.
const maxPlan = 32 << 20

// MaxTroubles bounds of how many failed requests of one route the time is noted.
const MaxTroubles = 500

// Plan is everything that one probe is asked to do.
type Plan struct {
	Version int `json:"v"`
	// Run identifies the run that the probe belongs to, in lower-case
	// hexadecimal; every request carries it.
	Run string `json:"run"`
	// Vantage is the number of the probe within its run, from 1.
	Vantage int `json:"vantage"`
	// UserAgent is the product that requests name, such as
	// "kubectl-nettrace/1.0.0"; the marker is appended in parentheses.
	UserAgent string `json:"userAgent"`
	// Rate is the largest number of requests started per second, over all routes.
	Rate float64 `json:"rate"`
	// Concurrency is the largest number of requests in flight, over all routes.
	Concurrency int `json:"concurrency"`
	// Timeout bounds one request from its first packet to the last byte read.
	Timeout time.Duration `json:"timeout"`
	// Deadline bounds the whole plan. What is not sent by then is not sent.
	Deadline time.Duration `json:"deadline"`
	// Traceparent has every request carry a W3C trace context of its own
	// (https://www.w3.org/TR/trace-context/), so that it can be looked up in the
	// user's tracing system by the id in its [Sample].
	Traceparent bool       `json:"traceparent,omitempty"`
	Endpoints   []Endpoint `json:"endpoints,omitempty"`
	Routes      []Route    `json:"routes"`
	// Troubles is of how many requests of each route that fail the time is noted; at
	// most [MaxTroubles]. A plan that wants that is for watching: it goes on where
	// something that worked begins to fail, and leaves out endpoints that have gone.
	Troubles int `json:"troubles,omitempty"`
	// Locators are places that other probes of the run have learned, for the
	// groups of which this one asks no endpoint directly.
	Locators []Locator `json:"locators,omitempty"`
	// Comparable are the groups of which every endpoint that may answer is asked
	// directly, and none is the only one of its template: what differs between all
	// of these is each one's own, and no other's.
	Comparable []int `json:"comparable,omitempty"`
	// Shared are texts that pods of different applications may give alike, such as
	// the names of nodes. What has one of them is no fingerprint.
	Shared []string `json:"shared,omitempty"`
	// Identify is where the user says that answers tell who gave them.
	Identify *Identify `json:"identify,omitempty"`
	// Echoes has answers searched for the headers with which their requests arrived
	// ([Cell.Echoes]).
	Echoes bool `json:"echoes,omitempty"`
	// Watch is set for a witness, which sends nothing.
	Watch *Watch `json:"watch,omitempty"`
}

// Endpoint is one backend that may answer, and the strings by which an answer
// may name it.
type Endpoint struct {
	// ID is the number of the endpoint in the plan, from 1. Zero, elsewhere in
	// this package, means that no endpoint is known.
	ID         int        `json:"id"`
	Identities []Identity `json:"identities,omitempty"`
}

// Protocol is what is spoken on a route.
type Protocol string

// The protocols that a probe speaks. None that uses TLS verifies certificates:
// that a certificate is wrong is something to report, not a reason to stay
// silent ([Cell.Certificates]).
const (
	// HTTP and HTTPS are HTTP/1.1, one request to a connection.
	HTTP  Protocol = "http"
	HTTPS Protocol = "https"
	// H2 is HTTP/2 over TLS, agreed on by ALPN; H2C is HTTP/2 in the clear, by
	// prior knowledge.
	H2  Protocol = "h2"
	H2C Protocol = "h2c"
	// GRPC asks the gRPC health service (grpc.health.v1.Health/Check) in the
	// clear, GRPCS over TLS. The outcome has the gRPC status as well.
	GRPC  Protocol = "grpc"
	GRPCS Protocol = "grpcs"
	// WS and WSS ask for an upgrade to WebSocket (RFC 6455, section 4) and close
	// the connection when it was granted.
	WS  Protocol = "ws"
	WSS Protocol = "wss"
	// TCP is a plain connect.
	TCP Protocol = "tcp"
	// UDP sends [Route.Payload] and waits for one datagram.
	UDP Protocol = "udp"
	// DNS resolves [Route.Lookup] as an application beside the probe would.
	DNS Protocol = "dns"
)

// Secure reports whether the protocol runs over TLS.
func (p Protocol) Secure() bool { return p == HTTPS || p == H2 || p == GRPCS || p == WSS }

// Web reports whether requests in the protocol have a host and a path, and
// answers a status.
func (p Protocol) Web() bool {
	switch p {
	case TCP, UDP, DNS, "":
		return false
	}
	return true
}

// RecordType is a type of DNS record.
type RecordType string

// The records that are asked for. An address lookup follows CNAMEs.
const (
	RecordA     RecordType = "A"
	RecordAAAA  RecordType = "AAAA"
	RecordSRV   RecordType = "SRV"
	RecordCNAME RecordType = "CNAME"
)

// Lookup is a question to the DNS.
type Lookup struct {
	// Name is resolved as it is written: with the search path and ndots of
	// resolv.conf, unless it ends in a dot.
	Name string     `json:"name"`
	Type RecordType `json:"type"`
}

// MarkerSlot stands in a path for the marker of each request.
const MarkerSlot = "~marker~"

// Header is one header field of a request.
type Header struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Route is one address to send requests to.
type Route struct {
	// ID is the number of the route in the plan, from 1.
	ID int `json:"id"`
	// Group is shared by the routes that lead to the same port of the same
	// endpoints and ask for the same there: how these answer when asked directly
	// tells how to recognise them behind the group's other routes.
	Group    int      `json:"group"`
	Protocol Protocol `json:"protocol"`
	// Address is the host and port to connect to. A host that is no IP address is
	// resolved by the probe.
	Address string `json:"address,omitempty"`
	// Host is the Host header to send.
	Host string `json:"host,omitempty"`
	// ServerName is the TLS server name, where it is not that of Host.
	ServerName string `json:"serverName,omitempty"`
	// Method is that of the request: GET, HEAD, OPTIONS, or POST without a body.
	// Empty means GET.
	Method string `json:"method,omitempty"`
	// Path is the request target, with its query. Over gRPC it is a method that is
	// called with an empty message; empty means the health check. Where it has a
	// [MarkerSlot], each request has its marker there, and the answers are searched
	// for the path with which it arrived ([Cell.Arrivals]).
	Path string `json:"path,omitempty"`
	// Headers are sent in addition, or instead of those that the probe sends by
	// itself and need not: Accept, User-Agent, Content-Type.
	Headers []Header `json:"headers,omitempty"`
	// Padding is the size in bytes of a further header, that is there to make the
	// request larger than one packet.
	Padding int `json:"padding,omitempty"`
	// Payload is the datagram to send over UDP.
	Payload []byte `json:"payload,omitempty"`
	// Lookup is set when the protocol is DNS.
	Lookup *Lookup `json:"lookup,omitempty"`
	// Requests is how many requests to send, and More how many may be added where a
	// fingerprint needs them to be proved.
	Requests int `json:"requests"`
	More     int `json:"more,omitempty"`
	// Endpoint is set when the address is the endpoint's own, so that whatever
	// answers there is that endpoint.
	Endpoint int `json:"endpoint,omitempty"`
	// Look says when to ask more often than Requests.
	Look *Look `json:"look,omitempty"`
}

// Look is at who gave the answers, once all requests of a route have one: where one of
// the endpoints gave fewer than Low or more than High of them, which may be chance, More
// requests are sent to tell. Where not every answer is a good one of these endpoints,
// nothing is added.
type Look struct {
	Endpoints []int `json:"endpoints"`
	Low       int   `json:"low"`
	High      int   `json:"high"`
	More      int   `json:"more"`
}

// Marker returns the id that a request carries, unless its protocol has no place
// for it (TCP, UDP, DNS): opaque on purpose, because an
// application that echoes it must not thereby seem to name an endpoint.
func (p Plan) Marker(route, sequence int) string {
	return fmt.Sprintf("%s-%d-%d-%d", p.Run, p.Vantage, route, sequence)
}

// Validate reports the first reason why the plan cannot be carried out.
func (p Plan) Validate() error {
	switch {
	case p.Version != Version:
		return fmt.Errorf("the plan has version %d, this probe understands %d: use the probe image of the same release as the plugin", p.Version, Version)
	case p.Rate <= 0 || p.Concurrency <= 0:
		return fmt.Errorf("the plan has rate %v and concurrency %d: both must be positive", p.Rate, p.Concurrency)
	case p.Troubles < 0 || p.Troubles > MaxTroubles:
		return fmt.Errorf("the plan notes the time of %d failed requests of a route: at most %d are", p.Troubles, MaxTroubles)
	case p.Timeout <= 0 || p.Deadline <= 0:
		return fmt.Errorf("the plan has timeout %v and deadline %v: both must be positive", p.Timeout, p.Deadline)
	}
	for i, r := range p.Routes {
		if r.ID != i+1 {
			return fmt.Errorf("the plan's route number %d has id %d", i+1, r.ID)
		}
	}
	for i, e := range p.Endpoints {
		if e.ID != i+1 {
			return fmt.Errorf("the plan's endpoint number %d has id %d", i+1, e.ID)
		}
	}
	return nil
}
