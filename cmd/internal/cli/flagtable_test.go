package cli

import (
	"fmt"
	"strings"
	"testing"

	"github.com/spf13/pflag"
	"k8s.io/cli-runtime/pkg/genericiooptions"
)

// TestFlagTable keeps the README's table of flags the one that the program has.
func TestFlagTable(t *testing.T) { generated(t, "README.md", "flags", flagTable()) }

// flagTable returns our own flags as Markdown; kubectl's are known.
func flagTable() string {
	table := "| flag | default | meaning |\n| --- | --- | --- |\n"
	New("dev", genericiooptions.NewTestIOStreamsDiscard()).LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
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
