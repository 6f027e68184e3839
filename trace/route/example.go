package route

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
)

// example returns a short text that the pattern matches as a whole. What may be
// left out is left out; of alternatives the first is taken. An error means that
// the pattern is in a dialect that is not understood, or too clever.
func example(pattern string) (string, error) {
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return "", fmt.Errorf("reading the regular expression %q: %w", pattern, err)
	}
	var text strings.Builder
	write(&text, parsed)
	whole, err := regexp.Compile("^(?:" + pattern + ")$")
	if err != nil || !whole.MatchString(text.String()) {
		return "", fmt.Errorf("no text is known that matches the regular expression %q", pattern)
	}
	return text.String(), nil
}

// write appends a text for the expression. Anchors and the like ask for nothing;
// whether they hold is seen in the end.
func write(text *strings.Builder, e *syntax.Regexp) {
	switch e.Op {
	case syntax.OpLiteral:
		for _, r := range e.Rune {
			text.WriteRune(r)
		}
	case syntax.OpCharClass:
		text.WriteRune(pick(e.Rune))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		text.WriteByte('a')
	case syntax.OpCapture, syntax.OpPlus, syntax.OpAlternate:
		write(text, e.Sub[0])
	case syntax.OpConcat:
		for _, sub := range e.Sub {
			write(text, sub)
		}
	case syntax.OpRepeat:
		for range e.Min {
			write(text, e.Sub[0])
		}
	}
}

// pick returns a character of the class, which is given as ranges: a letter or
// digit if there is one, else the first that can be seen.
func pick(class []rune) rune {
	has := func(r rune) bool {
		for i := 0; i+1 < len(class); i += 2 {
			if class[i] <= r && r <= class[i+1] {
				return true
			}
		}
		return false
	}
	for _, r := range "a1A" {
		if has(r) {
			return r
		}
	}
	for r := '!'; r <= '~'; r++ {
		if has(r) {
			return r
		}
	}
	if len(class) == 0 {
		return 'a' // matches nothing, as will be seen
	}
	return class[0]
}
