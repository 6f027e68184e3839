package print

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/mattn/go-runewidth"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/compare"
)

// Comparison shows two ways beside each other in the format. It returns an error when
// the format is unknown or the writer fails.
func Comparison(w io.Writer, format Format, c *compare.Comparison) error {
	switch format {
	case Table:
		return beside(w, c)
	case JSON, YAML:
		return data(w, format, c)
	}
	return fmt.Errorf("unknown output format %q: use one of %s, %s", format, JSON, YAML)
}

// beside writes a comparison for people: what is compared, the verdict, for each request
// what came of it on both ways, and what has no counterpart.
func beside(w io.Writer, c *compare.Comparison) error {
	out := bufio.NewWriter(w)
	r := runOf(c)
	a := alias(r)
	fmt.Fprint(out, sides(c), "\n", hang(markOf(c.Verdict.Status), c.Verdict.Summary))
	if len(c.Pairs) > 0 {
		fmt.Fprint(out, "\n")
		if err := blocks(out, c, a); err != nil {
			return err
		}
	}
	rest := lone(c) + spreads(c)
	if len(c.Pairs) > 0 && headersAlike(c) {
		rest += headers("", c.Pairs[0].Headers)
	}
	if rest != "" {
		fmt.Fprint(out, "\n", rest)
	}
	if legend := comparedLegend(c, r, a); legend != "" {
		fmt.Fprint(out, "\n", legend)
	}
	fmt.Fprint(out, reasons(c), about(r), load(r))
	return out.Flush()
}

// runOf returns what the comparison says of its run, as a report would.
func runOf(c *compare.Comparison) *trace.Report {
	r := &trace.Report{Vantages: c.Vantages, NamedBy: c.NamedBy, Unread: c.Unread, Notes: c.Notes, Load: c.Load}
	for _, e := range slices.Concat(c.A.Endpoints, c.B.Endpoints) {
		if !slices.ContainsFunc(r.Target.Endpoints, func(known trace.Endpoint) bool { return known.Name == e.Name }) {
			r.Target.Endpoints = append(r.Target.Endpoints, e)
		}
	}
	return r
}

func markOf(s compare.Status) string {
	switch s {
	case compare.Alike:
		return "✔ ALIKE  "
	case compare.Different:
		return "✘ DIFFERENT  "
	}
	return "? NOT COMPARED  "
}

// sides says what A and B are.
func sides(c *compare.Comparison) string {
	text := ""
	for _, s := range []struct {
		name string
		compare.Side
		asked func(p compare.Pair) compare.Asked
	}{
		{"A", c.A, func(p compare.Pair) compare.Asked { return p.A }}, {"B", c.B, func(p compare.Pair) compare.Asked { return p.B }},
	} {
		entries := []string{s.Target + " -n " + s.Namespace}
		for _, service := range s.Services {
			name := "svc/" + strings.TrimPrefix(service, s.Namespace+"/")
			if !slices.Contains(entries, name) && name != s.Target {
				entries = append(entries, name)
			}
		}
		var addresses []string
		for _, p := range c.Pairs {
			for _, address := range s.asked(p).Addresses {
				if !slices.Contains(addresses, address) {
					addresses = append(addresses, address)
				}
			}
		}
		if more := len(addresses) - maxAlike; more > 1 {
			addresses = append(addresses[:maxAlike], fmt.Sprintf("%d more", more))
		}
		if len(addresses) > 0 {
			entries = append(entries, "via "+strings.Join(addresses, ", "))
		}
		text += hang(s.name+"  ", strings.Join(entries, separator))
	}
	return text
}

// blocks writes for each pair what was asked, what came of it on both ways, and what
// differs.
func blocks(out io.Writer, c *compare.Comparison, a aliases) error {
	lines := [][]string{{"", "FROM", "STATUS", "P50", "P95", "P99", "ANSWERED BY"}}
	for _, p := range c.Pairs {
		for _, v := range p.Views {
			lines = append(lines, seenLine("A", v.A, p.A, a), seenLine("B", v.B, p.B, a))
		}
	}
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
	fmt.Fprintln(out, text[0])
	at, said := 1, map[string]bool{}
	for i, p := range c.Pairs {
		if i > 0 {
			fmt.Fprintln(out)
		}
		fmt.Fprint(out, headline(p))
		for range 2 * len(p.Views) {
			height := strings.Count(lines[1][len(lines[1])-1], "\n") + 1
			fmt.Fprintln(out, strings.Join(text[at:min(at+height, len(text))], "\n"))
			at, lines = at+height, lines[1:]
		}
		fmt.Fprint(out, below(p, said))
		if !headersAlike(c) {
			fmt.Fprint(out, headers("   ", p.Headers))
		}
	}
	return nil
}

// seenLine is a row for one of the ways.
func seenLine(side string, s compare.Seen, asked compare.Asked, a aliases) []string {
	p50, p95, p99 := "-", "-", "-"
	if s.Latency != nil {
		p50, p95, p99 = short(s.Latency.P50), short(s.Latency.P95), short(s.Latency.P99)
	}
	var from []string
	for _, v := range s.From {
		from = append(from, a.from(v))
	}
	places := strings.Join(from, ",")
	if len(from) > maxFrom {
		places = fmt.Sprintf("%d places", len(from))
	}
	became := statuses(s)
	if s.Sent == 0 {
		became = "not asked"
	}
	// The row says who answered as the table of a report does.
	answered := row{cells: []trace.Cell{{Kind: asked.Kind, Answers: s.Answers, Unknown: s.Unknown}}, addresses: len(asked.Addresses)}.answeredBy(a)
	return []string{side, plain(places), plain(became), p50, p95, p99, plain(answered)}
}

// headline says what was asked on both ways of a pair, and marks whether it matters.
func headline(p compare.Pair) string {
	sign := "= "
	switch {
	case len(p.Differences) > 0:
		sign = "✘ "
	case !slices.ContainsFunc(p.Views, func(v compare.View) bool { return v.Status != compare.Unknown }):
		sign = "? "
	}
	if a, b := wanted(p.A), wanted(p.B); a != b {
		return hang(sign, "A "+a) + hang("  ", "B "+b)
	}
	return hang(sign, wanted(p.A))
}

// wanted writes a request as a user would.
func wanted(a compare.Asked) string {
	text := a.Host + a.Path
	if a.Protocol != "" {
		text = string(a.Protocol) + "://" + text
	}
	if a.Object == "" {
		text = string(a.Kind) + " " + text
	}
	if a.Method != "" {
		text = a.Method + " " + text
	}
	for _, h := range a.Headers {
		text += fmt.Sprintf(" with %s: %s", h.Name, h.Value)
	}
	return text
}

// comparedLegend says what the short names stand for.
func comparedLegend(c *compare.Comparison, r *trace.Report, a aliases) string {
	var table []row
	for _, p := range c.Pairs {
		for _, v := range p.Views {
			for _, s := range []compare.Seen{v.A, v.B} {
				for _, from := range s.From {
					table = append(table, row{cells: []trace.Cell{{Kind: p.A.Kind, Vantage: from, Answers: s.Answers}}})
				}
			}
		}
	}
	if len(table) == 0 {
		return ""
	}
	return a.legend(r, table)
}

// aspect begins a line about one aspect of a pair.
func aspect(sign, name string) string {
	return sign + " " + runewidth.FillRight(name, 9)
}
