// Package fabric is the network the cluster's machines hang on.
//
// Every machine (control plane, nodes, clients) is a network namespace with
// one interface eth0, plugged into a bridge. The bridge lives in a namespace
// of its own which has no other interface and forwards nothing: what is sent
// to an address that nobody here has ends there, and can never leave through
// the real machine's interface. The real machine has no address in it either.
package fabric

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/namespace"
)

const bridge = "fabric"

// Host is one machine to plug in.
type Host struct {
	Name      string // also the name of its port on the bridge
	Namespace string
	Addresses Addresses
	Forwards  bool    // whether it passes on packets of others, as nodes do
	Routes    []Route // beside the default route
}

// Route says over which host's address a network is reached.
type Route struct {
	To  Ranges
	Via Addresses
}

// Build makes the bridge in the namespace called name and plugs hosts in.
func Build(name string, plan Plan, hosts []Host) error {
	if err := buildBridge(name, plan); err != nil {
		return fmt.Errorf("building the bridge: %w", err)
	}
	for _, host := range hosts {
		if err := plug(name, plan, host); err != nil {
			return fmt.Errorf("plugging in %s: %w", host.Name, err)
		}
	}
	return nil
}

func buildBridge(name string, plan Plan) error {
	if err := namespace.Create(name); err != nil {
		return err
	}
	return namespace.Do(name, func() error {
		link := &netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: bridge}}
		if err := netlink.LinkAdd(link); err != nil {
			return fmt.Errorf("adding the bridge: %w", err)
		}
		// The bridge only switches; rules of iptables have no business here.
		if err := sysctl(map[string]string{
			"net/bridge/bridge-nf-call-iptables":  "0",
			"net/bridge/bridge-nf-call-ip6tables": "0",
		}); err != nil {
			return err
		}
		return address(bridge, plan.Gateway(), plan.Network())
	})
}

// plug makes the host's namespace, its cable and all it needs to be reached.
func plug(fabric string, plan Plan, host Host) error {
	if err := namespace.Create(host.Namespace); err != nil {
		return err
	}
	inside, err := netns.GetFromPath(namespace.Path(host.Namespace))
	if err != nil {
		return fmt.Errorf("opening its namespace: %w", err)
	}
	defer func() { _ = inside.Close() }()
	if err := namespace.Do(fabric, func() error { return cable(host.Name, inside) }); err != nil {
		return err
	}
	return namespace.Do(host.Namespace, func() error {
		if err := sysctl(hostSettings(host.Forwards)); err != nil {
			return err
		}
		if err := address("eth0", host.Addresses, plan.Network()); err != nil {
			return err
		}
		if err := up("lo"); err != nil {
			return err
		}
		// Without a default route the kernel refuses to send to a ClusterIP
		// before kube-proxy's rules ever see the packet.
		everything := Ranges{V4: netip.MustParsePrefix("0.0.0.0/0"), V6: netip.MustParsePrefix("::/0")}
		return addRoutes(append(host.Routes, Route{To: everything, Via: plan.Gateway()}))
	})
}

// cable is a veth pair, one end on the bridge, the other one eth0 inside.
func cable(name string, inside netns.NsHandle) error {
	master, err := netlink.LinkByName(bridge)
	if err != nil {
		return fmt.Errorf("finding the bridge: %w", err)
	}
	attributes := netlink.NewLinkAttrs()
	attributes.Name, attributes.MasterIndex = name, master.Attrs().Index
	veth := &netlink.Veth{LinkAttrs: attributes, PeerName: "eth0", PeerNamespace: netlink.NsFd(int(inside))}
	if err := netlink.LinkAdd(veth); err != nil {
		return fmt.Errorf("adding its cable: %w", err)
	}
	return up(name)
}

func hostSettings(forwards bool) map[string]string {
	settings := map[string]string{
		// Nobody else can have the address: skip the second of asking.
		"net/ipv6/conf/all/accept_dad":     "0",
		"net/ipv6/conf/default/accept_dad": "0",
	}
	if forwards {
		settings["net/ipv4/ip_forward"] = "1"
		settings["net/ipv6/conf/all/forwarding"] = "1"
		// Replies between pods of one node must pass the rules that undo
		// the translation of a ClusterIP, although they are only bridged.
		settings["net/bridge/bridge-nf-call-iptables"] = "1"
		settings["net/bridge/bridge-nf-call-ip6tables"] = "1"
	}
	return settings
}

// sysctl sets what the kernel has of settings, in the thread's namespace.
func sysctl(settings map[string]string) error {
	for key, value := range settings {
		err := os.WriteFile(filepath.Join("/proc/sys", key), []byte(value), 0)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("setting %s: %w", key, err)
		}
	}
	return nil
}

func address(link string, addresses Addresses, networks Ranges) error {
	device, err := netlink.LinkByName(link)
	if err != nil {
		return fmt.Errorf("finding %s: %w", link, err)
	}
	for _, one := range []struct {
		ip    netip.Addr
		bits  int
		flags int
	}{
		{addresses.V4, networks.V4.Bits(), 0},
		{addresses.V6, networks.V6.Bits(), unix.IFA_F_NODAD},
	} {
		ip := &net.IPNet{IP: one.ip.AsSlice(), Mask: net.CIDRMask(one.bits, one.ip.BitLen())}
		if err := netlink.AddrAdd(device, &netlink.Addr{IPNet: ip, Flags: one.flags}); err != nil {
			return fmt.Errorf("giving %s the address %s: %w", link, ip, err)
		}
	}
	return up(link)
}

func up(link string) error {
	device, err := netlink.LinkByName(link)
	if err != nil {
		return fmt.Errorf("finding %s: %w", link, err)
	}
	if err := netlink.LinkSetUp(device); err != nil {
		return fmt.Errorf("bringing %s up: %w", link, err)
	}
	return nil
}

func addRoutes(routes []Route) error {
	for _, route := range routes {
		for _, one := range []struct {
			to  netip.Prefix
			via netip.Addr
		}{{route.To.V4, route.Via.V4}, {route.To.V6, route.Via.V6}} {
			to := &net.IPNet{IP: one.to.Addr().AsSlice(), Mask: net.CIDRMask(one.to.Bits(), one.to.Addr().BitLen())}
			if err := netlink.RouteAdd(&netlink.Route{Dst: to, Gw: one.via.AsSlice()}); err != nil {
				return fmt.Errorf("adding the route to %s over %s: %w", one.to, one.via, err)
			}
		}
	}
	return nil
}
