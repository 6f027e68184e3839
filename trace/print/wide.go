package print

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
)

// wide writes every cell with all that is known of it. Columns in which no cell
// has anything are left out.
func wide(w io.Writer, r *trace.Report) error {
	lines := [][]string{{"WAY IN", "ADDRESS", "NODE", "FROM", "VERDICT", "PROTOCOL", "HOST", "PATH", "ARRIVES", "THROUGH", "RULE", "SOURCE",
		"SENT", "OK", "CONNECT-P50", "FIRST-BYTE-P50", "P50", "P99", "SPREAD", "ANSWERED BY"}}
	for _, c := range slices.Concat(r.Cells, r.Controls) {
		lines = append(lines, wideCell(c))
	}
	var used []int
	for column := range lines[0] {
		if slices.ContainsFunc(lines[1:], func(line []string) bool { return line[column] != "" }) {
			used = append(used, column)
		}
	}
	for i, line := range lines {
		lines[i] = nil
		for _, column := range used {
			lines[i] = append(lines[i], plain(line[column]))
		}
	}
	if len(lines) == 1 {
		return nil
	}
	table := newGrid(lines[0]...)
	for _, line := range lines[1:] {
		if err := table.Append(line); err != nil {
			return err
		}
	}
	return table.write(w)
}

// wideCell returns the columns of a cell.
func wideCell(c trace.Cell) []string {
	var answers []string
	for _, answer := range c.Answers {
		answers = append(answers, fmt.Sprintf("%s x%d (%s)", answer.Endpoint, answer.Count, answer.Evidence))
	}
	if c.Unknown > 0 {
		answers = append(answers, fmt.Sprintf("unknown x%d", c.Unknown))
	}
	for _, answer := range c.Resolutions {
		if len(answer.Values) > 0 {
			answers = append(answers, fmt.Sprintf("= %s x%d", strings.Join(answer.Values, " "), answer.Count))
		}
	}
	if f := failures([]trace.Cell{c}); f != "" {
		answers = append(answers, f)
	}
	if c.Reason != "" {
		answers = append(answers, c.Reason)
	}
	latencies := []string{"-", "-", "-", "-"}
	if l := c.Latency; l != nil {
		latencies = []string{short(l.Connect.P50), short(l.FirstByte.P50), short(l.Total.P50), short(l.Total.P99)}
	}
	way, source := string(c.Kind), c.Source
	switch {
	case c.Padding > 0:
		way += fmt.Sprintf(" (+%d bytes)", c.Padding)
	case c.Contrast:
		way += " (contrast)"
	}
	if c.Guessed != "" {
		source = strings.TrimSpace(source + " (a guess: " + c.Guessed + ")")
	}
	columns := []string{way, c.Address, c.Node, c.Vantage, string(c.Verdict), string(c.Protocol), c.Host, c.Path, arrives(c), c.Object, c.Rule, source,
		fmt.Sprint(c.Sent), fmt.Sprint(c.OK)}
	columns = append(columns, latencies...)
	spread := ""
	if c.Spread != nil {
		spread = c.Spread.String()
	}
	return append(columns, spread, strings.Join(answers, " "))
}

// arrives tells with which paths requests arrived, and how that was seen; else with
// which they should, as the configuration has it.
func arrives(c trace.Cell) string {
	if len(c.Arrived) == 0 {
		return c.Arrives
	}
	var seen []string
	for _, a := range c.Arrived {
		seen = append(seen, fmt.Sprintf("%s x%d (%s)", cmp.Or(a.Path, a.Change), a.Count, a.Evidence))
	}
	if misrouted(c) && c.Arrives != "" {
		seen = append(seen, "configured: "+c.Arrives)
	}
	return strings.Join(seen, ", ")
}
