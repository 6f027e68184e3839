package wire

import "time"

// Record is one line that a probe writes. Exactly one of the pointers is set.
type Record struct {
	// Number counts the records of a probe, from 1 without gaps.
	Number   int       `json:"n"`
	Hello    *Hello    `json:"hello,omitempty"`
	Progress *Progress `json:"progress,omitempty"`
	Learned  *Learned  `json:"learned,omitempty"`
	Locator  *Locator  `json:"locator,omitempty"`
	Cell     *Cell     `json:"cell,omitempty"`
	Sight    *Sight    `json:"sight,omitempty"`
	Watched  *Watched  `json:"watched,omitempty"`
	End      *End      `json:"end,omitempty"`
}

// Hello is the first record: the probe lives and has understood its plan.
type Hello struct {
	Version int       `json:"v"`
	Run     string    `json:"run"`
	Vantage int       `json:"vantage"`
	Release string    `json:"release"`
	Started time.Time `json:"started"`
}

// Progress says how far the probe is. It is written about once a second and
// carries nothing that the cells do not carry in the end.
type Progress struct {
	Sent    int `json:"sent"`
	Planned int `json:"planned"`
}

// Learned is written once, when the probe has asked every endpoint directly: the
// places that it has learned, so that probes that cannot ask endpoints may use
// them. Whether they held is known at the end ([Locator]).
type Learned struct {
	Locators []Locator `json:"locators,omitempty"`
}

// Locator says where the answers of a group name the endpoint that gave them,
// as learned from answers of endpoints that were asked directly. There is none
// for a group in which no place names every endpoint, and only that one.
type Locator struct {
	Group int          `json:"group"`
	Kind  IdentityKind `json:"kind"`
	// Header is the name of the response header; empty means the body.
	Header string `json:"header,omitempty"`
	// Endpoints is how many endpoints answered directly and named themselves.
	Endpoints int `json:"endpoints"`
	// Values are the endpoints by the digest of what each gives at a place that the
	// user has chosen.
	Values map[string]int `json:"values,omitempty"`
	// Withdrawn is set when a later direct answer named another endpoint, or when a
	// fingerprint was not seen again often enough and at the very end. Then nothing
	// that was attributed by this locator counts.
	Withdrawn bool `json:"withdrawn,omitempty"`
}

// Rung is how an answer was tied to an endpoint, from the ladder of evidence.
type Rung string

// The rungs of the ladder. A probe itself can climb those as far as the
// fingerprint; the others need what somebody else has seen.
const (
	// RungNone: it is not known who answered.
	RungNone Rung = ""
	// RungDirect: the request went to the endpoint's own address.
	RungDirect Rung = "direct"
	// RungAnswer: the response named the endpoint.
	RungAnswer Rung = "answer"
	// RungFingerprint: a part of the response is one endpoint's and no other's.
	RungFingerprint Rung = "fingerprint"
	// RungLog: the endpoint's own log has the marker of the request.
	RungLog Rung = "log"
	// RungUpstream: the log of the proxy on the way names the endpoint.
	RungUpstream Rung = "upstream"
	// RungDifference: endpoints answer otherwise to other paths, so that an answer
	// shows with which one it arrived. That is inferred, and not observed.
	RungDifference Rung = "difference"
	// RungWitness: the marked request was seen on its way into the endpoint.
	RungWitness Rung = "witness"
)

// ErrorClass names what went wrong with a request that got no HTTP status or,
// where there is none to get, no connection (TCP), no datagram (UDP), or not what
// was asked for (DNS).
type ErrorClass string

// The classes of error. Status codes of 400 and above are no errors here: they
// are answers, and what they mean is for the one who judges.
const (
	ErrorRefused     ErrorClass = "refused"
	ErrorUnreachable ErrorClass = "unreachable"
	ErrorTimeout     ErrorClass = "timeout"
	ErrorReset       ErrorClass = "reset"
	ErrorDNS         ErrorClass = "dns"
	ErrorTLS         ErrorClass = "tls"
	ErrorProtocol    ErrorClass = "protocol"
	// ErrorEndless: the answer was longer than the probe was ready to read, or
	// did not end in time, after its status had arrived.
	ErrorEndless ErrorClass = "endless"
	// ErrorLocal: the probe itself could not send, for lack of ports, memory or
	// permission. It says nothing about the target.
	ErrorLocal ErrorClass = "local"
)

// Outcome is what became of a request, and who gave the answer. It is
// comparable, so that equal outcomes can be counted.
type Outcome struct {
	// Endpoint is the one that answered, or zero.
	Endpoint int  `json:"endpoint,omitempty"`
	Rung     Rung `json:"rung,omitempty"`
	// Status is the HTTP status code, or zero.
	Status int `json:"status,omitempty"`
	// GRPC is the name of the gRPC status, such as OK or UNIMPLEMENTED, where the
	// answer had one. OK of the health service is a server that says it is
	// SERVING; what it may say else stands for itself: NOT_SERVING,
	// SERVICE_UNKNOWN, UNKNOWN.
	GRPC  string     `json:"grpc,omitempty"`
	Error ErrorClass `json:"error,omitempty"`
}

// Tally is an outcome and how often it occurred.
type Tally struct {
	Outcome
	Count int `json:"count"`
}

// Phases are how long the parts of an answered request took.
type Phases struct {
	// DNS is how long it took to resolve the address, where it is a name.
	DNS       time.Duration `json:"dns,omitempty"`
	Connect   time.Duration `json:"connect"`
	TLS       time.Duration `json:"tls,omitempty"`
	FirstByte time.Duration `json:"firstByte,omitempty"`
	Total     time.Duration `json:"total"`
}

// Sample is one request in full, kept as an example of its outcome.
type Sample struct {
	Marker string    `json:"marker"`
	Sent   time.Time `json:"sent"`
	// TraceID is that of the request's W3C trace context, where it had one.
	TraceID string `json:"traceId,omitempty"`
	Outcome
	// Detail is what the system said, in words; at most 200 bytes. It may hold
	// anything that a server sent: whoever prints it must escape it.
	Detail string `json:"detail,omitempty"`
	Phases Phases `json:"phases"`
}

// Cell is all that a probe saw of one route.
type Cell struct {
	Route   int     `json:"route"`
	Sent    int     `json:"sent"`
	Tallies []Tally `json:"tallies,omitempty"`
	// Sequence tells for the first requests, in the order of the sequence numbers
	// in their markers, which of Tallies each counts in, by index; -1 where the
	// outcome is not known. With it, what others have noted of a marker can be
	// joined to what became of that very request.
	Sequence []int `json:"sequence,omitempty"`
	// The durations of the requests that got an answer: until the connection
	// stood, until the first byte after the request was sent, and altogether. Not
	// every protocol has all three.
	Connect   Latency `json:"connect,omitzero"`
	FirstByte Latency `json:"firstByte,omitzero"`
	Total     Latency `json:"total,omitzero"`
	// Samples are at most three requests for each kind of failure, and the
	// slowest that got an answer.
	Samples []Sample `json:"samples,omitempty"`
	// Troubles are the first of the requests that failed, in the order in which they
	// were sent, where the plan asks for them.
	Troubles []Trouble `json:"troubles,omitempty"`
	// More is set when who gave the answers was looked at ([Look]): how many requests
	// are added where they divide oddly. Added is set where they did: so many were.
	More  int `json:"more,omitempty"`
	Added int `json:"added,omitempty"`
	// GaveUp is set when the probe sent fewer requests than planned because
	// none of the first ones got any answer.
	GaveUp bool `json:"gaveUp,omitempty"`
	// Certificates are the different ones that servers presented, at most three.
	Certificates []Certificate `json:"certificates,omitempty"`
	// Resolutions are the different answers of the DNS, at most twelve.
	Resolutions []Resolution `json:"resolutions,omitempty"`
	// Arrivals are the paths that answers name, where the route's has a marker.
	Arrivals []Arrival `json:"arrivals,omitempty"`
	// Pages are the different answers there, markers and numbers aside.
	Pages []Page `json:"pages,omitempty"`
	// Echoes are the headers of requests that answers show, and Echoing is how many
	// answers do so.
	Echoes  []Echo `json:"echoes,omitempty"`
	Echoing int    `json:"echoing,omitempty"`
	// LargestBody is the size in bytes of the largest body, or datagram, that was
	// read to its end.
	LargestBody int `json:"largestBody,omitempty"`
}

// Trouble is a request that failed, and when it was sent.
type Trouble struct {
	Sent time.Time `json:"sent"`
	Outcome
}

// Failed reports whether a request got no answer, or one by which the server says that
// it is at fault. What else is a good answer depends on the application.
func Failed(o Outcome) bool {
	return o.Error != "" || o.Status >= 500 || o.GRPC != "" && o.GRPC != "OK"
}

// StopReason says why a probe sent less than its plan asked for.
type StopReason string

// The reasons to stop early.
const (
	StopDeadline StopReason = "deadline"
	StopSignal   StopReason = "signal"
	// StopErrors: a route that had worked began to fail at every request, which
	// may be the load's own doing.
	StopErrors StopReason = "errors"
)

// End is the last record. Its totals must match those of the cells.
type End struct {
	Cells    int           `json:"cells"`
	Requests int           `json:"requests"`
	Elapsed  time.Duration `json:"elapsed"`
	Stopped  StopReason    `json:"stopped,omitempty"`
}
