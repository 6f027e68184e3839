package print

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/finding"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

// maxFull is how many targets are all told of in full. Of more, only those are
// with which something is wrong; the others have their line in the overview.
const maxFull = 3

// text writes the reports for people. Several have an overview first.
func text(w io.Writer, all bool, reports []*trace.Report) error {
	out := bufio.NewWriter(w)
	if len(reports) > 1 {
		overview(out, reports)
	}
	for _, r := range reports {
		if len(reports) > maxFull && !all && (r.Verdict.Status == verdict.Healthy || r.Verdict.Status == verdict.Untested) {
			continue
		}
		if len(reports) > 1 {
			fmt.Fprint(out, "\n", strings.Repeat("─", columns), "\n")
		}
		if err := one(out, all, r); err != nil {
			return err
		}
	}
	return out.Flush()
}

// one writes a report: what was traced, the verdict, the table, what the short
// names mean, and what is wrong.
func one(out io.Writer, all bool, r *trace.Report) error {
	fmt.Fprint(out, hang("", heading(r)), "\n", judged(r), "\n")
	a := alias(r)
	table := rows(r)
	var err error
	switch {
	case all:
		err = wide(out, r)
	case len(table) > 0:
		err = narrow(out, table, a)
	}
	if err != nil {
		return err
	}
	if !all {
		if len(table) > 0 {
			fmt.Fprint(out, "\n")
		}
		fmt.Fprint(out, a.legend(r, table))
	}
	if way := a.hops(r, all); way != "" {
		fmt.Fprint(out, "\n", way, "\n")
	}
	if more := certificates(r, all) + traceIDs(r, all); all && more != "" {
		fmt.Fprint(out, "\n", more)
	}
	fmt.Fprint(out, untested(r), about(r))
	if !all {
		fmt.Fprint(out, certificates(r, all), traceIDs(r, all))
	}
	fmt.Fprint(out, load(r), expected(r, all))
	for _, f := range r.Findings {
		fmt.Fprint(out, "\n", problem(f))
	}
	return nil
}

// untested lists what was not asked, by reason.
func untested(r *trace.Report) string {
	var cells []trace.Cell
	for _, c := range r.Cells {
		if c.Verdict == verdict.Untested && !c.Contrast {
			cells = append(cells, c)
		}
	}
	return byReason(cells)
}

func byReason(cells []trace.Cell) string {
	text := ""
	for _, reason := range distinct(cells, func(c trace.Cell) string { return c.Reason }) {
		others := func(c trace.Cell) bool { return c.Reason != reason }
		ways := distinct(slices.DeleteFunc(slices.Clone(cells), others), func(c trace.Cell) string { return strings.TrimSpace(fmt.Sprintf("%s %s", c.Kind, c.Address)) })
		if more := len(ways) - maxAlike; more > 1 {
			ways = append(ways[:maxAlike], fmt.Sprintf("and %d more", more))
		}
		text += hang("Untested  ", strings.Join(ways, ", ")+fromPlaces(slices.DeleteFunc(slices.Clone(cells), others))+": "+reason)
	}
	return text
}

// fromPlaces says from where the cells were not asked, if it was not from
// everywhere.
func fromPlaces(cells []trace.Cell) string {
	places := distinct(cells, placeOf)
	if slices.Contains(places, "") {
		return ""
	}
	if more := len(places) - maxAlike; more > 1 {
		places = append(places[:maxAlike], fmt.Sprintf("%d more places", more))
	}
	return " from " + strings.Join(places, ", ")
}

// placeOf returns how a sentence calls the vantage of the cell, or nothing when it
// has none.
func placeOf(c trace.Cell) string {
	return placeNamed(c.Vantage)
}

// about says how the run was made, and what it could not know.
func about(r *trace.Report) string {
	text := ""
	for _, p := range r.Target.Ports {
		if p.Speaks != "" {
			asked := fmt.Sprintf("port %d: %s (%s)", p.Port, p.Speaks, p.Why)
			if p.Path != "" {
				asked = fmt.Sprintf("port %d: %s GET %s (%s)", p.Port, p.Speaks, p.Path, joined(p.Why, p.PathChosen))
			}
			text += hang("Asked     ", asked)
		}
	}
	text += witnessed(r)
	for _, named := range r.NamedBy {
		text += hang("Named by  ", named)
	}
	for _, u := range r.Unread {
		text += hang("Not read  ", fmt.Sprintf("%s, so unknown: %s (%s)", u.Resource, u.Loses, u.Reason))
	}
	for _, v := range r.Vantages {
		if v.Error != "" {
			text += hang("Missing   ", v.Name+": "+v.Error)
		}
	}
	for _, note := range r.Notes {
		text += hang("Note      ", note)
	}
	return text
}

// load states what the run sent.
func load(r *trace.Report) string {
	return fmt.Sprintf("Load      %d requests in %.1f s, at most %d at once and %g a second\n",
		r.Load.Requests, r.Load.Elapsed.Seconds(), r.Load.Concurrency, r.Load.Rate)
}

func joined(a, b string) string {
	if a == b {
		return a
	}
	return a + ", path: " + b
}

// problem shows one finding.
func problem(f finding.Finding) string {
	sign := "✘"
	switch f.Severity {
	case finding.Warning:
		sign = "!"
	case finding.Info:
		sign = "i"
	}
	status := "unverified"
	if f.Status == finding.Confirmed {
		status = "confirmed by traffic"
		if !slices.ContainsFunc(f.Evidence, func(e finding.Evidence) bool { return e.Source == "traffic" }) {
			status = "as the API server says"
		}
	}
	text := fmt.Sprintf("%s %s  %s · %s\n", sign, f.Name, f.Severity, status)
	text += hang("  why   ", f.Summary)
	label := "  seen  "
	for _, e := range f.Evidence {
		text += hang(label, e.Text)
		label = "        "
	}
	label = "  fix   "
	for _, step := range f.Fix {
		text += hang(label, step.Text)
		if step.Command != "" {
			text += "        " + plain(step.Command) + "\n"
		}
		label = "        "
	}
	return text + "  more  kubectl nettrace explain " + f.Name + "\n"
}
