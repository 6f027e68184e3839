package cli

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/pflag"
	"k8s.io/cli-runtime/pkg/genericiooptions"
)

var update = flag.Bool("update", false, "write what is checked instead of checking it")

// TestFlagTable keeps the README's table of flags the one that the program has.
func TestFlagTable(t *testing.T) {
	const begin, end = "<!-- flags: begin (make docs) -->\n", "<!-- flags: end -->"
	path := filepath.Join("..", "..", "..", "README.md")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), begin)
	_, after, ended := strings.Cut(rest, end)
	if !found || !ended {
		t.Fatalf("README.md has no place for the flags: %q … %q", begin, end)
	}
	want := before + begin + flagTable() + end + after
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(text) != want {
		t.Errorf("the README's table of flags is out of date: run make docs")
	}
}

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
