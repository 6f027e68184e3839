// Package report reads what the plugin prints, as a user's program or eye does.
package report

import (
	"encoding/json"
	"fmt"
	"time"
)

// Report is the JSON of a run, as far as tests look at it. It is written down
// here once more on purpose: programs depend on these names.
type Report struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Run        string `json:"run"`
	Target     struct {
		Namespace  string     `json:"namespace"`
		Name       string     `json:"name"`
		Type       string     `json:"type"`
		Ports      []Port     `json:"ports"`
		Endpoints  []Endpoint `json:"endpoints"`
		Neighbours []struct {
			Name    string `json:"name"`
			Service string `json:"service"`
		} `json:"neighbours"`
	} `json:"target"`
	Verdict struct {
		Status  string            `json:"status"`
		Layer   string            `json:"layer"`
		Layers  map[string]string `json:"layers"`
		Summary string            `json:"summary"`
	} `json:"verdict"`
	Vantages []struct {
		Name    string `json:"name"`
		Kind    string `json:"kind"`
		Node    string `json:"node"`
		Error   string `json:"error"`
		Stopped string `json:"stopped"`
	} `json:"vantages"`
	Cells    []Cell    `json:"cells"`
	Controls []Cell    `json:"controls"`
	Findings []Finding `json:"findings"`
	NamedBy  []string  `json:"namedBy"`
	Load     struct {
		Requests    int           `json:"requests"`
		Elapsed     time.Duration `json:"elapsed"`
		Rate        float64       `json:"ratePerSecond"`
		Concurrency int           `json:"concurrency"`
	} `json:"load"`
	Unread []struct {
		Resource string `json:"resource"`
		Reason   string `json:"reason"`
		Loses    string `json:"loses"`
	} `json:"unread"`
	Notes []string `json:"notes"`
}

// Endpoint is one of the target's.
type Endpoint struct {
	Name      string   `json:"name"`
	Node      string   `json:"node"`
	Ready     bool     `json:"ready"`
	Addresses []string `json:"addresses"`
}

// Port is one port of the Service and how it was spoken to.
type Port struct {
	Name       string `json:"name"`
	Port       int    `json:"port"`
	Protocol   string `json:"protocol"`
	TargetPort string `json:"targetPort"`
	Speaks     string `json:"speaks"`
	Path       string `json:"path"`
}

// Cell is one route from one vantage.
type Cell struct {
	Kind     string `json:"kind"`
	Port     int    `json:"port"`
	Protocol string `json:"protocol"`
	Address  string `json:"address"`
	Node     string `json:"node"`
	Endpoint string `json:"endpoint"`
	Host     string `json:"host"`
	Path     string `json:"path"`
	// Object, Rule, Arrives, Source and Want are of ways through a proxy or the DNS.
	Object   string    `json:"object"`
	Rule     string    `json:"rule"`
	Arrives  string    `json:"arrives"`
	Arrived  []Arrived `json:"arrived"`
	Source   string    `json:"source"`
	Want     []string  `json:"want"`
	Contrast bool      `json:"contrast"`
	Padding  int       `json:"padding"`
	Marker   string    `json:"marker"`
	Vantage  string    `json:"vantage"`
	Verdict  string    `json:"verdict"`
	Reason   string    `json:"reason"`
	Sent     int       `json:"sent"`
	OK       int       `json:"ok"`
	Answers  []struct {
		Endpoint string `json:"endpoint"`
		Evidence string `json:"evidence"`
		Count    int    `json:"count"`
	} `json:"answers"`
	Unknown  int `json:"unknown"`
	Failures []struct {
		What     string `json:"what"`
		Endpoint string `json:"endpoint"`
		Count    int    `json:"count"`
	} `json:"failures"`
	Samples      []Sample `json:"samples"`
	GaveUp       bool     `json:"gaveUp"`
	Certificates []struct {
		SHA256 string   `json:"sha256"`
		Names  []string `json:"names"`
	} `json:"certificates"`
}

// Sample is one request of many.
type Sample struct {
	TraceID string `json:"traceId"`
}

// Arrived is a path with which requests arrived behind a proxy.
type Arrived struct {
	Path     string `json:"path"`
	Evidence string `json:"evidence"`
	Sent     string `json:"sent"`
	Change   string `json:"change"`
}

// Finding is one named cause.
type Finding struct {
	Name     string `json:"name"`
	Severity string `json:"severity"`
	Status   string `json:"status"`
	Summary  string `json:"summary"`
	Evidence []struct {
		Source string `json:"source"`
		Text   string `json:"text"`
	} `json:"evidence"`
	Fix []struct {
		Text    string `json:"text"`
		Command string `json:"command"`
	} `json:"fix"`
}

// Parse reads the JSON of a run.
func Parse(text string) (*Report, error) {
	r := &Report{}
	if err := json.Unmarshal([]byte(text), r); err != nil {
		return nil, fmt.Errorf("reading the report: %w", err)
	}
	if r.APIVersion != "nettrace.dev/v1alpha1" || r.Kind != "Report" {
		return nil, fmt.Errorf("reading the report: it is a %q of %q", r.Kind, r.APIVersion)
	}
	return r, nil
}

// Name identifies the cell in messages.
func (c Cell) Name() string {
	kind := c.Kind
	if c.Contrast {
		kind += " (contrast)"
	}
	return fmt.Sprintf("%s %s %s from %s", kind, c.Endpoint, c.Address, c.Vantage)
}

// AnsweredBy returns how many answers the report says the endpoint gave, over
// all cells, contrast included.
func (r *Report) AnsweredBy(endpoint string) int {
	n := 0
	for _, c := range r.Cells {
		for _, a := range c.Answers {
			if a.Endpoint == endpoint {
				n += a.Count
			}
		}
	}
	return n
}

// Unknown returns how many answers came from nobody knows whom.
func (r *Report) Unknown() int {
	n := 0
	for _, c := range r.Cells {
		n += c.Unknown
	}
	return n
}

// Controlled returns how many requests went to what is asked beside the target.
func (r *Report) Controlled() int {
	sent := 0
	for _, c := range r.Controls {
		sent += c.Sent
	}
	return sent
}
