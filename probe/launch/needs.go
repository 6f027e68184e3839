package launch

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	authorizationv1 "k8s.io/api/authorization/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// Need is a right in the cluster, and what it is needed for.
type Need struct {
	Verb, Group, Resource, Subresource string
	// Namespace is empty for what has none, such as nodes.
	Namespace string
	// Why completes the sentence "this is needed to …".
	Why string
	// Optional rights make a run safer or its messages clearer. Probes run
	// without them, and what then goes unchecked is named.
	Optional bool
}

// String is the need as kubectl auth can-i would be asked.
func (n Need) String() string {
	what := n.Resource
	if n.Group != "" {
		what += "." + n.Group
	}
	if n.Subresource != "" {
		what += "/" + n.Subresource
	}
	if n.Namespace == "" {
		return n.Verb + " " + what
	}
	return n.Verb + " " + what + " in namespace " + n.Namespace
}

// Needs returns the rights that launching probes in a namespace takes.
func Needs(namespace string) []Need {
	return []Need{
		{Verb: "create", Group: "batch", Resource: "jobs", Namespace: namespace, Why: "start the probes"},
		{Verb: "delete", Group: "batch", Resource: "jobs", Namespace: namespace, Why: "remove the probes"},
		{Verb: "list", Resource: "pods", Namespace: namespace, Why: "see the probes start"},
		{Verb: "watch", Resource: "pods", Namespace: namespace, Why: "see the probes start"},
		{Verb: "get", Resource: "pods", Subresource: "log", Namespace: namespace, Why: "read what the probes found"},
		{Verb: "create", Resource: "pods", Namespace: namespace, Optional: true, Why: "ask beforehand, by a dry run, whether the probe's pod would be refused or changed"},
		optional(servicesNeed(namespace)),
		optional(budgetsNeed(namespace)),
		{Verb: "list", Resource: "events", Namespace: namespace, Optional: true, Why: "say why a probe does not start"},
		{Verb: "get", Resource: "nodes", Optional: true, Why: "see beforehand that a node is not ready"},
	}
}

// LikeNeeds returns the rights that probes like a pod of the namespace take in
// addition, whatever may be done without by others.
func LikeNeeds(namespace string) []Need {
	return []Need{
		ClientNeed(namespace),
		PoliciesNeed(namespace),
		servicesNeed(namespace),
		budgetsNeed(namespace),
		scalersNeed(namespace),
		optional(PoliciesNeed("")),
		{Verb: "get", Resource: "namespaces", Optional: true, Why: "tell which policies of other namespaces mean that pod's"},
		optional(workloadNeed(namespace, autoscalingv2.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: "Deployment"})),
		optional(workloadNeed(namespace, autoscalingv2.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: "StatefulSet"})),
	}
}

// ClientNeed is the right to read the pod that probes are to be like.
func ClientNeed(namespace string) Need {
	return Need{Verb: "get", Resource: "pods", Namespace: namespace, Why: "read the pod that the probes are to be like"}
}

// PoliciesNeed is the right to read NetworkPolicies; without a namespace, those
// of all namespaces.
func PoliciesNeed(namespace string) Need {
	return Need{Verb: "list", Group: "networking.k8s.io", Resource: "networkpolicies", Namespace: namespace, Why: "see by which labels policies know that pod"}
}

func servicesNeed(namespace string) Need {
	return Need{Verb: "list", Resource: "services", Namespace: namespace, Why: "make sure that no Service selects the probes"}
}

func budgetsNeed(namespace string) Need {
	return Need{Verb: "list", Group: "policy", Resource: "poddisruptionbudgets", Namespace: namespace, Why: "make sure that the probes block no drain"}
}

func scalersNeed(namespace string) Need {
	return Need{Verb: "list", Group: "autoscaling", Resource: "horizontalpodautoscalers", Namespace: namespace, Why: "make sure that no autoscaler counts the probes"}
}

// workloadNeed is the right to read a workload that an autoscaler sizes.
func workloadNeed(namespace string, workload autoscalingv2.CrossVersionObjectReference) Need {
	kind := kindOf(workload)
	return Need{
		Verb: "get", Group: kind.Group, Resource: strings.ToLower(kind.Kind) + "s", Namespace: namespace,
		Why: "make sure that no autoscaler counts the probes",
	}
}

func optional(need Need) Need {
	need.Optional = true
	return need
}

// ForwardNeed is the right to reach pods through the API server, without probes.
// Where WebSockets take the right to get instead, SPDY is fallen back to.
func ForwardNeed(namespace string) Need {
	return Need{Verb: "create", Resource: "pods", Subresource: "portforward", Namespace: namespace, Why: "reach the pods through the API server"}
}

// SecretNeed is the right that is needed in addition for a plan that is too
// large to travel inline.
func SecretNeed(namespace string) Need {
	return Need{Verb: "create", Resource: "secrets", Namespace: namespace, Why: "hand over a plan of this size"}
}

// needs are the rights without which these plans cannot be carried out.
func (l *Launcher) needs(plans ...wire.Plan) ([]Need, error) {
	var needs []Need
	for _, need := range Needs(l.options.Namespace) {
		if !need.Optional {
			needs = append(needs, need)
		}
	}
	for _, plan := range plans {
		secret, err := l.Secret(plan)
		if err != nil {
			return nil, err
		}
		if secret != nil {
			return append(needs, SecretNeed(l.options.Namespace)), nil
		}
	}
	return needs, nil
}

// Check returns which of the needs are not met, asking for all of them at once.
// An error says that the API server could not tell.
func Check(ctx context.Context, client kubernetes.Interface, needs []Need) (missing []Need, err error) {
	allowed := make([]bool, len(needs))
	errs := make([]error, len(needs))
	var all sync.WaitGroup
	for i, need := range needs {
		all.Go(func() { allowed[i], errs[i] = ask(ctx, client, need) })
	}
	all.Wait()
	for i, need := range needs {
		if errs[i] == nil && !allowed[i] {
			missing = append(missing, need)
		}
	}
	return missing, errors.Join(errs...)
}

func ask(ctx context.Context, client kubernetes.Interface, need Need) (bool, error) {
	review := &authorizationv1.SelfSubjectAccessReview{
		Spec: authorizationv1.SelfSubjectAccessReviewSpec{
			ResourceAttributes: &authorizationv1.ResourceAttributes{
				Verb:        need.Verb,
				Group:       need.Group,
				Resource:    need.Resource,
				Subresource: need.Subresource,
				Namespace:   need.Namespace,
			},
		},
	}
	answer, err := client.AuthorizationV1().SelfSubjectAccessReviews().Create(ctx, review, metav1.CreateOptions{})
	if err != nil {
		return false, fmt.Errorf("asking whether you may %s: %w", need, err)
	}
	return answer.Status.Allowed, nil
}
