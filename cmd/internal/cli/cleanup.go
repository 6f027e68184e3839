package cli

import (
	"fmt"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/launch"
)

// newCleanup returns the command that removes what runs have left behind.
func newCleanup(o *options) *cobra.Command {
	var everywhere, force, dryRun bool
	command := &cobra.Command{
		Use:   "cleanup",
		Short: "Remove what earlier runs have left behind",
		Long: `Remove what earlier runs have left behind: Jobs kept with --keep, and those of a
run that was killed. Probes that another run may still be using are left alone.`,
		Example: `  kubectl nettrace cleanup
  kubectl nettrace cleanup --all-namespaces --dry-run`,
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			if err := o.connect(); err != nil {
				return err
			}
			sweep := launch.SweepOptions{Namespace: o.namespace, Force: force, DryRun: dryRun}
			if everywhere {
				sweep.Namespace = ""
			}
			swept, err := launch.Sweep(command.Context(), o.client, sweep)
			for _, object := range swept.Removed {
				done := "deleted"
				if dryRun {
					done = "would be deleted"
				}
				fmt.Fprintf(o.Out, "%s/%s -n %s %s\n", object.Kind, object.Name, object.Namespace, done)
			}
			for _, object := range swept.Running {
				fmt.Fprintf(o.Out, "%s/%s -n %s left: a run may be using it (--force deletes it)\n", object.Kind, object.Name, object.Namespace)
			}
			if command.Context().Err() != nil {
				return &interruption{"only what is listed above was deleted"}
			}
			if err == nil && len(swept.Removed)+len(swept.Running) == 0 {
				fmt.Fprintln(o.Out, "nothing to remove")
			}
			return err
		},
	}
	command.Flags().BoolVarP(&everywhere, "all-namespaces", "A", false, "Look in all namespaces")
	command.Flags().BoolVar(&force, "force", false, "Remove also what another run may still be using")
	command.Flags().BoolVar(&dryRun, "dry-run", false, "Print what would be removed, and remove nothing")
	return command
}

// newVersion returns the command that prints which release this is.
func newVersion(release string, streams genericiooptions.IOStreams) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version of the plugin and of the probe image that goes with it",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintf(streams.Out, "kubectl-nettrace %s\nprobe image %s:%s\n", release, defaultImage, imageTag(release))
			return err
		},
	}
}
