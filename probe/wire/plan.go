package wire

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
)

// Version is the version of the contract. A probe refuses a plan of another
// version, because it could not be sure of what is asked.
const Version = 1

// The environment variables in which a probe finds its plan: the encoded text
// itself, or the path of a file that holds it.
const (
	EnvPlan     = "NETTRACE_PLAN"
	EnvPlanFile = "NETTRACE_PLAN_FILE"
)

// maxPlan bounds the size of a decoded plan in bytes, far above what the
// largest sensible one needs, so that a damaged one cannot exhaust memory.
const maxPlan = 32 << 20

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
	Deadline  time.Duration `json:"deadline"`
	Endpoints []Endpoint    `json:"endpoints,omitempty"`
	Routes    []Route       `json:"routes"`
}

// Endpoint is one backend that may answer, and the strings by which an answer
// may name it.
type Endpoint struct {
	// ID is the number of the endpoint in the plan, from 1. Zero, elsewhere in
	// this package, means that no endpoint is known.
	ID         int        `json:"id"`
	Identities []Identity `json:"identities,omitempty"`
}

// IdentityKind says what sort of name an [Identity] is.
type IdentityKind string

// The kinds of identity that answers are searched for.
const (
	IdentityName     IdentityKind = "name"
	IdentityHostname IdentityKind = "hostname"
	IdentityUID      IdentityKind = "uid"
	IdentityIP       IdentityKind = "ip"
)

// Identity is a string that names one endpoint and no other of the plan.
type Identity struct {
	Kind  IdentityKind `json:"kind"`
	Value string       `json:"value"`
}

// Protocol is what is spoken on a route.
type Protocol string

// The protocols that a probe speaks. HTTPS does not verify certificates: that
// a certificate is wrong is something to report, not a reason to stay silent.
const (
	HTTP  Protocol = "http"
	HTTPS Protocol = "https"
	TCP   Protocol = "tcp"
)

// Route is one address to send requests to.
type Route struct {
	// ID is the number of the route in the plan, from 1.
	ID int `json:"id"`
	// Group is shared by the routes that lead to the same port of the same
	// endpoints: how these answer when asked directly tells how to recognise
	// them behind the group's other routes.
	Group    int      `json:"group"`
	Protocol Protocol `json:"protocol"`
	// Address is the host and port to connect to.
	Address string `json:"address"`
	// Host is the Host header (and the TLS server name) to send.
	Host string `json:"host,omitempty"`
	// Path is the request target, with its query.
	Path string `json:"path,omitempty"`
	// Requests is how many requests to send.
	Requests int `json:"requests"`
	// Endpoint is set when the address is the endpoint's own, so that whatever
	// answers there is that endpoint.
	Endpoint int `json:"endpoint,omitempty"`
}

// Marker returns the id that a request carries: opaque on purpose, because an
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

// Encode returns the plan as text that is safe in an environment variable.
func Encode(p Plan) (string, error) {
	var text bytes.Buffer
	armour := base64.NewEncoder(base64.StdEncoding, &text)
	squeeze := gzip.NewWriter(armour)
	if err := json.NewEncoder(squeeze).Encode(p); err != nil {
		return "", fmt.Errorf("encoding the plan: %w", err)
	}
	// Neither can fail: both end in a buffer in memory.
	_ = squeeze.Close()
	_ = armour.Close()
	return text.String(), nil
}

// Decode returns the plan that Encode made a text from, and an error when the
// text is damaged or is no plan that this release can carry out.
func Decode(armour string) (Plan, error) {
	var p Plan
	squeezed, err := gzip.NewReader(base64.NewDecoder(base64.StdEncoding, strings.NewReader(armour)))
	if err != nil {
		return p, fmt.Errorf("decoding the plan: %w", err)
	}
	// To the end, since the checksum is there: half a plan may be valid JSON.
	text, err := io.ReadAll(io.LimitReader(squeezed, maxPlan))
	if err != nil {
		return p, fmt.Errorf("decoding the plan: %w", err)
	}
	if err := json.Unmarshal(text, &p); err != nil {
		return p, fmt.Errorf("decoding the plan: %w", err)
	}
	return p, p.Validate()
}
