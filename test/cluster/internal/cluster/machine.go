package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// Packages returns the Debian packages with the programs that are not built
// from source, by the program that shows whether it is installed.
func Packages() []Package {
	return []Package{
		{Name: "conntrack", Program: "conntrack"},
		{Name: "containerd", Program: "containerd"},
		{Name: "containernetworking-plugins", Program: pluginPath + "/bridge"},
		{Name: "etcd-server", Program: "etcd"},
		{Name: "haproxy", Program: "haproxy"},
		{Name: "iptables", Program: "iptables"},
		{Name: "nftables", Program: "nft"},
		{Name: "runc", Program: "runc"},
	}
}

// Package is a Debian package and a program in it.
type Package struct {
	Name, Program string
}

// pluginPath is where Debian's containernetworking-plugins installs to.
const pluginPath = "/usr/lib/cni"

// checkMachine says what the machine lacks, before anything is changed.
func checkMachine(ctx context.Context) error {
	if os.Geteuid() != 0 {
		return errors.New("checking this machine: the lab makes network namespaces and mounts, so it must run as root")
	}
	var missing []string
	for _, one := range Packages() {
		if _, err := exec.LookPath(one.Program); err != nil {
			missing = append(missing, one.Name)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("checking this machine: Debian packages are missing, install them with: apt-get install --no-install-recommends %s",
			strings.Join(missing, " "))
	}
	return checkBridgeFilter(ctx)
}

// checkBridgeFilter makes sure that packets which a bridge only passes on
// between two of its ports still meet the rules of iptables and nftables.
// Otherwise a pod that asks a ClusterIP would get answers of a pod on its own
// node from the pod's address, and drop them.
func checkBridgeFilter(ctx context.Context) error {
	const setting = "/proc/sys/net/bridge/bridge-nf-call-iptables"
	if _, err := os.Stat(setting); err == nil {
		return nil
	}
	// The one module that nobody loads on demand.
	output, err := exec.CommandContext(ctx, "modprobe", "br_netfilter").CombinedOutput()
	if _, missing := os.Stat(setting); missing != nil {
		return fmt.Errorf("checking this machine: its kernel has no br_netfilter: %w: %s", errors.Join(missing, err), strings.TrimSpace(string(output)))
	}
	return nil
}
