package trace

import (
	"time"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/finding"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/vantage"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

// The version and kind of a [Report], as in every Kubernetes object. Within a
// version fields are only added.
const (
	APIVersion = "nettrace.dev/v1alpha1"
	Kind       = "Report"
	// ListKind is the kind of what holds the reports of a run with several
	// targets.
	ListKind = "ReportList"
)

// ReportList holds the reports of a run with several targets.
type ReportList struct {
	APIVersion string    `json:"apiVersion"`
	Kind       string    `json:"kind"`
	Items      []*Report `json:"items"`
}

// Report is what a run found out. All durations are in nanoseconds, as
// time.Duration is written to JSON.
type Report struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	// Run is the id that each request of the run carried.
	Run      string        `json:"run"`
	Release  string        `json:"release"`
	Started  time.Time     `json:"started"`
	Duration time.Duration `json:"duration"`

	Target   Target            `json:"target"`
	Verdict  Verdict           `json:"verdict"`
	Vantages []VantageReport   `json:"vantages"`
	Cells    []Cell            `json:"cells"`
	Findings []finding.Finding `json:"findings"`
	// Controls are the cells of what was asked beside the target, to see whether a
	// vantage can reach anything.
	Controls []Cell `json:"controls,omitempty"`
	// NamedBy says in words where answers name the endpoint that gave them, on
	// which ports, and, where not all vantages saw it, from where.
	NamedBy []string `json:"namedBy,omitempty"`
	// Witnesses are those that have seen the requests go by.
	Witnesses []WitnessReport `json:"witnesses,omitempty"`
	Load      LoadReport      `json:"load"`
	// Expectations are what somebody expects, and whether it was seen to be so.
	Expectations []Expected      `json:"expectations,omitempty"`
	Unread       []target.Unread `json:"unread,omitempty"`
	// Notes are what else the reader must know to judge the report.
	Notes []string `json:"notes,omitempty"`
}

// Target is the Service as the run saw it.
type Target struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	Type      string `json:"type"`
	// ExternalName is the host that a Service of that type stands for.
	ExternalName string     `json:"externalName,omitempty"`
	Ports        []Port     `json:"ports"`
	Endpoints    []Endpoint `json:"endpoints"`
	// Neighbours are endpoints of other Services that share a route with this one,
	// and may answer there.
	Neighbours []Endpoint `json:"neighbours,omitempty"`
}

// Port is a port of the Service and how it was spoken to.
type Port struct {
	Name       string        `json:"name,omitempty"`
	Port       int32         `json:"port"`
	Protocol   string        `json:"protocol"`
	TargetPort string        `json:"targetPort"`
	NodePort   int32         `json:"nodePort,omitempty"`
	Speaks     wire.Protocol `json:"speaks,omitempty"`
	Why        string        `json:"why"`
	Path       string        `json:"path,omitempty"`
	PathChosen string        `json:"pathChosenBy,omitempty"`
}

// Endpoint is a backend of the Service.
type Endpoint struct {
	Name  string `json:"name"`
	Node  string `json:"node,omitempty"`
	Zone  string `json:"zone,omitempty"`
	Ready bool   `json:"ready"`
	// Service is set for a neighbour: the Service that it belongs to.
	Service   string   `json:"service,omitempty"`
	Addresses []string `json:"addresses"`
}

// Verdict is the judgement of the run.
type Verdict struct {
	Status verdict.Verdict `json:"status"`
	// Layer is the inmost one that is not healthy, or empty.
	Layer  route.Kind                     `json:"layer,omitempty"`
	Layers map[route.Kind]verdict.Verdict `json:"layers"`
	// Reach says how far requests get and where they fail, where the layers within are
	// seen to work.
	Reach   string `json:"reach,omitempty"`
	Summary string `json:"summary"`
}

// VantageReport is a place that requests were sent from.
type VantageReport struct {
	Name string       `json:"name"`
	Kind vantage.Kind `json:"kind"`
	// Node is the one that the probe ran on; empty for this machine.
	Node string `json:"node,omitempty"`
	// Error says why it brought nothing back.
	Error string `json:"error,omitempty"`
	// Stopped says why it sent less than planned.
	Stopped wire.StopReason `json:"stopped,omitempty"`
}

// Cell is one route from one vantage.
type Cell struct {
	Kind route.Kind `json:"kind"`
	// Port is that of the Service; 0 for a control target.
	Port     int32         `json:"port,omitempty"`
	Protocol wire.Protocol `json:"protocol,omitempty"`
	// Address is the host and port that were connected to, or the name that was
	// looked up.
	Address string `json:"address"`
	// Node is the one whose NodePort it is, or that hosts the endpoint.
	Node string `json:"node,omitempty"`
	// Endpoint is the name of the one that the address belongs to.
	Endpoint string `json:"endpoint,omitempty"`
	Host     string `json:"host,omitempty"`
	Path     string `json:"path,omitempty"`
	// Method is that of the requests where it is not GET, and Headers are those that a
	// rule asks for.
	Method  string        `json:"method,omitempty"`
	Headers []wire.Header `json:"headers,omitempty"`
	// Object is what the way leads through, and Rule the rule in it.
	Object string `json:"object,omitempty"`
	Rule   string `json:"rule,omitempty"`
	// Arrives is the path that pods should get, as the configuration has it, and
	// Arrived are those with which requests were seen to arrive.
	Arrives string    `json:"arrives,omitempty"`
	Arrived []Arrived `json:"arrived,omitempty"`
	// Echoes are the headers with which requests arrived, as answers show them, and
	// Echoing is how many answers do so.
	Echoes  []wire.Echo `json:"echoes,omitempty"`
	Echoing int         `json:"echoing,omitempty"`
	// Source says where the address was found, and Guessed why it is a guess.
	Source  string `json:"source,omitempty"`
	Guessed string `json:"guessed,omitempty"`
	// Want are the values that the lookup of a name should bring.
	Want []string `json:"want,omitempty"`
	// Contrast marks what was asked only to tell causes apart.
	Contrast bool `json:"contrast,omitempty"`
	// Padding is by how many bytes the requests were made larger, and LargestBody
	// the size in bytes of the largest answer that was read to its end.
	Padding     int `json:"padding,omitempty"`
	LargestBody int `json:"largestBody,omitempty"`
	// Marker is how the ids of the cell's requests begin, each of which ends in a
	// number: what applications log of them can be found by it.
	Marker string `json:"marker,omitempty"`
	// Vantage is empty for a route that was asked from none.
	Vantage string          `json:"vantage,omitempty"`
	Verdict verdict.Verdict `json:"verdict"`
	Reason  string          `json:"reason,omitempty"`
	Sent    int             `json:"sent"`
	OK      int             `json:"ok"`
	Answers []Answer        `json:"answers,omitempty"`
	Unknown int             `json:"unknown,omitempty"`
	// Spread is how the answers divide, where several may give them.
	Spread *finding.Spread `json:"spread,omitempty"`
	// Statuses count the answers by their status.
	Statuses []Status      `json:"statuses,omitempty"`
	Failures []Failure     `json:"failures,omitempty"`
	Latency  *Latency      `json:"latency,omitempty"`
	GaveUp   bool          `json:"gaveUp,omitempty"`
	Samples  []wire.Sample `json:"samples,omitempty"`
	// Hops are where one request of the cell was seen on its way, and HopsOf is the id
	// of that request.
	Hops   []Hop  `json:"hops,omitempty"`
	HopsOf string `json:"hopsOf,omitempty"`
	// Troubles are the failed requests of which the time was noted.
	Troubles []Trouble `json:"troubles,omitempty"`
	// Certificates are those that were served, and Resolutions what the DNS said.
	Certificates []wire.Certificate `json:"certificates,omitempty"`
	Resolutions  []wire.Resolution  `json:"resolutions,omitempty"`
}

// Arrived is a path, as endpoints got it.
type Arrived struct {
	Path string `json:"path"`
	// Sent is the path that was asked for, where it is another than the cell's, and
	// Change says what became of it: kept, stripped PREFIX, PREFIX replaced by ANOTHER,
	// rewritten to PATH, or "not stripped", where no more is known and Path is empty.
	// ID stands for what each request had of its own.
	Sent   string `json:"sent,omitempty"`
	Change string `json:"change,omitempty"`
	// Otherwise is set where the configuration has it arrive with another path.
	Otherwise bool `json:"otherwise,omitempty"`
	// Evidence is how it was seen, and Count in how many requests.
	Evidence wire.Rung `json:"evidence"`
	Count    int       `json:"count"`
}

// How says how it was seen: in the word for its evidence, or that it was inferred.
func (a Arrived) How() string {
	if a.Evidence == wire.RungDifference {
		return "inferred"
	}
	return string(a.Evidence)
}

// Answer counts what one endpoint answered.
type Answer struct {
	Endpoint string    `json:"endpoint"`
	Evidence wire.Rung `json:"evidence"`
	Count    int       `json:"count"`
}

// Status counts the answers with one status: of HTTP, and of gRPC where it has one.
type Status struct {
	Status int    `json:"status"`
	GRPC   string `json:"grpc,omitempty"`
	Count  int    `json:"count"`
}

// Failure counts the requests that failed alike.
type Failure struct {
	What     string `json:"what"`
	Endpoint string `json:"endpoint,omitempty"`
	Count    int    `json:"count"`
}

// Trouble is a request that failed, when it was sent, and who is known to have
// answered it.
type Trouble struct {
	Sent     time.Time `json:"sent"`
	What     string    `json:"what"`
	Endpoint string    `json:"endpoint,omitempty"`
}

// Latency holds quantiles of the requests that got an answer.
type Latency struct {
	Connect   Quantiles `json:"connect"`
	FirstByte Quantiles `json:"firstByte"`
	Total     Quantiles `json:"total"`
}

// Quantiles are the median and the 99th percentile.
type Quantiles struct {
	P50 time.Duration `json:"p50"`
	P99 time.Duration `json:"p99"`
	// All holds the durations themselves, as pairs of microseconds and counts, so
	// that cells can be summed up.
	All wire.Latency `json:"all"`
}

// LoadReport is the traffic that the run made, for all its targets together.
type LoadReport struct {
	Targets     int           `json:"targets"`
	Requests    int           `json:"requests"`
	Elapsed     time.Duration `json:"elapsed"`
	Rate        float64       `json:"ratePerSecond"`
	Concurrency int           `json:"concurrency"`
}
