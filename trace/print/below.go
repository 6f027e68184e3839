package print

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

// below returns the lines below a row: through what its requests went, what of it
// is a guess, and why its verdict is none. What was said before is not said in
// full again.
func (w row) below(indent int, shortened bool, said map[string]bool) []string {
	c := w.cells[0]
	var lines []string
	add := func(entries ...string) {
		margin := strings.Repeat(" ", indent)
		for _, line := range lay(entries, columns-indent) {
			for _, part := range wrap(line, columns-indent) {
				lines = append(lines, strings.TrimRight(margin+part, " "))
			}
		}
	}
	if shortened {
		add(asked(c))
	}
	if proxied(c.Kind) {
		add(w.way()...)
	}
	if c.Guessed != "" {
		add("the address is a guess: " + c.Guessed)
	}
	if reason := c.Reason; reason != "" && c.Verdict != verdict.Healthy {
		if c.Verdict == verdict.Stopped {
			reason = "stopped at the proxy: " + reason
		}
		if start, _, long := strings.Cut(reason, ":"); said[reason] && long {
			add(start + ", as above")
		} else {
			add(reason)
		}
		said[reason] = true
	}
	return lines
}

// way names what the requests went through, and what should become of them there
// as the configuration has it.
func (w row) way() []string {
	c := w.cells[0]
	via := strings.Join(distinct(w.cells, func(c trace.Cell) string { return c.Address }), ", ")
	if c.Protocol != wire.HTTP && c.Protocol != "" {
		via += fmt.Sprintf(" (%s)", c.Protocol)
	}
	entries := []string{"via " + via}
	for _, part := range []string{c.Object, c.Rule} {
		if part != "" {
			entries = append(entries, part)
		}
	}
	if c.Arrives != "" && c.Arrives != cmp.Or(c.Path, "/") {
		entries = append(entries, "configured to arrive as "+c.Arrives)
	}
	return entries
}
