package witness

import (
	"bytes"
	"strconv"
	"strings"
)

// maxHead bounds the head of a request in bytes.
const maxHead = 16 << 10

// methods are those of requests that may be the run's, or come before one of them.
const methods = " GET HEAD POST PUT DELETE OPTIONS PATCH CONNECT TRACE "

// requestLine returns the parts of the request line that the text begins with.
func requestLine(text []byte) (method, path string, ok bool) {
	line, _, found := bytes.Cut(text[:min(len(text), maxHead)], []byte("\r\n"))
	parts := strings.Split(string(line), " ")
	if !found || len(parts) != 3 || !strings.HasPrefix(parts[2], "HTTP/1.") || len(parts[2]) != len("HTTP/1.1") ||
		parts[0] == "" || !strings.Contains(methods, " "+parts[0]+" ") {
		return "", "", false
	}
	return parts[0], parts[1], true
}

// body is how what follows a head is told apart from the next request.
type body struct {
	length int
	// open is set where only whoever reads all of it would know.
	open bool
}

// parseHead reads the head of a request, with the empty line at its end.
func parseHead(run string, text []byte) (h head, b body, ok bool) {
	if h.method, h.path, ok = requestLine(text); !ok {
		return h, b, false
	}
	for i, line := range strings.Split(strings.TrimSuffix(string(text), "\r\n\r\n"), "\r\n") {
		name, value, found := strings.Cut(line, ":")
		if i == 0 || !found {
			continue
		}
		value = strings.TrimSpace(value)
		h.field(run, name, value)
		switch strings.ToLower(name) {
		case "content-length":
			length, err := strconv.Atoi(value)
			if err != nil || length < 0 {
				return h, b, false
			}
			b.length = length
		case "transfer-encoding", "upgrade":
			b.open = true
		}
	}
	b.open = b.open || h.method == "CONNECT"
	return h, b, true
}

// statusOf returns the status of the answer that the text begins with, or zero. Those
// that only say that an answer will come are none.
func statusOf(text []byte) int {
	const line = "HTTP/1.1 200"
	if len(text) < len(line) || !bytes.HasPrefix(text, []byte("HTTP/1.")) || text[8] != ' ' {
		return 0
	}
	status, err := strconv.Atoi(string(text[9:12]))
	if err != nil || status < 101 || status > 599 || status == 102 || status == 103 {
		return 0
	}
	return status
}
