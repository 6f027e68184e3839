package watch

import (
	"slices"
	"time"
)

// Summary is what a watch says in the end.
type Summary struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
	// Sent and Failed count the requests through the Service: by all ways but the
	// pods' own addresses.
	Sent   int     `json:"sent"`
	Failed int     `json:"failed"`
	Spells []Spell `json:"spells,omitempty"`
	// Lives are the endpoints that changed meanwhile.
	Lives []Life `json:"endpoints,omitempty"`
	// Blind are the times in which no request was under way: nothing is known of them.
	Blind []Blind `json:"blind,omitempty"`
}

// Life is what was seen of an endpoint's life, and how many requests failed in each
// part of it, on whatever way and of whatever cause.
type Life struct {
	Endpoint string `json:"endpoint"`
	Parts    []Part `json:"parts"`
}

// Part is a phase of an endpoint.
type Part struct {
	Phase Phase     `json:"phase"`
	Since time.Time `json:"since"`
	// Failed is how many requests through the Service failed in that time.
	Failed int `json:"failed"`
}

// Blind is a time in which nothing was sent.
type Blind struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// blink is how long a time without requests may be.
const blink = 1500 * time.Millisecond

// Summary says what was seen until the time at which the watch ends.
func (w *Watch) Summary(to time.Time) Summary {
	s := Summary{From: w.began, To: to, Sent: w.sent, Failed: w.failed, Blind: w.blind(to), Lives: w.lives(to)}
	slices.SortStableFunc(w.failures, func(a, b failure) int { return a.at.Compare(b.at) })
	for _, spell := range spells(w.failures) {
		for _, c := range w.underWay(spell.From, spell.To) {
			spell.Meanwhile = append(spell.Meanwhile, c.event())
		}
		s.Spells = append(s.Spells, spell)
	}
	return s
}

func (c change) event() Event {
	text := c.endpoint + " " + string(c.phase)
	if c.first {
		text = c.endpoint + " is new, and " + string(c.phase)
	}
	return Event{Time: c.at, Kind: EndpointEvent, Text: text, Endpoint: c.endpoint}
}

// lives tells of the endpoints that changed.
func (w *Watch) lives(to time.Time) []Life {
	var all []Life
	for _, c := range w.changes {
		i := slices.IndexFunc(all, func(l Life) bool { return l.Endpoint == c.endpoint })
		if i < 0 {
			all, i = append(all, Life{Endpoint: c.endpoint}), len(all)
		}
		all[i].Parts = append(all[i].Parts, Part{Phase: c.phase, Since: c.at})
	}
	all = slices.DeleteFunc(all, func(l Life) bool { return len(l.Parts) == 1 && l.Parts[0].Since.Equal(w.began) })
	for i := range all {
		for j := range all[i].Parts {
			part, end := &all[i].Parts[j], to
			if j+1 < len(all[i].Parts) {
				end = all[i].Parts[j+1].Since
			}
			for _, f := range w.failures {
				if !f.at.Before(part.Since) && f.at.Before(end) {
					part.Failed++
				}
			}
		}
	}
	return all
}

// blind returns the times in which no request was under way.
func (w *Watch) blind(to time.Time) []Blind {
	spans := slices.Clone(w.spans)
	slices.SortFunc(spans, func(a, b span) int { return a.from.Compare(b.from) })
	var all []Blind
	last := w.began
	for _, s := range append(spans, span{to, to}) {
		if s.from.Sub(last) > blink {
			all = append(all, Blind{last, s.from})
		}
		if s.to.After(last) {
			last = s.to
		}
	}
	return all
}
