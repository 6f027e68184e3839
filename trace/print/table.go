package print

import (
	"fmt"
	"io"
	"strings"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

// narrow writes the table of the default output.
func narrow(w io.Writer, r *trace.Report, a aliases) error {
	table := grid(w, "WAY IN", "ADDRESS", "FROM", "OK", "P50", "P99", "ANSWERED BY")
	for _, line := range rows(r) {
		way := string(line.cells[0].Kind)
		if line.verdict() != verdict.Healthy {
			way = "✘ " + way
		}
		ok, sent := line.sent()
		p50, p99 := line.latency()
		if err := table.Append([]string{
			way, plain(line.address(a)), line.from(a), fmt.Sprintf("%d/%d", ok, sent), p50, p99, plain(line.answeredBy(a)),
		}); err != nil {
			return err
		}
	}
	return table.Render()
}

// wide writes every cell with all that is known of it.
func wide(w io.Writer, r *trace.Report) error {
	table := grid(w, "WAY IN", "ADDRESS", "NODE", "FROM", "VERDICT", "PROTOCOL", "PATH", "SENT", "OK",
		"CONNECT-P50", "FIRST-BYTE-P50", "P50", "P99", "ANSWERED BY")
	for _, c := range r.Cells {
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
	return table.Render()
}

// grid returns a table like kubectl's: columns apart by spaces, and no lines.
func grid(w io.Writer, header ...string) *tablewriter.Table {
	table := tablewriter.NewTable(w,
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
		tablewriter.WithPadding(tw.Padding{Left: tw.Empty, Right: "  ", Overwrite: true}),
		tablewriter.WithTrimSpace(tw.Off),
	)
	table.Header(header)
	return table
}
