package balancer

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/fabric"
)

// Hosts returns the lines of a file of hosts for a pair of addresses: a name
// that has both, and one for each of them alone.
func Hosts(addresses fabric.Addresses) []string {
	name := hostname(addresses)
	return []string{
		fmt.Sprintf("%s %s ipv4.%s", addresses.V4, name, name),
		fmt.Sprintf("%s %s ipv6.%s", addresses.V6, name, name),
	}
}

// hostname returns the name that has both addresses.
func hostname(addresses fabric.Addresses) string {
	return fmt.Sprintf("lb-%d.nettrace.test", addresses.V4.As4()[3])
}

// hostnameOf returns the name that has just those addresses that the Service
// uses.
func hostnameOf(service *corev1.Service, addresses fabric.Addresses) string {
	if families := service.Spec.IPFamilies; len(families) == 1 {
		return strings.ToLower(string(families[0])) + "." + hostname(addresses)
	}
	return hostname(addresses)
}
