package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// width is the number of columns that help keeps to.
const width = 80

// usage writes how a command is used, with its own flags apart from those that
// every kubectl command has.
func usage(command *cobra.Command) error {
	out := command.OutOrStderr()
	fmt.Fprintf(out, "Usage:\n  %s\n", command.UseLine())
	if command.HasExample() {
		fmt.Fprintf(out, "\nExamples:\n%s\n", command.Example)
	}
	if command.HasAvailableSubCommands() {
		fmt.Fprintf(out, "\nCommands:\n")
		for _, sub := range command.Commands() {
			if sub.IsAvailableCommand() {
				fmt.Fprintf(out, "  %-*s  %s\n", command.NamePadding(), sub.Name(), sub.Short)
			}
		}
	}
	if own := command.LocalNonPersistentFlags(); own.HasAvailableFlags() {
		fmt.Fprintf(out, "\nFlags:\n%s", own.FlagUsagesWrapped(width))
	}
	shared := command.InheritedFlags()
	if !command.HasParent() {
		shared = command.PersistentFlags()
	}
	if shared.HasAvailableFlags() {
		fmt.Fprintf(out, "\nFlags that every kubectl command has:\n%s", strings.TrimRight(shared.FlagUsagesWrapped(width), "\n")+"\n")
	}
	return nil
}
