package evidence

import (
	"strconv"
	"strings"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// Sighting is one request as somebody saw it who is not its client: an endpoint
// that wrote it into its log, for one.
type Sighting struct {
	Marker
	// Endpoint is the number in the [Directory] of the one that got the request.
	Endpoint int
	Rung     wire.Rung
	// Path is the request target as it arrived, and Status what was answered;
	// empty and zero where that was not seen.
	Path   string
	Status int
}

// Marker names a request of a run (see wire.Plan.Marker): the number of its
// vantage, from 1, that of its route in the vantage's plan, and its own.
type Marker struct{ Vantage, Route, Sequence int }

// maxNumber bounds the numbers in a marker, so that forged ones stay harmless.
const maxNumber = 1 << 30

// markers returns the different markers of the run that stand in a text. One must
// stand for itself: in a longer word it is somebody else's.
func markers(run, text string) []Marker {
	var all []Marker
	for rest := text; ; {
		at := strings.Index(rest, run+"-")
		if at < 0 || run == "" {
			return all
		}
		alone := at == 0 || !wordly(rest[at-1])
		rest = rest[at+len(run):]
		m, length, ok := numbers(rest)
		rest = rest[length:]
		if !ok || !alone || len(rest) > 0 && wordly(rest[0]) {
			continue
		}
		known := false
		for _, other := range all {
			known = known || other == m
		}
		if !known {
			all = append(all, m)
		}
	}
}

// numbers reads "-1-2-3" at the beginning of a text, and returns how much of the
// text that is.
func numbers(text string) (m Marker, length int, ok bool) {
	for _, number := range []*int{&m.Vantage, &m.Route, &m.Sequence} {
		if length >= len(text) || text[length] != '-' {
			return m, length, false
		}
		length++
		end := length
		for end < len(text) && text[end] >= '0' && text[end] <= '9' {
			end++
		}
		n, err := strconv.Atoi(text[length:end])
		length = end
		if err != nil || n < 1 || n > maxNumber {
			return m, length, false
		}
		*number = n
	}
	return m, length, true
}

// wordly reports whether the byte goes on a word that a marker stands in.
func wordly(b byte) bool {
	return b == '-' || b == '_' || b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= 0x80
}
