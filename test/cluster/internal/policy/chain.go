package policy

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
)

func (d direction) podChain(of pod) string {
	return chainName(d.pods, of.namespace, of.name)
}

func (d direction) policyChain(policy *networkingv1.NetworkPolicy) string {
	return chainName(d.chain, policy.Namespace, policy.Name)
}

// chainName returns a name that is not too long for the kernel.
func chainName(parts ...string) string {
	const longest = 120
	name := strings.Join(parts, "/")
	if len(name) <= longest {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	return name[:longest-17] + "-" + hex.EncodeToString(sum[:8])
}
