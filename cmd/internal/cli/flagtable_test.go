package cli

import (
	"fmt"
	"strings"
	"testing"

	"github.com/spf13/pflag"
	"k8s.io/cli-runtime/pkg/genericiooptions"
)

// TestFlagTable keeps the README's table of flags the one that the program has.
func TestFlagTable(t *testing.T) {
	generated(t, "README.md", "flags", flagTable(New("dev", genericiooptions.NewTestIOStreamsDiscard()).LocalNonPersistentFlags()))
}

// TestCompareFlagTable does so for the flags of compare that a trace has not.
func TestCompareFlagTable(t *testing.T) {
	trace := New("dev", genericiooptions.NewTestIOStreamsDiscard())
	command, _, err := trace.Find([]string{"compare"})
	if err != nil {
		t.Fatal(err)
	}
	own := pflag.NewFlagSet("own", pflag.ContinueOnError)
	command.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
		if known := trace.Flags().Lookup(f.Name); known == nil || known.Usage != f.Usage {
			own.AddFlag(f)
		}
	})
	generated(t, "docs/compare.md", "flags", flagTable(own))
}

// flagTable returns flags of our own as Markdown; kubectl's are known.
func flagTable(flags *pflag.FlagSet) string {
	table := "| flag | default | meaning |\n| --- | --- | --- |\n"
	flags.VisitAll(func(f *pflag.Flag) {
		name := "--" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", " + name
		}
		value := f.DefValue
		if value == "[]" || value == "false" {
			value = ""
		}
		if f.Name == "image" {
			value = defaultImage + ":vVERSION"
		}
		table += fmt.Sprintf("| `%s` | %s | %s |\n", name, value, strings.ReplaceAll(f.Usage, "`", ""))
	})
	return table
}
