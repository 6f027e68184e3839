package print

import (
	"strings"
	"unicode"

	"github.com/mattn/go-runewidth"
)

// columns is the width that the default output keeps to, but for addresses,
// names and commands that are longer by themselves.
const columns = 80

// plain removes what a terminal would not show as a character of one line:
// control characters, and with them the start of every escape sequence, and
// marks that turn the direction of writing.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsPrint(r):
			return r
		case unicode.IsSpace(r):
			return ' '
		}
		return -1
	}, text)
}

// Lines makes text of several lines that others wrote harmless for a terminal.
func Lines(text string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = plain(lines[i])
	}
	return strings.Join(lines, "\n")
}

// wrap breaks text at spaces into lines of at most width columns. A word that
// is longer stands on a line of its own.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(plain(text)) {
		switch {
		case line == "":
			line = word
		case runewidth.StringWidth(line)+1+runewidth.StringWidth(word) <= width:
			line += " " + word
		default:
			lines = append(lines, line)
			line = word
		}
	}
	return append(lines, line)
}

// hang writes text after a label, wrapped, the further lines below the first.
func hang(label, text string) string {
	indent := strings.Repeat(" ", runewidth.StringWidth(label))
	return label + strings.Join(wrap(text, columns-len(indent)), "\n"+indent) + "\n"
}
