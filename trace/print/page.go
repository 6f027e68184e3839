package print

import (
	"fmt"
	"io"
	"strings"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/finding"
)

// Page shows what the catalogue says of a finding.
func Page(w io.Writer, p finding.Page) error {
	text := fmt.Sprintf("%s  %s\n", p.Name, p.Family)
	for _, part := range []struct{ label, text string }{
		{"  configuration  ", p.Configuration}, {"  traffic        ", p.Traffic}, {"  fix            ", p.Fix},
	} {
		if part.text != "" {
			text += hang(part.label, strings.ReplaceAll(part.text, "`", ""))
		}
	}
	label := "  look           "
	for _, command := range p.Look {
		text += label + command + "\n" // whole, so that it can be pasted
		label = strings.Repeat(" ", len(label))
	}
	_, err := io.WriteString(w, text)
	return err
}

// Contents lists the findings of the catalogue, by family.
func Contents(w io.Writer, pages []finding.Page) error {
	var text strings.Builder
	family := ""
	for _, p := range pages {
		if p.Family != family {
			family = p.Family
			fmt.Fprintf(&text, "%s\n", family)
		}
		fmt.Fprintf(&text, "  %s\n", p.Name)
	}
	_, err := io.WriteString(w, text.String())
	return err
}
