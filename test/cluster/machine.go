package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/cluster"
	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/mount"
	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/namespace"
)

func newExec(name *string) *cobra.Command {
	return &cobra.Command{
		Use:   "exec MACHINE -- COMMAND [ARG...]",
		Short: "Run a command on one of the cluster's machines (node-1, client, control-plane ...)",
		Args:  cobra.MinimumNArgs(2),
		RunE: func(_ *cobra.Command, arguments []string) error {
			opened, err := cluster.Open(*name)
			if err != nil {
				return err
			}
			state, err := opened.State()
			if err != nil {
				return err
			}
			machines := cluster.Machines(state)
			if !slices.Contains(machines, arguments[0]) {
				return fmt.Errorf("finding machine %s: there are %s", arguments[0], strings.Join(machines, ", "))
			}
			hosts := ""
			if arguments[0] == cluster.Client {
				hosts = opened.Hosts()
			}
			return become(opened.Namespace(arguments[0]), hosts, arguments[1:])
		},
	}
}

// become replaces this process by a command inside a namespace, so that
// signals and the exit code need no passing on. If hosts is given, the command
// finds that file in place of this machine's /etc/hosts.
func become(inside, hosts string, arguments []string) error {
	path, err := exec.LookPath(arguments[0])
	if err != nil {
		return fmt.Errorf("finding the command: %w", err)
	}
	runtime.LockOSThread() // exec keeps the namespace of the thread that calls it
	if err := namespace.Enter(inside); err != nil {
		return err
	}
	if hosts != "" {
		if err := mount.Cover("/etc/hosts", hosts); err != nil {
			return err
		}
	}
	if err := syscall.Exec(path, arguments, os.Environ()); err != nil {
		return fmt.Errorf("running %s: %w", path, err)
	}
	return nil
}

func newStop(name *string) *cobra.Command {
	return &cobra.Command{
		Use:   "stop MACHINE DAEMON",
		Short: "Stop one daemon on one machine, like node-2 kube-proxy, as if it had failed",
		Args:  cobra.ExactArgs(2),
		RunE: func(command *cobra.Command, arguments []string) error {
			opened, err := cluster.Open(*name)
			if err != nil {
				return err
			}
			return opened.StopDaemon(command.Context(), arguments[0], arguments[1])
		},
	}
}

func newStart(name *string) *cobra.Command {
	return &cobra.Command{
		Use:   "start MACHINE DAEMON",
		Short: "Start a daemon again that was stopped or has died",
		Args:  cobra.ExactArgs(2),
		RunE: func(command *cobra.Command, arguments []string) error {
			opened, err := cluster.Open(*name)
			if err != nil {
				return err
			}
			return opened.StartDaemon(command.Context(), arguments[0], arguments[1])
		},
	}
}
