package agent

import (
	"regexp"
	"strings"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// frameWidth is how much of the text on either side of a path tells answers of the
// same program from others, in bytes.
const frameWidth = 16

// The bounds of what is believed to be meant: how often an answer names its request,
// and how long a path is, in bytes.
const (
	maxMentions = 50
	maxPath     = 2 << 10
)

// arrived returns the path that an answer names as that of the request with the
// marker. Applications print it on their pages for what they do not find, and some
// for everything. What stands behind the name of a header is not it: proxies hand
// on there what the client had sent. Nothing is returned where different paths are
// named.
func arrived(body, marker string) wire.Arrival {
	body = strings.ReplaceAll(body, `\/`, `/`) // as some write JSON
	var found wire.Arrival
	if strings.Count(body, marker) > maxMentions {
		return found
	}
	for from := 0; ; {
		at := strings.Index(body[from:], marker)
		if at < 0 {
			return found
		}
		begin, end := around(body, from+at, from+at+len(marker))
		from += at + len(marker)
		start, path := pathOf(body[begin:end])
		if path == "" || len(path) > maxPath || quotes(body[:begin+start]) {
			continue
		}
		path = strings.Replace(path, marker, wire.MarkerSlot, 1)
		if found.Path != "" && found.Path != path {
			return wire.Arrival{}
		}
		if found.Path == "" {
			found = wire.Arrival{Path: path, Frame: surroundings(body, begin+start, end)}
		}
	}
}

// around returns where the reference begins and ends that a marker stands in.
func around(body string, begin, end int) (int, int) {
	for begin > 0 && inReference(body[begin-1]) {
		begin--
	}
	for end < len(body) && inReference(body[end]) {
		end++
	}
	return begin, end
}

// inReference reports whether a byte may stand in a path or query as they are
// printed. Some that RFC 3986 allows are left out, because they rather come after
// one in a sentence.
func inReference(c byte) bool {
	return lower(c) != 0 || strings.IndexByte("/?=-._~%:@+$&", c) >= 0
}

// pathOf returns the path in a reference, with its query, and where it begins.
func pathOf(reference string) (start int, path string) {
	if at := strings.Index(reference, "://"); at >= 0 {
		slash := strings.IndexByte(reference[at+3:], '/')
		if slash < 0 {
			return 0, ""
		}
		start = at + 3 + slash
	} else if start = strings.IndexByte(reference, '/'); start < 0 || strings.ContainsAny(reference[:start], "?%") {
		return 0, ""
	}
	return start, strings.TrimRight(reference[start:], ".:?")
}

// quotes reports whether what follows the text is the value of a header in which
// proxies hand on what was sent to them.
func quotes(text string) bool {
	line := text[strings.LastIndexByte(text, '\n')+1:]
	line = line[max(0, len(line)-200):]
	return handedOn().MatchString(line)
}

func handedOn() *regexp.Regexp {
	return regexp.MustCompile(`(?i)(?:\bx[-_][a-z0-9_-]*|\breferer|[a-z0-9_-]*(?:original|forwarded|replaced|rewritten)[a-z0-9_-]*)["']?\]?\s*(?:[:=]|=>)\s*[\["'(]*(?:[a-z]+://[^\s"'/]*)?$`)
}

// surroundings returns the digest of what stands around a path on its line, numbers
// aside.
func surroundings(body string, begin, end int) string {
	before := body[max(0, begin-frameWidth):begin]
	before = before[strings.LastIndexByte(before, '\n')+1:]
	after, _, _ := strings.Cut(body[end:min(len(body), end+frameWidth)], "\n")
	return digest(blurred(before) + "\x00" + blurred(after))
}

// page returns the digest of an answer that was read to its end: without its marker,
// and whatever its numbers are, such as the time.
func page(a *answer, body string) wire.Page {
	if a.err != nil || len(a.body) >= maxSearch {
		return wire.Page{}
	}
	return wire.Page{Digest: digest("\x00" + blurred(strings.ReplaceAll(body, a.marker, wire.MarkerSlot)))}
}

// blurred returns the text with the same digit for all, and no more than one in a row.
func blurred(text string) string {
	return regexp.MustCompile("[0-9]+").ReplaceAllLiteralString(text, "0")
}
