package balancer

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/fabric"
)

// assignment is which Service has which addresses. One has both of a pair, also
// when it uses only one family.
type assignment map[types.UID]fabric.Addresses

// assign gives addresses of the pool to the Services. A Service keeps what it
// has: what it had before, or what its status still says after this process was
// started again. Then come those that ask for a certain address, then the rest.
// Who gets none is not in the result.
func assign(pool []fabric.Addresses, services []*corev1.Service, before assignment) assignment {
	taken := map[fabric.Addresses]bool{}
	result := assignment{}
	for _, choose := range []func(*corev1.Service) int{
		func(service *corev1.Service) int { return slices.Index(pool, before[service.UID]) },
		func(service *corev1.Service) int {
			return slices.IndexFunc(pool, func(one fabric.Addresses) bool { return published(service, one) })
		},
		func(service *corev1.Service) int {
			return slices.IndexFunc(pool, func(one fabric.Addresses) bool {
				return service.Spec.LoadBalancerIP != "" && allows(service, one)
			})
		},
		func(*corev1.Service) int {
			return slices.IndexFunc(pool, func(one fabric.Addresses) bool { return !taken[one] })
		},
	} {
		for _, service := range services {
			if _, has := result[service.UID]; has {
				continue
			}
			if n := choose(service); n >= 0 && !taken[pool[n]] && allows(service, pool[n]) {
				result[service.UID], taken[pool[n]] = pool[n], true
			}
		}
	}
	return result
}

// allows tells whether the Service may have the addresses.
func allows(service *corev1.Service, addresses fabric.Addresses) bool {
	wanted := service.Spec.LoadBalancerIP
	return wanted == "" || wanted == addresses.V4.String() || wanted == addresses.V6.String()
}

// published tells whether the Service's status names one of the addresses.
func published(service *corev1.Service, addresses fabric.Addresses) bool {
	return slices.ContainsFunc(service.Status.LoadBalancer.Ingress, func(one corev1.LoadBalancerIngress) bool {
		return one.IP == addresses.V4.String() || one.IP == addresses.V6.String() || strings.HasSuffix(one.Hostname, hostname(addresses))
	})
}
