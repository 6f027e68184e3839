package print

import (
	"encoding/json"
	"fmt"
	"io"

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

// Write shows the report in the format. It returns an error when the format is
// unknown or the writer fails.
func Write(w io.Writer, format Format, r *trace.Report) error {
	switch format {
	case Table, Wide:
		return text(w, format == Wide, r)
	case JSON:
		encoder := json.NewEncoder(w)
		encoder.SetIndent("", "  ")
		return encoder.Encode(r)
	case YAML:
		out, err := yaml.Marshal(r)
		if err != nil {
			return fmt.Errorf("writing the report as YAML: %w", err)
		}
		_, err = w.Write(out)
		return err
	}
	return fmt.Errorf("unknown output format %q: use one of %v", format, Formats())
}
