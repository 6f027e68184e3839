package print

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf16"

	"sigs.k8s.io/yaml"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
)

// Format is an output format, as -o takes it.
type Format string

// The formats. Table is the default.
const (
	Table Format = ""
	Wide  Format = "wide"
	JSON  Format = "json"
	YAML  Format = "yaml"
)

// Formats returns all formats that have a name, for messages and completion.
func Formats() []string { return []string{string(Wide), string(JSON), string(YAML)} }

// Write shows the reports of one run in the format. It returns an error when the
// format is unknown or the writer fails.
func Write(w io.Writer, format Format, reports ...*trace.Report) error {
	switch format {
	case Table, Wide:
		return text(w, format == Wide, reports)
	case JSON, YAML:
		return data(w, format, object(reports))
	}
	return fmt.Errorf("unknown output format %q: use one of %v", format, Formats())
}

// data writes an object for programs.
func data(w io.Writer, format Format, object any) error {
	if format == JSON {
		out, err := json.MarshalIndent(object, "", "  ")
		if err != nil {
			return fmt.Errorf("writing the report as JSON: %w", err)
		}
		_, err = fmt.Fprintln(w, escaped(string(out)))
		return err
	}
	out, err := json.Marshal(object)
	if err != nil {
		return fmt.Errorf("writing the report as JSON: %w", err)
	}
	// YAML allows less in its text than JSON does.
	if out, err = yaml.JSONToYAML([]byte(plain(string(out)))); err != nil {
		return fmt.Errorf("writing the report as YAML: %w", err)
	}
	_, err = w.Write(out)
	return err
}

// object returns what programs get: the report, or a list when there are
// several.
func object(reports []*trace.Report) any {
	if len(reports) == 1 {
		return reports[0]
	}
	return trace.ReportList{APIVersion: trace.APIVersion, Kind: trace.ListKind, Items: reports}
}

// escaped writes what a terminal could take for a command as JSON's own escapes.
// The encoder does so for the first 32 characters only; the others can stand
// nowhere but in strings.
func escaped(text string) string {
	var out strings.Builder
	for _, r := range text {
		switch {
		case r == '\n' || unicode.IsPrint(r):
			out.WriteRune(r)
		default:
			for _, unit := range utf16.Encode([]rune{r}) {
				fmt.Fprintf(&out, "\\u%04x", unit)
			}
		}
	}
	return out.String()
}
