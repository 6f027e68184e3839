package report

import (
	"encoding/json"
	"fmt"
)

// Comparison is the JSON of a comparison, as far as tests look at it.
type Comparison struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Verdict    struct {
		Status  string `json:"status"`
		Summary string `json:"summary"`
	} `json:"verdict"`
	Pairs []struct {
		A     AskedFor `json:"a"`
		B     AskedFor `json:"b"`
		Views []struct {
			Vantage string `json:"vantage"`
			A       Seen   `json:"a"`
			B       Seen   `json:"b"`
			Status  string `json:"status"`
		} `json:"views"`
		Paths []struct {
			Sent   string    `json:"sent"`
			A      []Arrived `json:"a"`
			B      []Arrived `json:"b"`
			Result string    `json:"result"`
		} `json:"paths"`
		Headers struct {
			Result      string `json:"result"`
			Differences []struct {
				Name string   `json:"name"`
				A    []string `json:"a"`
				B    []string `json:"b"`
			} `json:"differences"`
		} `json:"headers"`
		Differences []struct {
			Aspect string `json:"aspect"`
			Text   string `json:"text"`
		} `json:"differences"`
	} `json:"pairs"`
	Alone []struct {
		Side    string `json:"side"`
		Path    string `json:"path"`
		Differs bool   `json:"differs"`
		Reason  string `json:"reason"`
		Other   *Seen  `json:"other"`
	} `json:"alone"`
}

// AskedFor is what was asked on one of the two ways.
type AskedFor struct {
	Host string `json:"host"`
	Path string `json:"path"`
}

// Seen is what came of that.
type Seen struct {
	Sent     int `json:"sent"`
	Statuses []struct {
		What  string `json:"what"`
		Count int    `json:"count"`
	} `json:"statuses"`
	Answers []struct {
		Endpoint string `json:"endpoint"`
		Count    int    `json:"count"`
	} `json:"answers"`
	Unknown int `json:"unknown"`
}

// ParseComparison reads the JSON of a comparison.
func ParseComparison(text string) (*Comparison, error) {
	c := &Comparison{}
	if err := json.Unmarshal([]byte(text), c); err != nil {
		return nil, fmt.Errorf("reading the comparison: %w", err)
	}
	if c.APIVersion != "nettrace.dev/v1alpha1" || c.Kind != "Comparison" {
		return nil, fmt.Errorf("reading the comparison: it is a %q of %q", c.Kind, c.APIVersion)
	}
	return c, nil
}
