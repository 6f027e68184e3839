package route

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
)

// maxPattern bounds the regular expressions that are looked at, and maxSample
// the paths that are made for them.
const (
	maxPattern = 2048
	maxSample  = 1024
)

// sampler writes a path for a regular expression, one as its author may have had
// in mind: what stands there at will is there, and what stands for anything is
// filled with a text of ours.
type sampler struct {
	strings.Builder
	fill string
}

// samples returns paths that the expression matches at their beginning, the most
// likely first. Own is the path that the pods are known to answer, and takes the
// place of "anything".
func samples(pattern, own string) []string {
	if len(pattern) > maxPattern {
		return nil
	}
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil
	}
	own, _, _ = strings.Cut(own, "?")
	var all []string
	for _, fill := range []string{own, strings.TrimPrefix(own, "/"), "nettrace", ""} {
		s := sampler{fill: fill}
		s.write(parsed)
		path := s.String()
		if len(path) <= maxSample && sendable(path) && !strings.Contains(path, "//") && !slices.Contains(all, path) {
			all = append(all, path)
		}
	}
	return all
}

// sendable reports whether the text can be the path of a request as it is.
func sendable(path string) bool {
	return strings.HasPrefix(path, "/") && !strings.ContainsFunc(path, func(r rune) bool {
		return r <= ' ' || r > '~' || r == '?' || r == '#'
	})
}

func (s *sampler) write(e *syntax.Regexp) {
	if s.Len() > maxSample {
		return
	}
	switch e.Op {
	case syntax.OpLiteral:
		for _, r := range e.Rune {
			s.WriteRune(r)
		}
	case syntax.OpCharClass:
		s.WriteRune(pick(e.Rune))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		s.WriteByte('a')
	case syntax.OpCapture, syntax.OpQuest, syntax.OpAlternate:
		s.write(e.Sub[0])
	case syntax.OpConcat:
		for _, sub := range e.Sub {
			s.write(sub)
		}
	case syntax.OpStar, syntax.OpPlus:
		if !s.anything(e) {
			s.write(e.Sub[0])
		}
	case syntax.OpRepeat:
		times := e.Min
		if e.Min == 0 && e.Max != 0 {
			times = 1
		}
		for range times {
			s.write(e.Sub[0])
		}
	}
}

// anything writes the filling for a repetition that can be any text, or any
// within an element of the path, and reports whether it is one.
func (s *sampler) anything(e *syntax.Regexp) bool {
	repeated, err := regexp.Compile("^(?:" + e.String() + ")$")
	if err != nil || e.Sub[0].Op != syntax.OpAnyChar && e.Sub[0].Op != syntax.OpAnyCharNotNL && e.Sub[0].Op != syntax.OpCharClass {
		return false
	}
	for _, text := range []string{s.fill, strings.TrimPrefix(s.fill, "/"), "nettrace"} {
		if repeated.MatchString(text) {
			s.WriteString(text)
			return true
		}
	}
	return false
}
