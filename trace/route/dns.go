package route

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
)

// resolver is who answers lookups.
const resolver = "the cluster's DNS, as the pod's resolv.conf says"

// maxValues is how many values a lookup can be compared with (wire.Resolution).
const maxValues = 1100

// lookups returns what the cluster's DNS must know about the Service
// (github.com/kubernetes/dns/blob/master/docs/specification.md). The name is
// asked for as NAME.NAMESPACE.svc, which is right in every cluster. The full name
// ends in the cluster's domain, which no object tells; a resolver finds it on its
// search path and asks for it in the end, and the probe says what it was
// (wire.Resolution.Name).
func lookups(t *target.Target) []Route {
	name := t.Service.Name + "." + t.Service.Namespace + ".svc"
	switch {
	case t.Service.Spec.Type == corev1.ServiceTypeExternalName:
		return external(t, name)
	case headless(t):
		return append(headlessAddresses(t, name), services(t, name)...)
	}
	return append(virtualAddresses(t, name), services(t, name)...)
}

func headless(t *target.Target) bool {
	return t.Service.Spec.ClusterIP == corev1.ClusterIPNone || slices.Contains(t.Service.Spec.ClusterIPs, corev1.ClusterIPNone)
}

// lookup returns a route to a name. Lookups say nothing of how pods answer, so
// that their group matters to nobody.
func lookup(name string, kind wire.RecordType, want []string) Route {
	slices.Sort(want)
	return Route{
		Kind: DNS, Port: -1, Group: 1, Endpoint: -1, IPv6: kind == wire.RecordAAAA,
		Address: name, Protocol: wire.DNS, Source: resolver,
		Lookup: &wire.Lookup{Name: name, Type: kind}, Want: slices.Compact(want),
	}
}

// virtualAddresses: the name stands for the ClusterIPs. A family of which the
// Service has none is not asked for: that the name has no such address is right,
// but not a way in.
func virtualAddresses(t *target.Target, name string) []Route {
	var all []Route
	for _, ipv6 := range []bool{false, true} {
		if addresses := family(t.ClusterIPs(), ipv6); len(addresses) > 0 {
			all = append(all, lookup(name, addressType(ipv6), addresses))
		}
	}
	return all
}

// headlessAddresses: the name stands for the endpoints themselves, namely those
// that are ready, which under publishNotReadyAddresses all are.
func headlessAddresses(t *target.Target, name string) []Route {
	var all []Route
	for _, ipv6 := range []bool{false, true} {
		if !t.HasFamily(ipv6) || len(t.Service.Spec.IPFamilies) == 0 && ipv6 {
			continue
		}
		var addresses []string
		for _, e := range t.Endpoints {
			if e.Ready {
				addresses = append(addresses, family(e.Addresses, ipv6)...)
			}
		}
		all = append(all, bounded(lookup(name, addressType(ipv6), addresses), t, "has an address of this family"))
	}
	return all
}

// family returns the addresses of the family, as they are written in answers.
func family(addresses []string, ipv6 bool) []string {
	var all []string
	for _, text := range addresses {
		if a, err := netip.ParseAddr(text); err == nil && a.Is6() == ipv6 {
			all = append(all, a.String())
		}
	}
	return all
}

// bounded says why a lookup is not made that could not be compared with what it
// must bring. One that must bring nothing is no way in.
func bounded(r Route, t *target.Target, lacking string) Route {
	switch {
	case len(r.Want) == 0 && !slices.ContainsFunc(t.Endpoints, func(e target.Endpoint) bool { return e.Ready }):
		r.Untested = "no endpoint is ready: the name stands for no address"
	case len(r.Want) == 0:
		r.Untested = "no ready endpoint " + lacking
	case len(r.Want) > maxValues:
		r.Untested = fmt.Sprintf("the name stands for %d addresses, more than are compared", len(r.Want))
	}
	return r
}

// services returns the SRV records of the named ports. They give the number of
// the Service's port, and for a headless Service that of each ready endpoint.
func services(t *target.Target, name string) []Route {
	var all []Route
	for i, p := range t.Ports {
		if p.Name == "" {
			continue
		}
		numbers := []string{strconv.Itoa(int(p.Port))}
		if headless(t) {
			numbers = nil
			for _, e := range t.Endpoints {
				for _, s := range e.Socketed(p) {
					if e.Ready {
						numbers = append(numbers, strconv.Itoa(int(s.Number)))
					}
				}
			}
		}
		r := bounded(lookup(fmt.Sprintf("_%s._%s.%s", p.Name, transport(p), name), wire.RecordSRV, numbers), t, "has the port")
		r.Port, r.Group, r.Number = i, i+1, p.Port
		all = append(all, r)
	}
	return all
}

// transport is how the DNS calls the protocol of the port.
func transport(p target.Port) string {
	if p.Protocol == "" {
		return "tcp"
	}
	return strings.ToLower(string(p.Protocol))
}

// external: the name is another one's, and that must have an address. Which one
// is not for the cluster to say; nothing is ever sent there.
func external(t *target.Target, name string) []Route {
	other := strings.ToLower(strings.TrimSuffix(t.Service.Spec.ExternalName, "."))
	return []Route{
		lookup(name, wire.RecordCNAME, []string{other}),
		lookup(name, wire.RecordA, nil),
		lookup(name, wire.RecordAAAA, nil),
	}
}

func addressType(ipv6 bool) wire.RecordType {
	if ipv6 {
		return wire.RecordAAAA
	}
	return wire.RecordA
}
