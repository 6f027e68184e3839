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
)

// narrow writes the table of the default output, and below a row what more must be
// known of it.
func narrow(w io.Writer, table []row, a aliases) error {
	lines := [][]string{{"WAY IN", "ADDRESS", "FROM", "OK", "P50", "P99", "ANSWERED BY"}}
	for _, line := range table {
		lines = append(lines, line.columns(a))
	}
	shortened := shorten(lines, table)
	foldLast(lines)
	grid := newGrid(lines[0]...)
	for _, line := range lines[1:] {
		if err := grid.Append(line); err != nil {
			return err
		}
	}
	text, err := grid.lines()
	if err != nil {
		return err
	}
	indent := widest(lines, 0) + len(gap)
	said := map[string]bool{}
	for i, line := range lines {
		height := min(strings.Count(line[len(line)-1], "\n")+1, len(text))
		shown := text[:height]
		text = text[height:]
		if i > 0 {
			shown = append(slices.Clone(shown), table[i-1].below(indent, shortened[i-1], said)...)
		}
		if _, err := fmt.Fprintln(w, strings.Join(shown, "\n")); err != nil {
			return fmt.Errorf("writing a table: %w", err)
		}
	}
	return nil
}

// columns returns what stands in the row.
func (w row) columns(a aliases) []string {
	way := string(w.cells[0].Kind)
	switch v := w.verdict(); {
	case v.Failing():
		way = "✘ " + way
	case !v.Conclusive():
		way = "? " + way
	}
	ok, sent := w.sent()
	p50, p99 := w.latency()
	return []string{way, plain(w.address(a)), plain(w.from(a)), fmt.Sprintf("%d/%d", ok, sent), p50, p99, plain(w.answeredBy(a))}
}

// minLast is how narrow the last column may become; where long addresses leave
// it less, the table is wider than it should be.
const minLast = 12

// minAddress is how much of a URL is shown in any case.
const minAddress = 18

// shorten takes so much out of URLs that the table keeps to its width, and
// returns the rows, from 0, of which it did.
func shorten(lines [][]string, table []row) map[int]bool {
	const address = 1
	left := columns - minLast
	for column := range len(lines[0]) - 1 {
		if column == address {
			left -= len(gap)
		} else {
			left -= widest(lines, column) + len(gap)
		}
	}
	left = max(left, minAddress)
	shortened := map[int]bool{}
	for i, w := range table {
		line := lines[i+1]
		if !proxied(w.cells[0].Kind) || runewidth.StringWidth(line[address]) <= left {
			continue
		}
		shortened[i] = true
		line[address] = elided(line[address], left)
	}
	return shortened
}

// elided takes the path out of a URL, or, where that is not enough, its middle.
func elided(url string, width int) string {
	if host, _, _ := strings.Cut(url, "/"); runewidth.StringWidth(host+"/…") <= width {
		return host + "/…"
	}
	start := runewidth.Truncate(url, (width-1)/2, "")
	end := width - 1 - runewidth.StringWidth(start)
	return runewidth.TruncateLeft(url, runewidth.StringWidth(url)-end, start+"…")
}

// foldLast breaks the cells of the last column so that the table keeps to its
// width.
func foldLast(lines [][]string) {
	last := len(lines[0]) - 1
	left := columns
	for column := range last {
		left -= widest(lines, column) + len(gap)
	}
	for _, line := range lines {
		line[last] = strings.Join(wrap(line[last], max(left, minLast)), "\n")
	}
}

// widest returns the width of the column.
func widest(lines [][]string, column int) int {
	width := 0
	for _, line := range lines {
		width = max(width, runewidth.StringWidth(line[column]))
	}
	return width
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

// lines renders the table without the spaces that fill up its last column, by
// which lines would be broken on narrow terminals.
func (g grid) lines() ([]string, error) {
	if err := g.Render(); err != nil {
		return nil, fmt.Errorf("rendering a table: %w", err)
	}
	var all []string
	for line := range strings.Lines(g.text.String()) {
		all = append(all, strings.TrimRight(line, " \n"))
	}
	return all, nil
}

// write writes the rendered table.
func (g grid) write(w io.Writer) error {
	lines, err := g.lines()
	if err != nil {
		return err
	}
	for _, line := range lines {
		if _, err := fmt.Fprintln(w, line); err != nil {
			return fmt.Errorf("writing a table: %w", err)
		}
	}
	return nil
}
