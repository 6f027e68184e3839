package print

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/mattn/go-runewidth"
	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

// narrow writes the table of the default output.
func narrow(w io.Writer, table []row, a aliases) error {
	lines := [][]string{{"WAY IN", "ADDRESS", "FROM", "OK", "P50", "P99", "ANSWERED BY"}}
	for _, line := range table {
		way := string(line.cells[0].Kind)
		if line.verdict() != verdict.Healthy {
			way = "✘ " + way
		}
		ok, sent := line.sent()
		p50, p99 := line.latency()
		lines = append(lines, []string{
			way, plain(line.address(a)), line.from(a), fmt.Sprintf("%d/%d", ok, sent), p50, p99, plain(line.answeredBy(a)),
		})
	}
	foldLast(lines)
	grid := newGrid(lines[0]...)
	for _, line := range lines[1:] {
		if err := grid.Append(line); err != nil {
			return err
		}
	}
	return grid.write(w)
}

// minLast is how narrow the last column may become; where long addresses leave
// it less, the table is wider than it should be.
const minLast = 16

// foldLast breaks the cells of the last column so that the table keeps to its
// width.
func foldLast(lines [][]string) {
	last := len(lines[0]) - 1
	left := columns
	for column := range last {
		widest := 0
		for _, line := range lines {
			widest = max(widest, runewidth.StringWidth(line[column]))
		}
		left -= widest + len(gap)
	}
	for _, line := range lines {
		line[last] = strings.Join(wrap(line[last], max(left, minLast)), "\n")
	}
}

// wide writes every cell with all that is known of it.
func wide(w io.Writer, r *trace.Report) error {
	table := newGrid("WAY IN", "ADDRESS", "NODE", "FROM", "VERDICT", "PROTOCOL", "PATH", "SENT", "OK",
		"CONNECT-P50", "FIRST-BYTE-P50", "P50", "P99", "ANSWERED BY")
	for _, c := range slices.Concat(r.Cells, r.Controls) {
		var answers []string
		for _, answer := range c.Answers {
			answers = append(answers, fmt.Sprintf("%s x%d (%s)", answer.Endpoint, answer.Count, answer.Evidence))
		}
		if c.Unknown > 0 {
			answers = append(answers, fmt.Sprintf("unknown x%d", c.Unknown))
		}
		if f := failures([]trace.Cell{c}); f != "" {
			answers = append(answers, f)
		}
		latencies := []string{"-", "-", "-", "-"}
		if l := c.Latency; l != nil {
			latencies = []string{short(l.Connect.P50), short(l.FirstByte.P50), short(l.Total.P50), short(l.Total.P99)}
		}
		way := string(c.Kind)
		if c.Contrast {
			way += " (contrast)"
		}
		cells := append([]string{way, c.Address, c.Node, c.Vantage, string(c.Verdict), string(c.Protocol), c.Path, fmt.Sprint(c.Sent), fmt.Sprint(c.OK)}, latencies...)
		cells = append(cells, strings.Join(append(answers, c.Reason), " "))
		for i := range cells {
			cells[i] = plain(cells[i])
		}
		if err := table.Append(cells); err != nil {
			return err
		}
	}
	return table.write(w)
}

// gap stands between two columns.
const gap = "  "

// grid is a table like kubectl's: columns apart by spaces, and no lines.
type grid struct {
	*tablewriter.Table
	text *bytes.Buffer
}

func newGrid(header ...string) grid {
	text := &bytes.Buffer{}
	table := tablewriter.NewTable(text,
		tablewriter.WithRenderer(renderer.NewBlueprint(tw.Rendition{
			Borders: tw.BorderNone,
			Settings: tw.Settings{
				Separators: tw.SeparatorsNone,
				Lines:      tw.LinesNone,
			},
		})),
		tablewriter.WithHeaderAutoFormat(tw.Off),
		tablewriter.WithHeaderAlignment(tw.AlignLeft),
		tablewriter.WithRowAlignment(tw.AlignLeft),
		tablewriter.WithRowAutoWrap(tw.WrapNone),
		tablewriter.WithHeaderAutoWrap(tw.WrapNone),
		tablewriter.WithPadding(tw.Padding{Left: tw.Empty, Right: gap, Overwrite: true}),
		tablewriter.WithTrimSpace(tw.Off),
	)
	table.Header(header)
	return grid{Table: table, text: text}
}

// write renders the table without the spaces that fill up its last column, by
// which lines would be broken on narrow terminals.
func (g grid) write(w io.Writer) error {
	if err := g.Render(); err != nil {
		return fmt.Errorf("rendering a table: %w", err)
	}
	for line := range strings.Lines(g.text.String()) {
		if _, err := fmt.Fprintln(w, strings.TrimRight(line, " \n")); err != nil {
			return fmt.Errorf("writing a table: %w", err)
		}
	}
	return nil
}
