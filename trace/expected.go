package trace

import "github.com/kubectl-nettrace/kubectl-nettrace/trace/route"

// Result says whether an expectation was seen to be met.
type Result string

// The results.
const (
	Met         Result = "met"
	Missed      Result = "not met"
	NotObserved Result = "not observed"
)

// Expected is one expectation, and what was seen of it.
type Expected struct {
	// Expectation is as --expect takes it.
	Expectation string `json:"expectation"`
	// Result is Missed where that was seen on one of the ways, and Met only where it
	// was met on each.
	Result Result        `json:"result"`
	Ways   []ExpectedWay `json:"ways,omitempty"`
}

// ExpectedWay is what was seen on one way.
type ExpectedWay struct {
	Kind route.Kind `json:"kind"`
	// Way names it, and Vantage is where requests were sent from; empty for what is
	// judged of all together.
	Way     string `json:"way"`
	Vantage string `json:"vantage,omitempty"`
	Result  Result `json:"result"`
	Why     string `json:"why,omitempty"`
}
