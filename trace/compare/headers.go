package compare

import (
	"cmp"
	"slices"
	"strings"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
)

// Headers are those with which the requests of a pair arrived, as far as answers show
// them. That they differ is told, and does not count: two proxies add different ones.
type Headers struct {
	// A and B are how many answers showed the headers of their requests.
	A      int    `json:"a"`
	B      int    `json:"b"`
	Result Result `json:"result"`
	// Differences are the headers that differ each time.
	Differences []HeaderDifference `json:"differences,omitempty"`
}

// HeaderDifference is a header that requests have on one way alone, or with another
// value on each.
type HeaderDifference struct {
	Name string `json:"name"`
	// A and B are the values: none where it is missing, and several where it changes.
	// Those that may hold a secret are digests.
	A []string `json:"a,omitempty"`
	B []string `json:"b,omitempty"`
}

// headers compares those that answers on both ways show.
func (p paired) headers() Headers {
	hostA, hostB := p.a.Host, p.b.Host
	if hostA == hostB {
		hostA, hostB = "", ""
	}
	shownA, shownB := echoes(p.a.cells, hostA), echoes(p.b.cells, hostB)
	h := Headers{A: shownA.answers, B: shownB.answers, Result: Unknown}
	if h.A == 0 || h.B == 0 {
		return h
	}
	h.Result = Same
	for _, name := range shownA.and(shownB) {
		a, b := shownA.values[name], shownB.values[name]
		if !differ(a, b, shownA.answers, shownB.answers) {
			continue
		}
		h.Result = Differs
		h.Differences = append(h.Differences, HeaderDifference{name, a.texts(), b.texts()})
	}
	return h
}

// shown are the headers that answers show, and by how many of these.
type shown struct {
	answers int
	values  map[string]values
}

// values are those of one header, with how often each was there.
type values map[string]int

func (v values) texts() []string {
	var all []string
	for text := range v {
		all = append(all, text)
	}
	slices.Sort(all)
	return all
}

func (v values) total() (n int) {
	for _, count := range v {
		n += count
	}
	return n
}

// hostSlot stands in values for the host that was asked for: where two ways are each for
// one of their own, that alone makes no difference.
const hostSlot = "(the host asked for)"

func echoes(cells []trace.Cell, host string) shown {
	s := shown{values: map[string]values{}}
	for _, c := range cells {
		s.answers += c.Echoing
		for _, e := range c.Echoes {
			if s.values[e.Name] == nil {
				s.values[e.Name] = values{}
			}
			value := e.Value
			if host != "" {
				value = strings.ReplaceAll(value, host, hostSlot)
			}
			s.values[e.Name][value] += e.Count
		}
	}
	return s
}

// and returns the names of the headers that are shown on either way, sorted.
func (s shown) and(other shown) []string {
	var names []string
	for _, values := range []map[string]values{s.values, other.values} {
		for name := range values {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Compare(strings.ToLower(a), strings.ToLower(b)) })
	return slices.Compact(names)
}

// differ reports whether a header differs each time: it is in all answers of one way and
// in none of the other, or has one value on each, and another. What changes from answer
// to answer, such as the id of a request, has no value that could differ.
func differ(a, b values, answersA, answersB int) bool {
	switch {
	case len(b) == 0:
		return a.total() == answersA
	case len(a) == 0:
		return b.total() == answersB
	case len(a) == 1 && len(b) == 1:
		return a.texts()[0] != b.texts()[0]
	}
	return false
}
