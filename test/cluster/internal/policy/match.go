package policy

import (
	"cmp"
	"fmt"
	"net/netip"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// family is how nft calls a packet with such addresses; empty is any.
type family string

const (
	any46 family = ""
	v4    family = "ip"
	v6    family = "ip6"
)

func familyOf(address netip.Addr) family {
	if address.Is4() {
		return v4
	}
	return v6
}

// match is a condition on packets. Its family says which ones it can be put to.
type match struct {
	family family
	text   string
}

// and returns the condition that both hold, if there is such a packet.
func (m match) and(other match) (match, bool) {
	if m.family != any46 && other.family != any46 && m.family != other.family {
		return match{}, false
	}
	return match{cmp.Or(m.family, other.family), strings.TrimSpace(m.text + " " + other.text)}, true
}

// fromPods matches packets whose address, saddr or daddr, is one of the pods'.
func fromPods(address string, pods []pod) []match {
	byFamily := map[family][]string{}
	for _, one := range pods {
		for _, ip := range one.addresses {
			byFamily[familyOf(ip)] = append(byFamily[familyOf(ip)], ip.String())
		}
	}
	var matches []match
	for _, family := range []family{v4, v6} {
		if found := byFamily[family]; len(found) > 0 {
			matches = append(matches, match{family, fmt.Sprintf("%s %s %s", family, address, set(found))})
		}
	}
	return matches
}

// fromBlock matches packets whose address is in the block.
func fromBlock(address string, block networkingv1.IPBlock) (match, error) {
	prefix, err := netip.ParsePrefix(block.CIDR)
	if err != nil {
		return match{}, fmt.Errorf("reading a block of addresses: %w", err)
	}
	family := familyOf(prefix.Addr())
	text := fmt.Sprintf("%s %s %s", family, address, prefix.Masked())
	if prefix.Bits() == 0 {
		text = map[bool]string{true: "meta nfproto ipv4", false: "meta nfproto ipv6"}[family == v4]
	}
	for _, exception := range block.Except {
		hole, err := netip.ParsePrefix(exception)
		if err != nil {
			return match{}, fmt.Errorf("reading an exception of a block of addresses: %w", err)
		}
		text += fmt.Sprintf(" %s %s != %s", family, address, hole.Masked())
	}
	return match{family, text}, nil
}

// toPort matches packets to a port. What number a name stands for is the
// business of each pod that such a packet can be for.
func toPort(port networkingv1.NetworkPolicyPort, destinations []pod) []match {
	protocol := corev1.ProtocolTCP
	if port.Protocol != nil {
		protocol = *port.Protocol
	}
	name := strings.ToLower(string(protocol))
	switch {
	case port.Port == nil:
		return []match{{any46, "meta l4proto " + name}}
	case port.Port.Type == intstr.String:
		return toNamedPort(port.Port.StrVal, protocol, destinations)
	case port.EndPort != nil:
		return []match{{any46, fmt.Sprintf("%s dport %d-%d", name, port.Port.IntVal, *port.EndPort)}}
	}
	return []match{{any46, fmt.Sprintf("%s dport %d", name, port.Port.IntVal)}}
}

func toNamedPort(name string, protocol corev1.Protocol, destinations []pod) []match {
	pairs := map[family][]string{}
	for _, one := range destinations {
		number, has := one.port(name, protocol)
		if !has {
			continue
		}
		for _, ip := range one.addresses {
			pairs[familyOf(ip)] = append(pairs[familyOf(ip)], fmt.Sprintf("%s . %d", ip, number))
		}
	}
	var matches []match
	for _, family := range []family{v4, v6} {
		if found := pairs[family]; len(found) > 0 {
			matches = append(matches, match{family, fmt.Sprintf("%s daddr . %s dport { %s }",
				family, strings.ToLower(string(protocol)), strings.Join(found, ", "))})
		}
	}
	return matches
}

// set writes values as nft wants one or several of them.
func set(values []string) string {
	if len(values) == 1 {
		return values[0]
	}
	return "{ " + strings.Join(values, ", ") + " }"
}
