package compare

import (
	"time"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
)

// Kind is that of a [Comparison], as in every Kubernetes object. Its version is that of
// reports.
const Kind = "Comparison"

// Comparison is what a run found out about two ways. All durations are in nanoseconds,
// as time.Duration is written to JSON.
type Comparison struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	// Run is the id that each request of the run carried.
	Run      string        `json:"run"`
	Release  string        `json:"release"`
	Started  time.Time     `json:"started"`
	Duration time.Duration `json:"duration"`

	A       Side    `json:"a"`
	B       Side    `json:"b"`
	Verdict Verdict `json:"verdict"`
	Pairs   []Pair  `json:"pairs"`
	// Alone are the ways of one side that have no counterpart on the other.
	Alone []Alone `json:"alone,omitempty"`
	// Spreads say for the pairs that lead to the same Services who answered in all.
	Spreads  []Spread              `json:"spreads,omitempty"`
	Vantages []trace.VantageReport `json:"vantages"`
	NamedBy  []string              `json:"namedBy,omitempty"`
	Load     trace.LoadReport      `json:"load"`
	Unread   []target.Unread       `json:"unread,omitempty"`
	// Notes are what else the reader must know to judge the comparison.
	Notes []string `json:"notes,omitempty"`
}

// Side is one of the two that are compared.
type Side struct {
	// Target is what the user named, such as ingress/web.
	Target    string           `json:"target"`
	Namespace string           `json:"namespace"`
	Services  []string         `json:"services"`
	Endpoints []trace.Endpoint `json:"endpoints"`
}

// Verdict is the judgement of a comparison.
type Verdict struct {
	Status  Status `json:"status"`
	Summary string `json:"summary"`
}

// Status says how a comparison ended.
type Status string

// The ways in which a comparison ends.
const (
	// Alike: nothing that was observed on both sides differs.
	Alike Status = "alike"
	// Different: something that matters differs.
	Different Status = "different"
	// Inconclusive: nothing could be compared.
	Inconclusive Status = "inconclusive"
)

// Result says what is known of one aspect on both sides.
type Result string

// The results. Same and Differs take an observation on either side.
const (
	Same    Result = "same"
	Differs Result = "differs"
	Unknown Result = "unknown"
)

// Pair are two ways that are asked for the same.
type Pair struct {
	A Asked `json:"a"`
	B Asked `json:"b"`
	// Indistinct says why the two cannot be told apart, where that is so.
	Indistinct string `json:"indistinct,omitempty"`
	Views      []View `json:"views"`
	// Paths are what became of the paths of the requests.
	Paths   []Path  `json:"paths,omitempty"`
	Headers Headers `json:"headers"`
	// Pods is Differs where pods answered that cannot be behind the other way.
	Pods Result `json:"pods"`
	// Differences say in words what differs and matters.
	Differences []Difference `json:"differences,omitempty"`
}

// Asked is what was asked on one way, and where.
type Asked struct {
	Kind     route.Kind    `json:"kind"`
	Protocol wire.Protocol `json:"protocol,omitempty"`
	Method   string        `json:"method,omitempty"`
	Host     string        `json:"host,omitempty"`
	Path     string        `json:"path,omitempty"`
	// Headers are those that a rule asks for.
	Headers []wire.Header `json:"headers,omitempty"`
	// Port is that of the Service.
	Port      int32    `json:"port,omitempty"`
	Object    string   `json:"object,omitempty"`
	Rule      string   `json:"rule,omitempty"`
	Addresses []string `json:"addresses"`
}

// View is a pair as it is seen from one place.
type View struct {
	// Vantage is empty where the two were asked from different places.
	Vantage string `json:"vantage,omitempty"`
	A       Seen   `json:"a"`
	B       Seen   `json:"b"`
	Status  Result `json:"status"`
}

// Seen is what came of the requests on one way.
type Seen struct {
	// From are the vantages, and Sent is how many requests were sent from there.
	From     []string `json:"from,omitempty"`
	Sent     int      `json:"sent"`
	Statuses []Count  `json:"statuses,omitempty"`
	// Answers count by the endpoint that gave them, and Unknown those of which it is
	// not known who did.
	Answers []trace.Answer `json:"answers,omitempty"`
	Unknown int            `json:"unknown,omitempty"`
	Latency *Latency       `json:"latency,omitempty"`
	// Reasons say why nothing was sent, or what else must be known of it.
	Reasons []string `json:"reasons,omitempty"`
}

// Count is how often something became of a request: "HTTP 200", "gRPC OK", or the class
// of an error. An answer that does not end counts by its status and by that.
type Count struct {
	What  string `json:"what"`
	Count int    `json:"count"`
}

// Latency holds quantiles of how long the answers took.
type Latency struct {
	P50 time.Duration `json:"p50"`
	P95 time.Duration `json:"p95"`
	P99 time.Duration `json:"p99"`
}

// Path is what became of one path that was asked for on both ways. A side on which
// that was not observed has no arrivals.
type Path struct {
	Sent   string          `json:"sent"`
	A      []trace.Arrived `json:"a,omitempty"`
	B      []trace.Arrived `json:"b,omitempty"`
	Result Result          `json:"result"`
}

// Aspect is what differences are about.
type Aspect string

// The aspects of which a difference matters.
const (
	StatusAspect Aspect = "status"
	PathAspect   Aspect = "path"
	PodAspect    Aspect = "pods"
)

// Difference is one that matters, in words.
type Difference struct {
	Aspect Aspect `json:"aspect"`
	Text   string `json:"text"`
}

// Alone is a way of one side that has no counterpart on the other.
type Alone struct {
	// Side is A or B.
	Side string `json:"side"`
	Asked
	// Differs is set where the other side is known to have no such way, and Reason says
	// why it is else not compared.
	Differs bool   `json:"differs,omitempty"`
	Reason  string `json:"reason,omitempty"`
	// Seen is what came of the requests, and Other what the proxy of the other side
	// answers to a few like them all the same.
	Seen  Seen  `json:"seen"`
	Other *Seen `json:"other,omitempty"`
}

// Spread is how the answers divide over endpoints on all ways to the same Services.
type Spread struct {
	Services []string `json:"services"`
	A        Seen     `json:"a"`
	B        Seen     `json:"b"`
	Result   Result   `json:"result"`
	// Text says in words what differs.
	Text string `json:"text,omitempty"`
}
