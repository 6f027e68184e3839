package finding

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/spread"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

// The words for how the answers of a cell divide.
const (
	// Even: nobody got an improbable share.
	Even = "even"
	// RoundRobin: each endpoint has its turn.
	RoundRobin = "round-robin"
	// Uneven: somebody did. Behind a proxy that may be meant: one that counts
	// connections does not spread evenly.
	Uneven = "uneven"
	// Weighted: nobody's share is improbable by the weights of the rule, and
	// NotWeighted: somebody's is.
	Weighted    = "weighted as configured"
	NotWeighted = "not as weighted"
	// Sticky: one endpoint answered all, as sessionAffinity asks.
	Sticky = "sticky as configured"
)

// Spread is how the answers of a cell divide over those who may give them.
type Spread struct {
	// Word is one of those above; empty where Unknown says why there is none.
	Word    string `json:"word,omitempty"`
	Unknown string `json:"unknown,omitempty"`
	// Promise says what the configuration promises.
	Promise string  `json:"promise,omitempty"`
	Shares  []Share `json:"shares,omitempty"`
	// Together is what the backends of a rule got on all ways to it, by which all of
	// them are judged: many shares are too small to be seen on one alone.
	Together []Share `json:"together,omitempty"`
	// ByChance is how probable the most improbable of the shares is, if each request
	// goes to each as likely as it should, and Bound what counts as improbable: that
	// all comparisons of the run together raise an alarm by chance in one run of a
	// thousand at most.
	ByChance float64 `json:"byChance,omitempty"`
	Bound    float64 `json:"bound,omitempty"`
	// Visible is the part of its share, from 0 to 1, at or below which anybody would
	// have been noticed in 99 of 100 runs; -1 where not even one that got nothing
	// would. Needed is how many answers show one that got nothing.
	Visible float64 `json:"visible"`
	Needed  int     `json:"needed,omitempty"`
	// Added is how many of the requests were added to those that were planned, because
	// a share looked odd at first.
	Added int `json:"added,omitempty"`
}

// Share is what one of them got.
type Share struct {
	Name  string `json:"name"`
	Count int    `json:"count"`
	// Share is what it should get of all, from 0 to 1.
	Share float64 `json:"share"`
}

// Spreads returns how the answers divide of those cells behind whose address several
// may answer, by the index of the cell.
func Spreads(f Facts) map[int]*Spread {
	all, parts := map[int]*Spread{}, map[int][]part{}
	compared := map[bool]int{}
	sums := f.weighted()
	for i, c := range f.Cells {
		r := f.Routes[c.Route]
		if c.Verdict == verdict.Untested || c.OK == 0 || r.Contrast || r.Padding > 0 || r.Kind == route.Pod || !r.Protocol.Web() {
			continue
		}
		s, p := f.spreadOf(c, sums)
		if s == nil {
			continue
		}
		all[i], parts[i] = s, p
		s.Added = c.Seen.Added
		compared[r.ByKubeProxy()] += len(p)
	}
	for i, p := range parts {
		if len(p) == 0 {
			continue
		}
		all[i].judge(p, chance/float64(compared[f.Routes[f.Cells[i].Route].ByKubeProxy()]*max(1, f.Targets)))
		if all[i].Word == Even && len(f.Cells[i].Answers) == len(p) && spread.InTurn(sequence(f.Cells[i]), len(p)) < spread.Bound(len(parts)*max(1, f.Targets)) {
			all[i].Word = RoundRobin
		}
	}
	return all
}

// sequence returns who gave the answers of a cell, in the order in which the requests
// were sent.
func sequence(c verdict.Cell) []int {
	var by []int
	for _, tally := range c.Seen.Sequence {
		if tally >= 0 && tally < len(c.Seen.Tallies) {
			by = append(by, c.Seen.Tallies[tally].Endpoint)
		}
	}
	return by
}

// spreadOf returns what was promised of a cell, and the parts to judge it by; nothing
// where only one may answer. By weights a cell is judged together with all ways to the
// rule.
func (f Facts) spreadOf(c verdict.Cell, sums map[string][]part) (*Spread, []part) {
	r, names := f.Routes[c.Route], f.usable(c)
	weighted := len(r.Backends) > 1
	switch {
	case !weighted && len(names) < 2:
		return nil, nil
	case !f.known(c):
		return &Spread{Unknown: f.unknownSpread(c), Visible: -1}, nil
	case weighted:
		parts := f.byWeight(c)
		if len(parts) == 0 {
			return &Spread{Unknown: "an endpoint belongs to several of the rule's backends", Visible: -1}, nil
		}
		sum := sums[f.ruleOf(r)]
		return &Spread{Promise: "by the weights of the rule", Word: Weighted, Shares: shares(parts), Together: shares(sum)}, sum
	}
	parts := f.evenly(c, names)
	if f.Target.Service.Spec.SessionAffinity == corev1.ServiceAffinityClientIP && r.ByKubeProxy() {
		s := &Spread{Promise: "one endpoint for each client address", Word: Sticky, Visible: -1, Shares: shares(parts)}
		if len(c.Answers) > 1 {
			s.Word = Uneven
		}
		return s, nil
	}
	return &Spread{Promise: fmt.Sprintf("each of %d endpoints alike", len(names)), Word: Even, Shares: shares(parts)}, parts
}

// unknownSpread says why it is not known how the answers divide.
func (f Facts) unknownSpread(c verdict.Cell) string {
	switch {
	case f.Changes.Written:
		return "the endpoints changed meanwhile"
	case c.OK < c.Sent:
		return fmt.Sprintf("%d of %d requests failed", c.Sent-c.OK, c.Sent)
	case c.Unknown > 0:
		return fmt.Sprintf("who gave %d of %d answers is not known", c.Unknown, c.Sent)
	}
	return "endpoints answered that should get nothing"
}

func shares(parts []part) []Share {
	var all []Share
	for _, p := range parts {
		all = append(all, Share{Name: p.name, Count: p.Count, Share: p.Share})
	}
	return all
}

// judge says whether the shares are as promised, and what else would have been seen.
func (s *Spread) judge(parts []part, bound float64) {
	s.Bound, s.ByChance = bound, 1
	least := parts[0]
	for _, p := range parts {
		s.ByChance = min(s.ByChance, p.ByChance())
		if p.Share > 0 && p.Share < least.Share {
			least = p
		}
	}
	s.Visible = spread.Visible(least.Total, least.Share, bound)
	if more := least.cell.Seen.More; more > 0 {
		first := least.Total - s.Added
		s.Visible = spread.VisibleTwice(first, first+more, least.Share, bound)
	}
	if s.Visible < 0 {
		s.Needed = spread.Silent(least.Share, bound)
	}
	if s.ByChance < bound {
		s.Word = map[string]string{Even: Uneven, Weighted: NotWeighted}[s.Word]
	}
}

// String says it in a few words, with what the numbers could have shown.
func (s *Spread) String() string {
	if s.Added > 0 {
		return s.text() + fmt.Sprintf(" (with %d requests more, since a share looked odd)", s.Added)
	}
	return s.text()
}

func (s *Spread) text() string {
	switch {
	case s.Unknown != "":
		return "spread unknown: " + s.Unknown
	case s.Word == Uneven && s.ByChance > 0 || s.Word == NotWeighted:
		return fmt.Sprintf("%s (p=%.1g)", s.Word, s.ByChance)
	case s.Bound == 0:
		return s.Word
	case s.Visible < 0:
		return fmt.Sprintf("%s, as far as it goes: a silent one shows from %d answers on", s.Word, s.Needed)
	case s.Visible < 0.01:
		return s.Word + ": none is silent"
	}
	return fmt.Sprintf("%s: none has less than %.0f%% of its share", s.Word, 100*s.Visible)
}
