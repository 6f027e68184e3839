package scenario

import (
	"fmt"
	"os"
	"path/filepath"

	"sigs.k8s.io/yaml"
)

// Scenario is one set-up.
type Scenario struct {
	// Name is that of its directory, and Manifest the text of manifest.yaml.
	Name     string `json:"-"`
	Manifest string `json:"-"`

	// Proves says in a sentence what the scenario is for.
	Proves string `json:"proves"`
	// Service is the target; "web" where nothing else is said.
	Service string `json:"service"`
	// Wait holds kubectl commands that wait, such as "rollout status
	// deployment/web", and Endpoints what the EndpointSlices must have.
	Wait      []string `json:"wait"`
	Endpoints Counts   `json:"endpoints"`
	// Events are reasons of events that must have been seen, such as Unhealthy.
	Events []string `json:"events"`
	// TLS asks for a Secret called "tls" with a fresh certificate, which the
	// manifest refers to.
	TLS bool `json:"tls"`
	// Expired has the certificate be no longer valid.
	Expired bool `json:"expired"`
	// Slice asks for an EndpointSlice as a person would write it by hand: with
	// the bare addresses of the pods that the selector matches.
	Slice *Slice `json:"slice"`
	// Logged is what every request leaves as one line in the log of the pod
	// that served it. With it, the counts of the report are compared with the
	// pods' own.
	Logged string `json:"logged"`

	// Outside runs the plugin where clients outside of the cluster are, so that the
	// ways in that are meant for them are asked from there.
	Outside bool `json:"outside"`
	// Args are given to the plugin after the target.
	Args []string `json:"args"`
	Expect
	// Repaired is what is to be expected once the commands that the report
	// proposes as fixes were run, each in a shell, exactly as printed.
	Repaired *Repaired `json:"repaired"`
}

// Counts are numbers of endpoints.
type Counts struct {
	Ready  int `json:"ready"`
	Others int `json:"others"`
}

// Slice says which addresses a hand-made EndpointSlice has.
type Slice struct {
	Selector string `json:"selector"`
	Port     int    `json:"port"`
}

// Repaired is the state after the printed fix.
type Repaired struct {
	Endpoints Counts `json:"endpoints"`
	Expect
}

// Expect is what a report must say, and nothing beyond it.
type Expect struct {
	Exit     int       `json:"exit"`
	Verdict  string    `json:"verdict"`
	Layer    string    `json:"layer"`
	Findings []Finding `json:"findings"`
	Cells    []Cells   `json:"cells"`
	// Says are texts that the table must hold.
	Says []string `json:"says"`
}

// Finding is one that must be reported.
type Finding struct {
	Name     string `json:"name"`
	Severity string `json:"severity"`
	Status   string `json:"status"`
	// Summary, Evidence and Fix are texts that its summary, one entry of its
	// evidence and one command or text of its fix must hold.
	Summary  string   `json:"summary"`
	Evidence []string `json:"evidence"`
	Fix      []string `json:"fix"`
}

// Cells chooses cells of the report, and says what all of them must show.
type Cells struct {
	Kind     string `json:"kind"`
	Contrast bool   `json:"contrast"`
	// Large chooses the requests that are larger than a packet.
	Large bool `json:"large"`
	// Port and Family (4 or 6) narrow the choice where they are set; Endpoint is
	// how the endpoint's name must begin.
	Port     int    `json:"port"`
	Family   int    `json:"family"`
	Endpoint string `json:"endpoint"`
	// From is "hosting" for vantages whose node hosts a ready endpoint, "others"
	// for the others, and "own" for the endpoint's own node.
	From string `json:"from"`
	// Vantage is one in particular, such as "pod@node-1", or a kind of them: pod,
	// node or local.
	Vantage string `json:"vantage"`
	// Host is how the host that is asked for must begin, and At is the path; Object is the kind of what the
	// way leads through, such as "ingress", and Node is as From, but for the node
	// whose address it is.
	Host   string `json:"host"`
	At     string `json:"at"`
	Object string `json:"object"`
	Node   string `json:"node"`
	// Wants chooses lookups of which it is known what they must bring.
	Wants bool `json:"wants"`
	// Optional cells need not exist: on a cluster with one node, none is from
	// another.
	Optional bool `json:"optional"`

	Verdict  string `json:"verdict"`
	Protocol string `json:"protocol"`
	Path     string `json:"path"`
	Arrives  string `json:"arrives"`
	// Arrived is the only path with which requests may have been seen to arrive.
	Arrived string `json:"arrived"`
	// Change is what must be seen to become of paths on the way, and how: "kept (log)".
	Change string `json:"change"`
	Reason string `json:"reason"`
	Sent   int    `json:"sent"`
	// By is who must have answered: "itself", "pods" (each answer tied to a ready
	// endpoint by what it said), "logs" (by its own log), "fingerprint" (by what it alone gives), "one
	// pod" (the same one throughout a cell), "pods and neighbours" (some by those of
	// another Service), "unknown" or "nobody".
	By string `json:"by"`
	// Every asks that every ready endpoint answered at each address, over all
	// vantages. It is for enough requests to make a miss a matter of millions.
	Every bool `json:"every"`
	// Failures are the only ways in which requests may have failed.
	Failures []string `json:"failures"`
}

// All reads the scenarios below the directory.
func All(directory string) ([]Scenario, error) {
	files, err := filepath.Glob(filepath.Join(directory, "*", "expect.yaml"))
	if err != nil {
		return nil, fmt.Errorf("listing the scenarios: %w", err)
	}
	var all []Scenario
	for _, file := range files {
		s, err := load(filepath.Dir(file))
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

func load(directory string) (Scenario, error) {
	s := Scenario{Name: filepath.Base(directory), Service: "web"}
	manifest, err := os.ReadFile(filepath.Join(directory, "manifest.yaml"))
	if err != nil {
		return s, fmt.Errorf("reading a scenario: %w", err)
	}
	s.Manifest = string(manifest)
	expect, err := os.ReadFile(filepath.Join(directory, "expect.yaml"))
	if err != nil {
		return s, fmt.Errorf("reading a scenario: %w", err)
	}
	if err := yaml.UnmarshalStrict(expect, &s); err != nil {
		return s, fmt.Errorf("reading what scenario %s expects: %w", s.Name, err)
	}
	return s, nil
}
