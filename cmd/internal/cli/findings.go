package cli

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/finding"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/print"
)

// newExplain returns the command that tells of a finding by its name.
func newExplain(streams genericiooptions.IOStreams) *cobra.Command {
	return &cobra.Command{
		Use:   "explain [FINDING]",
		Short: "Tell what a finding means, what shows it, and where to look",
		Long:  "Tell what a finding means, what shows it, and where to look. Without a name, list\nall findings.",
		Example: `  kubectl nettrace explain
  kubectl nettrace explain selector-matches-nothing`,
		Args: cobra.MaximumNArgs(1),
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return findings(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return print.Contents(streams.Out, finding.Catalogue())
			}
			page, known := finding.PageOf(args[0])
			if !known {
				return unknownFinding(args[0])
			}
			return print.Page(streams.Out, page)
		},
	}
}

// findings returns the names of all findings.
func findings() []string {
	var names []string
	for _, p := range finding.Catalogue() {
		names = append(names, p.Name)
	}
	return names
}

func unknownFinding(name string) error {
	return fmt.Errorf("there is no finding %q; kubectl nettrace explain lists them", name)
}

// severities are those that --fail-on takes.
func severities() []string {
	return []string{string(finding.Error), string(finding.Warning)}
}

// failing reports whether a report has a finding of the severity or a worse one.
func failing(reports []*trace.Report, severity string) bool {
	worst := slices.Index(severities(), severity)
	return slices.ContainsFunc(reports, func(r *trace.Report) bool {
		return slices.ContainsFunc(r.Findings, func(f finding.Finding) bool {
			at := slices.Index(severities(), string(f.Severity))
			return at >= 0 && at <= worst
		})
	})
}
