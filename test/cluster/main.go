// Command lab boots a real multi-node Kubernetes cluster on one bare Linux
// machine, from source, without Docker and without a registry, and takes it
// down again without a trace. See package internal/cluster for how.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/build"
	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/cluster"
	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/forward"
	"github.com/kubectl-nettrace/kubectl-nettrace/test/cluster/internal/progress"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "lab:", err)
		os.Exit(1)
	}
}

func run() error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	// Administrators' programs are not in everybody's PATH, also as root.
	if err := os.Setenv("PATH", os.Getenv("PATH")+":/usr/local/sbin:/usr/sbin:/sbin"); err != nil {
		return fmt.Errorf("extending PATH: %w", err)
	}
	return newLab().ExecuteContext(ctx)
}

func newLab() *cobra.Command {
	lab := &cobra.Command{
		Use:           "lab",
		Short:         "A real Kubernetes cluster on this machine, for tests",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	name := lab.PersistentFlags().String("name", "lab", "which cluster; several can be up at once")
	lab.AddCommand(
		newBuild(), newBin(), newPackages(), newImage(), newForward(), newBalance(), newPolicy(),
		newUp(name), newDown(name), newStatus(name), newKubeconfig(name),
		newExec(name), newLoad(name), newStop(name), newStart(name),
	)
	return lab
}

func newBuild() *cobra.Command {
	return &cobra.Command{
		Use:   "build",
		Short: "Build all parts of the cluster that are not in the cache",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			cache, err := build.Open(command.Context())
			if err != nil {
				return err
			}
			return cache.Ensure(command.Context(), progress.New(os.Stderr))
		},
	}
}

func newBin() *cobra.Command {
	return &cobra.Command{
		Use:   "bin",
		Short: "Print the directory that has the kubectl of the cluster's version",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			cache, err := build.Open(command.Context())
			if err != nil {
				return err
			}
			directory, err := cache.Path("kubectl")
			if err != nil {
				return err
			}
			fmt.Fprintln(command.OutOrStdout(), directory)
			return nil
		},
	}
}

func newPackages() *cobra.Command {
	return &cobra.Command{
		Use:   "packages",
		Short: "Print the Debian packages that the cluster needs",
		Args:  cobra.NoArgs,
		Run: func(command *cobra.Command, _ []string) {
			for _, one := range cluster.Packages() {
				fmt.Fprintln(command.OutOrStdout(), one.Name)
			}
		},
	}
}

// newForward is what the lab starts itself as inside the control plane.
func newForward() *cobra.Command {
	return &cobra.Command{
		Use:    "forward TARGET",
		Hidden: true,
		Args:   cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, arguments []string) error {
			// The lab ends this process when it means to; a signal handler
			// that waits for a polite end would only delay that.
			signal.Reset()
			return forward.Serve(3, arguments[0])
		},
	}
}
