package witness

import (
	"strconv"
	"strings"
)

// The headers that carry the marker of a request, and how the second one does.
const (
	markerField = "x-nettrace-id"
	agentField  = "user-agent"
)

// maxNumber bounds the numbers in a marker.
const maxNumber = 1 << 30

// head is what matters of the head of a request.
type head struct {
	method, path, host string
	// marker is the one that the request carries; disputed is set where it carries
	// several, so that it is none of them.
	marker   string
	disputed bool
}

// field takes note of a header.
func (h *head) field(run, name, value string) {
	marker := ""
	switch strings.ToLower(name) {
	case "host":
		h.host = value
	case markerField:
		marker = value
	case agentField:
		if at := strings.LastIndexByte(value, '('); at >= 0 {
			marker = strings.TrimSuffix(value[at+1:], ")")
		}
	}
	if sequence(run, marker) == 0 {
		return
	}
	h.disputed = h.disputed || h.marker != "" && h.marker != marker
	h.marker = marker
}

// sequence returns the number of the request that a marker of the run names, within its
// route, or zero where it is no such marker.
func sequence(run, marker string) int {
	rest, ours := strings.CutPrefix(marker, run+"-")
	numbers := strings.Split(rest, "-")
	if !ours || run == "" || len(numbers) != 3 {
		return 0
	}
	last := 0
	for _, text := range numbers {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > maxNumber || strconv.Itoa(n) != text {
			return 0
		}
		last = n
	}
	return last
}
