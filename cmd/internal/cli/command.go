package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"syscall"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/klog/v2"
)

// The exit codes. They are the same in every output format.
const (
	// ExitHealthy: every tested route is healthy.
	ExitHealthy = 0
	// ExitFailed: the tool could not do its work.
	ExitFailed = 1
	// ExitBroken: at least one route is degraded or broken, there is a finding that
	// --fail-on asks for, or what is expected was seen not to be so.
	ExitBroken = 2
	// ExitInconclusive: nothing could be tested, or what is expected was not observed.
	ExitInconclusive = 3
)

// exit is an error that ends the program with a code of its own. It says
// nothing, because the report has said it already.
type exit int

func (e exit) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// Main runs the command line and returns the exit code. Cancelling ctx breaks
// the run off; what it created is removed all the same.
func Main(ctx context.Context, release string, streams genericiooptions.IOStreams, args []string) int {
	// client-go logs some of the errors that it returns as well.
	klog.SetSlogLogger(slog.New(slog.DiscardHandler))
	// net/http complains there about servers that say too much.
	log.SetOutput(io.Discard)
	command := New(release, streams)
	command.SetArgs(args)
	err := command.ExecuteContext(ctx)
	var code exit
	var broken *interruption
	switch {
	case err == nil:
		return ExitHealthy
	case errors.As(err, &code):
		return int(code)
	case errors.Is(err, syscall.EPIPE):
		return ExitFailed // whoever was to read this has gone
	case ctx.Err() != nil && !errors.As(err, &broken):
		err = errNothing() // else the run would have said what became of it
	}
	explain(harmless{streams.ErrOut}, err)
	return ExitFailed
}

// New returns the command kubectl nettrace with all its subcommands.
func New(release string, streams genericiooptions.IOStreams) *cobra.Command {
	o := newOptions(release, streams)
	command := &cobra.Command{
		Use:               "nettrace TYPE/NAME...",
		Short:             "Trace live traffic into a Kubernetes Service",
		Long:              long,
		Example:           examples,
		Args:              cobra.ArbitraryArgs,
		SilenceErrors:     true,
		SilenceUsage:      true,
		ValidArgsFunction: o.completeTarget,
		RunE: func(command *cobra.Command, args []string) error {
			if len(args) == 0 && !o.selection.chosen() && o.filename == "" {
				return command.Help()
			}
			o.load.Fixed = command.Flags().Changed("requests")
			if err := o.complete(args); err != nil {
				return err
			}
			if err := o.validate(); err != nil {
				return err
			}
			if o.watching {
				o.gentle = !command.Flags().Changed("rate")
				return o.watch(command.Context())
			}
			return o.run(command.Context())
		},
		// kubectl has no group for plugins' own version flag; a subcommand it is.
		Annotations: map[string]string{cobra.CommandDisplayNameAnnotation: "kubectl nettrace"},
	}
	command.SetOut(streams.Out)
	command.SetErr(streams.ErrOut)
	command.SetIn(streams.In)
	o.flags(command)
	command.SetUsageFunc(usage)
	command.AddCommand(newCleanup(o), newCompare(o), newExplain(streams), newVersion(release, streams))
	return command
}
