package route

import (
	"cmp"
	"fmt"
	"regexp"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// The method of the gRPC health service, which can be called without effects.
const (
	healthService = "grpc.health.v1.Health"
	healthMethod  = "Check"
)

// grpcRequest returns a call for the match of a GRPCRoute. Where it leaves the
// method open that of the health service is called, or one that no service has:
// the answer, UNIMPLEMENTED, comes from the pods all the same. Where it names
// another method nothing is called.
func grpcRequest(rules []gatewayRule, rule, index int, _ string) request {
	m := rules[rule].matches[index]
	q := request{says: "any method"}
	service, method := "", ""
	if m.method != nil {
		kind := gatewayv1.GRPCMethodMatchExact
		if m.method.Type != nil {
			kind = *m.method.Type
		}
		service = q.called(m.method.Service, kind, healthService)
		method = q.called(m.method.Method, kind, healthMethod)
		q.says = fmt.Sprintf("/%s/%s (%s)", said(m.method.Service), said(m.method.Method), kind)
	}
	switch {
	case service == "" && (method == "" || method == healthMethod):
		service, method = healthService, healthMethod
	case service == healthService && method == "":
		method = healthMethod
	case method == "":
		method = "Nettrace"
	case service != healthService || method != healthMethod:
		q.untested = cmp.Or(q.untested, fmt.Sprintf("it is for the method %s, which may have effects", method))
		service = cmp.Or(service, healthService)
	}
	q.path = "/" + service + "/" + method
	q.ask(m.HTTPRouteMatch)
	return q
}

// called returns a name that a service or method may have so that it matches:
// the preferred one if it does.
func (q *request) called(name *string, kind gatewayv1.GRPCMethodMatchType, preferred string) string {
	if name == nil || *name == "" || kind == gatewayv1.GRPCMethodMatchExact {
		return said(name)
	}
	if whole, err := regexp.Compile("^(?:" + *name + ")$"); err == nil && whole.MatchString(preferred) {
		return preferred
	}
	text, err := example(*name)
	if err != nil {
		q.untested = err.Error()
	}
	return text
}

func said(name *string) string {
	if name == nil {
		return ""
	}
	return *name
}
