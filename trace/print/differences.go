package print

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/compare"
)

// below says what is known of a pair beside what its rows show: what differs, what became
// of the paths, and which headers arrived.
// What was said of the path for the same rules is not said in full again.
func below(p compare.Pair, said map[string]bool) string {
	if p.Indistinct != "" {
		return hang("   "+aspect("?", "both"), p.Indistinct)
	}
	text := ""
	for _, d := range p.Differences {
		if d.Aspect != compare.PathAspect {
			text += hang("   "+aspect("✘", string(d.Aspect)), strings.ReplaceAll(d.Text, "HTTP ", ""))
		}
	}
	return text + paths(p, said)
}

// paths says what became of the paths on both ways, once where it is the same of several.
func paths(pair compare.Pair, said map[string]bool) string {
	type fate struct {
		result compare.Result
		text   string
	}
	sent := map[fate][]string{}
	var order []fate
	for _, p := range pair.Paths {
		f := fate{p.Result, pathLine(p)}
		if sent[f] == nil {
			order = append(order, f)
		}
		sent[f] = append(sent[f], p.Sent)
	}
	text := ""
	for _, f := range order {
		label, told := "   "+aspect(sign(f.result), "path"), "sent "+strings.Join(sent[f], " and ")+": "+f.text
		if key := pair.A.Rule + "\n" + pair.B.Rule + "\n" + told; said[key] {
			told = "as above"
		} else {
			said[key] = true
		}
		text += hang(label, told)
	}
	return text
}

func sign(r compare.Result) string {
	switch r {
	case compare.Same:
		return "="
	case compare.Differs:
		return "✘"
	}
	return "?"
}

// pathLine says what became of a path on both ways.
func pathLine(p compare.Path) string {
	a, b := compare.Became(p.A), compare.Became(p.B)
	switch {
	case len(p.A)+len(p.B) == 0:
		return "not observed"
	case a == b:
		return "on both " + a
	}
	return fmt.Sprintf("A %s; B %s", a, b)
}

// headersAlike reports whether of the headers the same is to be said of all pairs, so
// that it is said once.
func headersAlike(c *compare.Comparison) bool {
	first := headers("", c.Pairs[0].Headers)
	return !slices.ContainsFunc(c.Pairs, func(p compare.Pair) bool { return headers("", p.Headers) != first })
}

// headers says which headers differ, if answers show them.
func headers(indent string, h compare.Headers) string {
	label := indent + aspect(sign(h.Result), "headers")
	switch {
	case h.A+h.B == 0:
		return hang(label, "not observed: no answer shows them")
	case h.Result == compare.Unknown:
		side := "A"
		if h.A > 0 {
			side = "B"
		}
		return hang(label, "not observed on "+side+", where no answer shows them")
	case h.Result == compare.Same:
		return hang(label, "those that answers show are the same on both")
	}
	label = indent + aspect("i", "headers")
	text := ""
	for _, d := range h.Differences {
		text += hang(label, d.Name+": "+valueOf(d.A, "A")+"; "+valueOf(d.B, "B"))
		label = strings.Repeat(" ", len(indent+aspect(" ", "")))
	}
	return text
}

// valueOf says with which value a header arrived on one of the ways.
func valueOf(values []string, side string) string {
	switch {
	case len(values) == 0:
		return side + " none"
	case len(values) > 1:
		return side + " changes"
	case strings.HasPrefix(values[0], "digest "):
		return side + " a value that is not shown"
	}
	return side + " " + values[0]
}

// lone lists the ways that have no counterpart on the other side.
func lone(c *compare.Comparison) string {
	text := ""
	for _, a := range c.Alone {
		other := c.B.Target
		if a.Side == "B" {
			other = c.A.Target
		}
		way := "another way"
		if a.Host+a.Path != "" {
			way = wanted(a.Asked)
		}
		if a.Rule != "" {
			way += ", rule " + ruleOf(a.Host, a.Rule)
		}
		switch {
		case a.Differs && a.Object != "":
			way += ": no rule of " + other + " is known to lead it to a Service" + instead(a)
			text += hang(aspect("✘", "only "+a.Side), way)
		case a.Differs:
			text += hang(aspect("✘", "only "+a.Side), way+": "+other+" has no such way")
		default:
			text += hang(aspect("?", "only "+a.Side), way+": "+strings.ReplaceAll(a.Reason, "HTTP ", ""))
		}
	}
	return text
}

// instead says what comes of a request on either side, where one has no rule for it.
func instead(a compare.Alone) string {
	other := map[string]string{"A": "B", "B": "A"}[a.Side]
	text := "; " + a.Side + " answers " + statuses(a.Seen)
	if a.Other != nil {
		text += ", " + other + " " + statuses(*a.Other)
	}
	return text
}

// statuses writes what became of requests, with how often each came.
func statuses(s compare.Seen) string {
	var all []string
	for _, status := range s.Statuses {
		all = append(all, fmt.Sprintf("%s x%d", strings.TrimPrefix(status.What, "HTTP "), status.Count))
	}
	return strings.Join(all, " ")
}

// spreads says where other pods answer on one side, by all its ways together.
func spreads(c *compare.Comparison) string {
	text := ""
	for _, s := range c.Spreads {
		if s.Text != "" {
			text += hang(aspect("✘", "pods"), s.Text)
		}
	}
	return text
}

// reasons says what else must be known of what was seen on each side.
func reasons(c *compare.Comparison) string {
	said := map[string][]string{}
	var order []string
	note := func(side, reason string) {
		if said[reason] == nil {
			order = append(order, reason)
		}
		if !slices.Contains(said[reason], side) {
			said[reason] = append(said[reason], side)
		}
	}
	for _, p := range c.Pairs {
		for _, v := range p.Views {
			for _, reason := range v.A.Reasons {
				note("A", reason)
			}
			for _, reason := range v.B.Reasons {
				note("B", reason)
			}
		}
	}
	text := ""
	for _, reason := range order {
		slices.Sort(said[reason])
		text += hang("Note      ", strings.Join(said[reason], " and ")+": "+reason)
	}
	return text
}
