package finding

import (
	"cmp"
	"slices"
	"time"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/policy"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/vantage"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

// Severity says how bad a finding is.
type Severity string

// The severities. An error keeps clients from being served; a warning does not
// yet, or only some; an info explains.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
	Info    Severity = "info"
)

// Status says whether requests showed the finding to be so, or, where it is about
// objects alone, these.
type Status string

// The statuses. A refuted suspicion is not a finding.
const (
	Confirmed  Status = "confirmed"
	Unverified Status = "unverified"
)

// Finding is one named cause.
type Finding struct {
	// Name is stable and in kebab case.
	Name     string   `json:"name"`
	Severity Severity `json:"severity"`
	Status   Status   `json:"status"`
	// Layer is set where the cause concerns one kind of way in alone, and nothing
	// further in.
	Layer route.Kind `json:"layer,omitempty"`
	// Summary is one sentence that says what is wrong.
	Summary string `json:"summary"`
	// Evidence lists what was seen, each entry a fact.
	Evidence []Evidence `json:"evidence"`
	Fix      []Step     `json:"fix,omitempty"`
}

// Evidence is one fact that was seen.
type Evidence struct {
	// Source is "object" for what the API server says, and "traffic" for what
	// requests showed.
	Source string `json:"source"`
	Text   string `json:"text"`
}

// Step is one thing to do.
type Step struct {
	// Text says what the step does and what else it touches.
	Text string `json:"text"`
	// Command can be pasted into a shell. It may be empty.
	Command string `json:"command,omitempty"`
}

// Facts is all that rules may look at.
type Facts struct {
	Target *target.Target
	Routes []route.Route
	// From are the places that requests were sent from, and Vantages how sentences
	// call them.
	From     []vantage.Vantage
	Vantages []string
	Cells    []verdict.Cell
	// ControlRoutes and Controls are what was asked beside the target, and how it
	// went.
	ControlRoutes []route.Route
	Controls      []verdict.Cell
	// Blocked are the vantages from which no control target was reached, and how.
	Blocked map[int]string
	// Trails are what became of the paths of requests through proxies.
	Trails []Trail
	// Retries are the requests that proxies have sent again, by their own logs.
	Retries []Retries
	// Probes is what the probes' pods are to NetworkPolicies, and ProbePolicies are
	// those of their namespace.
	Probes        policy.Pod
	ProbePolicies []networkingv1.NetworkPolicy
	// Changes are what became of the target's endpoints while requests were sent.
	Changes target.Changes
	// Targets is how many targets the run has.
	Targets int
	// Now is the time of the run.
	Now time.Time
}

// Rule looks for one kind of cause.
type Rule func(Facts) []Finding

// All returns what the rules find, the most severe first. Where a rule explains
// why another cause seems to be there, only the explanation is returned.
func All(f Facts) []Finding {
	found := []Finding{}
	for _, rule := range []Rule{
		selectorMatchesWorkloadLabels,
		selectorMatchesNothing,
		noSelectorNoEndpoints,
		endpointsNotReady,
		targetPortNameMissing,
		targetPortRefused,
		protocolMismatch,
		staleEndpoint,
		policyBlocks,
		policyBlocksProxy,
		meshRequires,
		deadEndpoint,
		hiddenRetries,
		podNetworkBroken,
		largePacketsDropped,
		clusterIPBrokenOnNode,
		staleRules,
		silentEndpoint,
		nodePortClosed,
		names,
		loadBalancerUnreachable,
		loadBalancerPending,
		ingressClassUnowned,
		backendMissing,
		pathRegexUnderPrefix,
		ingressShadowed,
		prefixNotStripped,
		rewriteDropsPath,
		gatewayConditions,
		certificates,
		redirects,
		selectorTooBroad,
		externalTrafficLocal,
		internalTrafficLocal,
		sessionAffinity,
		unevenSpread,
		stickyWithoutAffinity,
		weightsNotHonoured,
		endpointsChanged,
		vantageBlocked,
		indistinguishable,
	} {
		found = append(found, rule(f)...)
	}
	rank := []Severity{Error, Warning, Info}
	slices.SortStableFunc(found, func(a, b Finding) int {
		return cmp.Compare(slices.Index(rank, a.Severity), slices.Index(rank, b.Severity))
	})
	return found
}

func object(text string) Evidence { return Evidence{Source: "object", Text: text} }

func traffic(text string) Evidence { return Evidence{Source: "traffic", Text: text} }
