package route

import (
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// conditions returns what the API says against the route at the listener: what
// the controller wrote into the status of the three objects, and what their
// specs leave no room for.
func (a attachment) conditions() []Condition {
	var said []Condition
	if a.against != nil {
		said = append(said, Condition{Type: a.against.Type, Text: a.gateway() + ": " + a.against.Text})
	}
	known := false
	for _, s := range a.Status() {
		if a.isParent(s.ParentRef) {
			known = true
			said = append(said, against(OfRoute, a.Name(), a.Meta().Generation, s.Conditions)...)
		}
	}
	if !known {
		said = append(said, Condition{Type: Unclaimed, Text: a.Name() + ": no controller has taken notice of it for " + a.gateway()})
	}
	gateway := a.parent.Gateway
	said = append(said, against(OfGateway, a.gateway(), gateway.Generation, gateway.Status.Conditions)...)
	for _, s := range gateway.Status.Listeners {
		if s.Name == a.listener.Name {
			said = append(said, against(OfListener, a.gateway()+" listener "+string(s.Name), gateway.Generation, s.Conditions)...)
		}
	}
	return said
}

// unattached returns what the API says against a route that has no listener, for the
// reason given.
func (a attachment) unattached(why string) []Condition {
	said := []Condition{{Type: NotAllowed, Text: why}}
	for _, s := range a.Status() {
		if a.isParent(s.ParentRef) {
			said = append(said, against(OfRoute, a.Name(), a.Meta().Generation, s.Conditions)...)
		}
	}
	return said
}

// isParent reports whether a status is about the parent: the references must
// name the same, each with its defaults.
func (a attachment) isParent(ref gatewayv1.ParentReference) bool {
	ours := a.parent.Reference
	kind, namespace, name := a.Names(ref)
	k, ns, n := a.Names(ours)
	return kind == k && namespace == ns && name == n && same(ref.SectionName, ours.SectionName) && same(ref.Port, ours.Port)
}

func same[T comparable](a, b *T) bool {
	var zero T
	if a == nil {
		a = &zero
	}
	if b == nil {
		b = &zero
	}
	return *a == *b
}

// against returns the conditions that are not as they are where all is well.
func against(of Speaker, what string, generation int64, conditions []metav1.Condition) []Condition {
	good := []string{
		string(gatewayv1.RouteConditionAccepted), string(gatewayv1.RouteConditionResolvedRefs), string(gatewayv1.GatewayConditionProgrammed),
	}
	bad := []string{string(gatewayv1.RouteConditionPartiallyInvalid), string(gatewayv1.ListenerConditionConflicted)}
	var said []Condition
	for _, c := range conditions {
		if c.Status == metav1.ConditionFalse && slices.Contains(good, c.Type) || c.Status == metav1.ConditionTrue && slices.Contains(bad, c.Type) {
			text := fmt.Sprintf("%s: %s is %s, %s", what, c.Type, c.Status, c.Reason)
			if c.Message != "" {
				text += ": " + c.Message
			}
			if c.ObservedGeneration < generation {
				text += " (said of an older version)"
			}
			said = append(said, Condition{Type: c.Type, Reason: c.Reason, Of: of, Text: text})
		}
	}
	return said
}
