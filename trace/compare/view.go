package compare

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

// views returns the pair as it is seen from each place, or, where no place has asked
// both, from all together.
func (p paired) views() []View {
	from := func(w way) []string {
		var names []string
		for _, c := range w.cells {
			if c.Vantage != "" && !slices.Contains(names, c.Vantage) {
				names = append(names, c.Vantage)
			}
		}
		return names
	}
	a, b := from(p.a), from(p.b)
	if !slices.ContainsFunc(a, func(v string) bool { return slices.Contains(b, v) }) {
		return []View{p.view("", p.a.cells, p.b.cells)}
	}
	var all []View
	for _, v := range slices.Compact(slices.Sorted(slices.Values(slices.Concat(a, b)))) {
		elsewhere := func(c trace.Cell) bool { return c.Vantage != v }
		all = append(all, p.view(v, slices.DeleteFunc(slices.Clone(p.a.cells), elsewhere), slices.DeleteFunc(slices.Clone(p.b.cells), elsewhere)))
	}
	return all
}

func (p paired) view(vantage string, a, b []trace.Cell) View {
	v := View{Vantage: vantage, A: seen(a), B: seen(b)}
	v.Status = sameStatus(p, v.A, v.B)
	return v
}

// seen adds up what cells hold.
func seen(cells []trace.Cell) Seen {
	var s Seen
	var took wire.Latency
	for _, c := range cells {
		if c.Vantage != "" && !slices.Contains(s.From, c.Vantage) {
			s.From = append(s.From, c.Vantage)
		}
		s.Sent += c.Sent
		s.Unknown += c.Unknown
		for _, outcome := range outcomes(c) {
			s.count(outcome)
		}
		for _, a := range c.Answers {
			s.answered(a)
		}
		if c.Latency != nil {
			took.Merge(c.Latency.Total.All)
		}
		if c.Reason != "" && c.Verdict != verdict.Healthy && !slices.Contains(s.Reasons, c.Reason) {
			s.Reasons = append(s.Reasons, c.Reason)
		}
	}
	slices.SortFunc(s.Statuses, func(a, b Count) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.What, b.What))
	})
	slices.SortFunc(s.Answers, func(a, b trace.Answer) int {
		return cmp.Or(strings.Compare(a.Endpoint, b.Endpoint), cmp.Compare(a.Evidence, b.Evidence))
	})
	if took.Count() > 0 {
		s.Latency = &Latency{P50: took.Quantile(0.5), P95: took.Quantile(0.95), P99: took.Quantile(0.99)}
	}
	return s
}

// outcomes returns what became of the requests of a cell: the statuses of answers, and
// the errors; of requests that are for no page, whether they were answered.
func outcomes(c trace.Cell) []Count {
	var all []Count
	for _, s := range c.Statuses {
		what := fmt.Sprintf("HTTP %d", s.Status)
		if s.GRPC != "" {
			what = "gRPC " + s.GRPC
		}
		all = append(all, Count{what, s.Count})
	}
	if len(all) == 0 && c.OK > 0 && !c.Protocol.Web() {
		all = append(all, Count{"answered", c.OK})
	}
	for _, f := range c.Failures {
		if !strings.HasPrefix(f.What, "HTTP ") && !strings.HasPrefix(f.What, "gRPC ") {
			all = append(all, Count{f.What, f.Count})
		}
	}
	return all
}

func (s *Seen) count(c Count) {
	for i := range s.Statuses {
		if s.Statuses[i].What == c.What {
			s.Statuses[i].Count += c.Count
			return
		}
	}
	s.Statuses = append(s.Statuses, c)
}

func (s *Seen) answered(a trace.Answer) {
	for i := range s.Answers {
		if s.Answers[i].Endpoint == a.Endpoint && s.Answers[i].Evidence == a.Evidence {
			s.Answers[i].Count += a.Count
			return
		}
	}
	s.Answers = append(s.Answers, a)
}

// known returns how many answers each endpoint is known to have given, and how many
// these are together.
func (s Seen) known() (counts map[string]int, total int) {
	counts = map[string]int{}
	for _, a := range s.Answers {
		counts[a.Endpoint] += a.Count
		total += a.Count
	}
	return counts, total
}
