package target

import (
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// GatewayRoute is an HTTPRoute or GRPCRoute that has the Service among its
// backends.
type GatewayRoute struct {
	// One of the two is set.
	HTTP *gatewayv1.HTTPRoute
	GRPC *gatewayv1.GRPCRoute
	// Parents are the Gateways that it attaches to, in the order of its
	// parentRefs.
	Parents []GatewayParent
}

// GatewayParent is a Gateway, or one of its listeners, that a route refers to.
type GatewayParent struct {
	Reference gatewayv1.ParentReference
	// Gateway is nil when it does not exist or cannot be read.
	Gateway *gatewayv1.Gateway
	// Controller is that of the Gateway's class; empty when it is not known.
	Controller string
	// Entries are the addresses by which the Gateway is reached, as far as they
	// are known.
	Entries []Entry
}
