package compare

import (
	"fmt"
	"slices"
	"strings"
)

// judge says how the comparison ended, in a sentence that claims no more than was seen.
func (c *Comparison) judge() {
	differing := c.differing()
	compared := c.having(Pair.compared)
	switch {
	case len(differing) > 0:
		c.Verdict = Verdict{Different, strings.Join(differing, "; ")}
	case compared == 0:
		c.Verdict = Verdict{Inconclusive, "nothing could be compared" + c.obstacle()}
	default:
		c.Verdict = Verdict{Alike, c.alike(compared)}
	}
}

// compared reports whether the statuses of both ways were seen from some place.
func (p Pair) compared() bool {
	return slices.ContainsFunc(p.Views, func(v View) bool { return v.Status != Unknown })
}

// differing says of each aspect how many pairs differ in it.
func (c *Comparison) differing() []string {
	total := count(len(c.Pairs), "request")
	var all []string
	for _, aspect := range []Aspect{StatusAspect, PathAspect, PodAspect} {
		n := c.having(func(p Pair) bool {
			return slices.ContainsFunc(p.Differences, func(d Difference) bool { return d.Aspect == aspect })
		})
		if n > 0 {
			all = append(all, fmt.Sprintf("%s for %d of %s", aspect.differs(), n, total))
		}
	}
	for _, s := range c.Spreads {
		if s.Result == Differs {
			all = append(all, "other pods of "+strings.Join(s.Services, ", ")+" answer")
		}
	}
	for _, side := range []string{"A", "B"} {
		n := 0
		for _, a := range c.Alone {
			if a.Differs && a.Side == side {
				n++
			}
		}
		if n > 0 {
			all = append(all, fmt.Sprintf("%s only through %s", count(n, "request"), side))
		}
	}
	return all
}

// differs says in words that the aspect does.
func (a Aspect) differs() string {
	switch a {
	case PathAspect:
		return "another path arrives"
	case PodAspect:
		return "other pods answer"
	}
	return "another status"
}

// alike says what was seen to be the same, and of what nothing was seen.
func (c *Comparison) alike(compared int) string {
	var same, unseen []string
	note := func(what string, known, of int) {
		switch {
		case of == 0:
		case known == of:
			same = append(same, what)
		case known == 0:
			unseen = append(unseen, what)
		default:
			same = append(same, fmt.Sprintf("%s (of %d)", what, known))
		}
	}
	note("status", compared, len(c.Pairs))
	note("path", c.having(func(p Pair) bool { return len(p.Paths) > 0 && !p.changes() }), c.having(func(p Pair) bool { return len(p.Paths) > 0 }))
	note("pods", c.having(func(p Pair) bool { return c.spread(p) == Same }), c.having(func(p Pair) bool { return p.Pods != Differs }))
	if c.having(func(p Pair) bool { return p.Headers.Result == Differs }) == 0 {
		note("headers", c.having(func(p Pair) bool { return p.Headers.Result == Same }), len(c.Pairs))
	}
	text := fmt.Sprintf("nothing that was seen of %s differs: %s", count(len(c.Pairs), "request"), strings.Join(same, ", "))
	if len(unseen) > 0 {
		text += "; not known: " + strings.Join(unseen, ", ")
	}
	return text
}

// having counts the pairs of which something is so.
func (c *Comparison) having(so func(p Pair) bool) (n int) {
	for _, p := range c.Pairs {
		if so(p) {
			n++
		}
	}
	return n
}

// changes reports whether a path is not known to arrive alike on both ways.
func (p Pair) changes() bool {
	return slices.ContainsFunc(p.Paths, func(path Path) bool { return path.Result != Same })
}

// spread returns what is known of the pods behind the Services of a pair.
func (c *Comparison) spread(p Pair) Result {
	if len(c.Spreads) == 1 && p.Pods == Unknown && p.Indistinct == "" {
		return c.Spreads[0].Result
	}
	return p.Pods
}

// obstacle gives the first reason why nothing could be compared.
func (c *Comparison) obstacle() string {
	for _, p := range c.Pairs {
		if p.Indistinct != "" {
			return ": " + p.Indistinct
		}
		for _, v := range p.Views {
			for _, s := range []Seen{v.A, v.B} {
				if s.Sent == 0 && len(s.Reasons) > 0 {
					return ": " + s.Reasons[0]
				}
			}
		}
	}
	for _, a := range c.Alone {
		if a.Reason != "" {
			return fmt.Sprintf(": %s: %s", a.Side, a.Reason)
		}
	}
	return ": neither has a way that was asked"
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
