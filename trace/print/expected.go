package print

import (
	"fmt"
	"strings"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/vantage"
)

// expected says of each expectation whether it was met, and where not, why. Ways of
// which the same is to be said are told of once, with their places.
func expected(r *trace.Report, all bool) string {
	text := ""
	for _, e := range r.Expectations {
		sign := map[trace.Result]string{trace.Met: "✔", trace.Missed: "✘", trace.NotObserved: "?"}[e.Result]
		on := 0
		for _, w := range e.Ways {
			if w.Result == e.Result {
				on++
			}
		}
		said := fmt.Sprintf("%s: %s on %d of %d ways", e.Expectation, e.Result, on, len(e.Ways))
		if len(e.Ways) == 0 {
			said = fmt.Sprintf("%s: %s: no way in was tested on which it can be seen", e.Expectation, e.Result)
		}
		text += hang(sign+" expected  ", said)
		text += unmet(e, all)
	}
	if text != "" {
		text = "\n" + text
	}
	return text
}

// unmet lists the ways on which an expectation was not met; with all, every way.
func unmet(e trace.Expected, all bool) string {
	var order []string
	places := map[string][]string{}
	for _, w := range e.Ways {
		if w.Result == trace.Met && !all {
			continue
		}
		line := fmt.Sprintf("%s: %s", w.Way, w.Why)
		if w.Result != e.Result {
			line = fmt.Sprintf("%s: %s: %s", w.Way, w.Result, w.Why)
		}
		if places[line] == nil {
			order = append(order, line)
		}
		places[line] = append(places[line], placeNamed(w.Vantage))
	}
	text := ""
	for i, line := range order {
		if i == maxAlike && !all && len(order) > maxAlike+1 {
			return text + hang("            ", fmt.Sprintf("and %d more (-o wide lists them)", len(order)-i))
		}
		if places[line][0] != "" {
			line = strings.Replace(line, ": ", " from "+strings.Join(places[line], ", ")+": ", 1)
		}
		text += hang("            ", plain(line))
	}
	return text
}

// placeNamed returns how a sentence calls the vantage with the name.
func placeNamed(name string) string {
	kind, node, _ := strings.Cut(name, "@")
	return vantage.Vantage{Kind: vantage.Kind(kind), Node: node}.Place()
}
