package launch

import (
	"fmt"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// elsewhere is what helps against most of what a namespace refuses.
const elsewhere = "run the probes in another namespace with --probe-namespace"

// known is a way of saying no: it has all of the words in it.
type known struct {
	words  []string
	reason Reason
	what   string
	fix    string
}

// refusals tells the ways of saying no apart. The API server has one status for
// nearly all of them, so that only the words remain; these are as old as the
// features. The first match counts.
func refusals() []known {
	return []known{
		{[]string{"violates PodSecurity"}, ReasonSecurity,
			"Pod Security refuses the probe's pod",
			"the pod itself meets the level restricted, so something in the cluster has changed it; " + elsewhere},
		{[]string{"security context constraint"}, ReasonSecurity,
			"no SecurityContextConstraint admits the probe's pod",
			"the default restricted-v2 does; " + elsewhere},
		{[]string{"exceeded quota"}, ReasonQuota,
			"a ResourceQuota has no room for the probe",
			"raise it, or " + elsewhere},
		{[]string{"failed quota"}, ReasonQuota,
			"a ResourceQuota demands what the probe does not specify",
			"set it with --probe-limits, or " + elsewhere},
		{[]string{"usage per "}, ReasonLimits,
			"a LimitRange does not allow the size of the probe",
			"change it with --probe-limits, or " + elsewhere},
		{[]string{"limit to request ratio per "}, ReasonLimits,
			"a LimitRange does not allow the size of the probe",
			"change it with --probe-limits, or " + elsewhere},
		{[]string{"admission webhook", "denied the request"}, ReasonWebhook,
			"an admission webhook refuses the probe",
			"exempt the namespace there, or " + elsewhere},
		{[]string{"failed calling webhook"}, ReasonWebhook,
			"an admission webhook does not work, and nothing can be created without it",
			"that concerns every new pod: see the Service behind that webhook"},
		{[]string{"ValidatingAdmissionPolicy", "denied request"}, ReasonWebhook,
			"an admission policy refuses the probe",
			"exempt the namespace there, or " + elsewhere},
		{[]string{"is being terminated"}, ReasonNamespace,
			"the namespace is being deleted",
			elsewhere},
		{[]string{"namespaces ", "not found"}, ReasonNamespace,
			"there is no such namespace",
			"check --namespace and --probe-namespace"},
	}
}

// refusal explains why a request to create something for the probe failed.
func refusal(what string, err error) *Failure {
	said := Quote(err)
	for _, known := range refusals() {
		if containsAll(said, known.words) {
			return &Failure{Reason: known.reason, What: known.what, Said: said, Fix: known.fix, Err: err}
		}
	}
	if apierrors.IsForbidden(err) {
		return &Failure{Reason: ReasonRights, What: "you may not " + what, Said: said, Err: err}
	}
	return &Failure{Reason: ReasonRefused, What: "the API server did not " + what, Said: said, Err: err}
}

// missingRights lists all that is missing at once, so that one request to
// whoever grants it is enough.
func missingRights(missing []Need) *Failure {
	failure := &Failure{
		Reason:  ReasonRights,
		What:    "you lack rights that the probes need",
		Fix:     "ask for the role that grants them",
		Missing: missing,
	}
	for i, need := range missing {
		if i > 0 {
			failure.Said += "; "
		}
		failure.Said += fmt.Sprintf("%s (to %s)", need, need.Why)
	}
	return failure
}

// cannotTry reports whether a dry run failed because somebody on the way cannot
// do dry runs, which says nothing about what would really happen.
func cannotTry(err error) bool {
	return strings.Contains(err.Error(), "does not support dry run")
}

func containsAll(text string, parts []string) bool {
	for _, part := range parts {
		if !strings.Contains(text, part) {
			return false
		}
	}
	return true
}
