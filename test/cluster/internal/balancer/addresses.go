package balancer

import (
	"fmt"
	"net"
	"net/netip"
	"slices"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/fabric"
)

// device is the machine's interface that has the Services' addresses.
const device = "eth0"

// addAddresses gives the machine those it does not have yet.
func addAddresses(wanted []netip.Addr) error {
	link, present, err := addresses()
	if err != nil {
		return err
	}
	for _, one := range wanted {
		if slices.Contains(present, one) {
			continue
		}
		if err := netlink.AddrAdd(link, &netlink.Addr{IPNet: alone(one), Flags: flags(one)}); err != nil {
			return fmt.Errorf("adding the address %s: %w", one, err)
		}
	}
	return nil
}

// removeAddresses takes those of the pool from the machine that it should not
// have, also where another process has given them.
func removeAddresses(pool []fabric.Addresses, wanted []netip.Addr) error {
	link, present, err := addresses()
	if err != nil {
		return err
	}
	for _, one := range present {
		pooled := slices.ContainsFunc(pool, func(pair fabric.Addresses) bool { return one == pair.V4 || one == pair.V6 })
		if !pooled || slices.Contains(wanted, one) {
			continue
		}
		if err := netlink.AddrDel(link, &netlink.Addr{IPNet: alone(one)}); err != nil {
			return fmt.Errorf("removing the address %s: %w", one, err)
		}
	}
	return nil
}

func addresses() (netlink.Link, []netip.Addr, error) {
	link, err := netlink.LinkByName(device)
	if err != nil {
		return nil, nil, fmt.Errorf("finding %s: %w", device, err)
	}
	listed, err := netlink.AddrList(link, netlink.FAMILY_ALL)
	if err != nil {
		return nil, nil, fmt.Errorf("listing the addresses of %s: %w", device, err)
	}
	var present []netip.Addr
	for _, one := range listed {
		if address, ok := netip.AddrFromSlice(one.IP); ok {
			present = append(present, address.Unmap())
		}
	}
	return link, present, nil
}

// alone is the address without a network: the machine reaches that already.
func alone(address netip.Addr) *net.IPNet {
	return &net.IPNet{IP: address.AsSlice(), Mask: net.CIDRMask(address.BitLen(), address.BitLen())}
}

// flags let an IPv6 address be used at once: nobody else can have it.
func flags(address netip.Addr) int {
	if address.Is6() {
		return unix.IFA_F_NODAD
	}
	return 0
}
