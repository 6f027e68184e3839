package print

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

// answeredBy says who answered, with counts, and what failed.
func (w row) answeredBy(a aliases) string {
	counts, unknown := w.answers()
	var parts []string
	switch kind := w.cells[0].Kind; {
	case kind == route.DNS:
		parts = append(parts, w.resolved())
	case kind == route.Pod && len(counts) > 0 && w.addresses > 1:
		parts = append(parts, "each itself")
	case kind == route.Pod && len(counts) > 0:
		parts = append(parts, "itself")
	case kind == route.Pod:
	case len(counts) > maxAnswers:
		parts = append(parts, w.spread(a, counts))
	default:
		for _, name := range slices.SortedFunc(maps.Keys(counts), a.byAlias) {
			parts = append(parts, fmt.Sprintf("%s%d", a.endpoint(name), counts[name]))
		}
	}
	switch failed := failures(w.cells); {
	case w.verdict() == verdict.Stopped && failed != "":
		parts = append(parts, "proxy: "+failed)
	case unknown > 0:
		parts = append(parts, fmt.Sprintf("unknown %d", unknown), failed)
	default:
		parts = append(parts, failed)
	}
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), " ")
}

// spread tells of many endpoints how many answers each gave.
func (w row) spread(a aliases, counts map[string]int) string {
	least, most := slices.Min(slices.Collect(maps.Values(counts))), slices.Max(slices.Collect(maps.Values(counts)))
	each := fmt.Sprintf("%d-%d", least, most)
	if least == most {
		each = fmt.Sprint(least)
	}
	text := fmt.Sprintf("%d pods, %s each", len(counts), each)
	others := 0
	for name := range counts {
		if a.neighbours[name] {
			others++
		}
	}
	if others > 0 {
		text += fmt.Sprintf("; %d of them of other Services", others)
	}
	return text
}

// resolved says what lookups brought that brought the right thing: what they
// must, or, where anything will do, what came.
func (w row) resolved() string {
	var values []string
	for _, c := range w.cells {
		switch {
		case c.OK == 0:
		case len(c.Want) > 0:
			values = append(values, c.Want...)
		default:
			for _, answer := range c.Resolutions {
				values = append(values, answer.Values...)
			}
		}
	}
	slices.Sort(values)
	values = slices.Compact(values)
	one, many := "", "values"
	if strings.HasPrefix(w.cells[0].Address, "_") {
		one, many = "port ", "ports"
	} else if !slices.ContainsFunc(values, func(v string) bool { _, err := netip.ParseAddr(v); return err != nil }) {
		many = "IPs"
	}
	switch len(values) {
	case 0:
		return ""
	case 1:
		return "= " + one + values[0]
	}
	return fmt.Sprintf("= %d %s", len(values), many)
}

// maxAnswers is how many endpoints are named that answered; of more, the least
// and the most answers are told.
const maxAnswers = 6

// answers counts the answers of each endpoint, and those of unknown ones.
func (w row) answers() (counts map[string]int, unknown int) {
	counts = map[string]int{}
	for _, c := range w.cells {
		unknown += c.Unknown
		for _, answer := range c.Answers {
			counts[answer.Endpoint] += answer.Count
		}
	}
	return counts, unknown
}

// failures counts what went wrong, the most frequent first.
func failures(cells []trace.Cell) string {
	counts := map[string]int{}
	for _, c := range cells {
		for _, f := range c.Failures {
			counts[f.What] += f.Count
		}
	}
	what := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	for i, w := range what {
		what[i] = fmt.Sprintf("%s x%d", w, counts[w])
	}
	return strings.Join(what, " ")
}
