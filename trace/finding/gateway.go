package finding

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
	gatewayv1beta1 "sigs.k8s.io/gateway-api/apis/v1beta1"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
)

// gatewayConditions: what the status of a route or of its Gateway says against
// it, where traffic does not refute it. Of one way the first is the cause.
func gatewayConditions(f Facts) []Finding {
	causes := []struct {
		name    string
		is      func(route.Condition) bool
		summary string
		fix     string
	}{
		{"gateway-tls-secret-missing", noCertificate,
			"hangs on a listener without a certificate", "create the Secret of type kubernetes.io/tls that certificateRefs of the listener names"},
		{"reference-not-granted", func(c route.Condition) bool { return c.Of == route.OfListener && c.Reason == notPermitted },
			"hangs on a listener that may not name a Secret of another namespace", "create a ReferenceGrant in the Secret's namespace that allows Gateways of the other namespace"},
		{"reference-not-granted", notGranted,
			"may not name a Service of another namespace", "allow it by a ReferenceGrant in the Service's namespace (all routes of that kind and namespace may then name the Service)"},
		{"listener-hostname-mismatch", func(c route.Condition) bool {
			return c.Type == route.OtherHostname || c.Reason == "NoMatchingListenerHostname"
		}, "is for other hostnames than the listener", "make spec.hostnames of the route fall under the hostname of the listener"},
		{"route-refs-unresolved", of("ResolvedRefs"), "names something that is not there", "correct the backendRefs: their kind, name and port"},
		{"gateway-not-programmed", func(c route.Condition) bool {
			return (c.Of == route.OfGateway || c.Of == route.OfListener) && (c.Type == "Programmed" || c.Type == "Accepted" || c.Type == "Conflicted")
		}, "hangs on a Gateway that is not served", "see what the Gateway's status says, and whether its controller runs"},
		{"route-not-accepted", func(c route.Condition) bool {
			return c.Type == "Accepted" || c.Type == route.NotAllowed || c.Type == route.Unclaimed || c.Type == "PartiallyInvalid"
		}, "is not accepted by its Gateway", "see allowedRoutes of the listener, and the parentRefs of the route"},
	}
	var all []Finding
	explained := map[string]bool{}
	for _, s := range f.suspected(of(route.MissingPort)) {
		explained[s.object] = true
	}
	for _, cause := range causes {
		for _, s := range f.suspected(cause.is) {
			if explained[s.object] {
				continue
			}
			explained[s.object] = true
			kind, name, _ := strings.Cut(s.object, " ")
			namespace, name, _ := strings.Cut(name, "/")
			all = append(all, f.raise(s, Finding{
				Name:    cause.name,
				Summary: s.object + " " + cause.summary,
				Fix:     []Step{{Text: cause.fix, Command: cmp.Or(f.missingSecret(s), f.granting(s), "kubectl -n "+namespace+" get "+kind+" "+name+" -o yaml")}},
			}))
		}
	}
	return all
}

// notPermitted is the reason that the status of a route and of a listener give.
const notPermitted = "RefNotPermitted"

// notGranted reports whether the route names what no ReferenceGrant allows.
func notGranted(c route.Condition) bool { return c.Type == route.Ungranted || c.Reason == notPermitted }

// noCertificate reports whether a listener says that it has no certificate to show.
func noCertificate(c route.Condition) bool {
	return c.Of == route.OfListener && c.Reason == string(gatewayv1.ListenerReasonInvalidCertificateRef)
}

// missingSecret returns the command that creates the Secret which a listener lacks, if
// that is the suspicion.
func (f Facts) missingSecret(s suspicion) string {
	if !noCertificate(s.condition) {
		return ""
	}
	for _, r := range f.Routes {
		if r.Object == s.object && r.Certificate != nil && r.Certificate.Missing {
			return creating(r.Certificate.Secret)
		}
	}
	return ""
}

// granting returns the command that allows the route to name the Service, if that no
// ReferenceGrant does is the suspicion.
func (f Facts) granting(s suspicion) string {
	ungranted := func(r route.Route) bool {
		return r.Object == s.object && slices.ContainsFunc(r.Conditions, of(route.Ungranted))
	}
	if s.condition.Of == route.OfListener || !notGranted(s.condition) || !slices.ContainsFunc(f.Routes, ungranted) {
		return ""
	}
	kind, name, _ := strings.Cut(s.object, " ")
	from, _, _ := strings.Cut(name, "/")
	service := f.Target.Service
	grant := gatewayv1beta1.ReferenceGrant{
		TypeMeta:   metav1.TypeMeta{APIVersion: gatewayv1beta1.GroupVersion.String(), Kind: "ReferenceGrant"},
		ObjectMeta: metav1.ObjectMeta{Name: service.Name + "-from-" + from, Namespace: service.Namespace},
		Spec: gatewayv1.ReferenceGrantSpec{
			From: []gatewayv1.ReferenceGrantFrom{{Group: gatewayv1.GroupName, Kind: map[string]gatewayv1.Kind{"httproute": "HTTPRoute", "grpcroute": "GRPCRoute"}[kind], Namespace: gatewayv1.Namespace(from)}},
			To:   []gatewayv1.ReferenceGrantTo{{Kind: "Service", Name: new(gatewayv1.ObjectName(service.Name))}},
		},
	}
	text, err := json.Marshal(grant)
	if err != nil {
		return "" // it is made of strings
	}
	return "echo '" + string(text) + "' | kubectl apply -f -"
}

// creating returns the command that creates a Secret for TLS.
func creating(secret string) string {
	namespace, name, _ := strings.Cut(secret, "/")
	return fmt.Sprintf("kubectl -n %s create secret tls %s --cert=FILE --key=FILE", namespace, name)
}
