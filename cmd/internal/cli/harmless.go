package cli

import (
	"io"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/print"
)

// harmless writes lines of which others wrote a part (webhooks, registries, pods
// that died) without what a terminal would take for a command.
type harmless struct{ io.Writer }

func (h harmless) Write(text []byte) (int, error) {
	if _, err := io.WriteString(h.Writer, print.Lines(string(text))); err != nil {
		return 0, err
	}
	return len(text), nil
}
