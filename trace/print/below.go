package print

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/mattn/go-runewidth"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

// below returns the lines below a row: why its verdict is none, through what its
// requests went, and what of it is a guess. What was said before is not said in
// full again.
func (w row) below(indent int, shortened bool, said map[string]bool) []string {
	c := w.cells[0]
	var entries []string
	lines := paragraph([]string{w.reason(said)}, columns-indent)
	if shortened {
		entries = append(entries, asked(c))
	}
	if proxied(c.Kind) {
		entries = append(entries, w.way()...)
	}
	if c.Padding > 0 {
		entries = append(entries, fmt.Sprintf("large requests, of %d bytes more", c.Padding))
	}
	if c.Guessed != "" {
		entries = append(entries, "the address is a guess: "+c.Guessed)
	}
	lines = append(lines, paragraph(entries, columns-indent)...)
	for i := range lines {
		lines[i] = strings.Repeat(" ", indent) + lines[i]
	}
	return lines
}

// reason says why the row says nothing of the target, or what more is known of
// what fails.
func (w row) reason(said map[string]bool) string {
	c := w.cells[0]
	reason := c.Reason
	switch {
	case reason == "" || c.Verdict == verdict.Healthy:
		return ""
	case c.Verdict == verdict.Stopped:
		reason = "stopped at the proxy: " + reason
	}
	start, _, long := strings.Cut(reason, ":")
	if said[reason] && long {
		return start + ", as above"
	}
	said[reason] = true
	return reason
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
	if c.Object != "" {
		entries = append(entries, c.Object)
	}
	if rule := ruleOf(c.Host, c.Rule); rule != c.Rule {
		entries = append(entries, "rule "+rule)
	} else if c.Rule != "" {
		entries = append(entries, c.Rule)
	}
	return append(entries, w.path()...)
}

// ruleOf returns a rule without the host, where that is the one asked for.
func ruleOf(host, rule string) string {
	if path, same := strings.CutPrefix(rule, host); same && strings.HasPrefix(path, "/") {
		return path
	}
	return rule
}

// path tells with which path requests arrived, as far as it was seen, and else with
// which they should.
func (w row) path() []string {
	c := w.cells[0]
	sent := cmp.Or(c.Path, "/")
	var seen, entries []string
	own := false
	for _, c := range w.cells {
		for _, a := range c.Arrived {
			own = own || a.Sent == ""
			if text := became(a); !slices.Contains(seen, text) {
				seen = append(seen, text)
			}
		}
	}
	if own {
		seen[0] = "sent " + sent + ", " + seen[0]
	}
	if len(seen) > 0 {
		entries = append(entries, "path: "+strings.Join(seen, ", "))
	}
	if c.Arrives != "" && (len(seen) == 0 && c.Arrives != sent || slices.ContainsFunc(w.cells, misrouted)) {
		entries = append(entries, "configured to arrive as "+c.Arrives)
	}
	return entries
}

// became says what became of the path of a request, and how that is known.
func became(a trace.Arrived) string {
	if a.Change != "" {
		return fmt.Sprintf("%s (%s)", a.Change, a.How())
	}
	return fmt.Sprintf("pod got %s (%s)", a.Path, a.How())
}

// misrouted reports whether requests arrived with another path than the
// configuration asks for.
func misrouted(c trace.Cell) bool {
	return slices.ContainsFunc(c.Arrived, func(a trace.Arrived) bool { return a.Otherwise })
}

// paragraph sets entries one after the other into lines of at most width columns.
// It breaks only those that are longer than a line.
func paragraph(entries []string, width int) []string {
	var lines []string
	line := ""
	for _, entry := range entries {
		entry = strings.TrimSpace(plain(entry))
		switch {
		case entry == "":
		case line != "" && runewidth.StringWidth(line+separator+entry) <= width:
			line += separator + entry
		default:
			if line != "" {
				lines = append(lines, line)
			}
			parts := wrap(entry, width)
			lines, line = append(lines, parts[:len(parts)-1]...), parts[len(parts)-1]
		}
	}
	if line == "" {
		return lines
	}
	return append(lines, line)
}
