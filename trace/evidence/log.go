package evidence

import (
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// maxLine is how much of a line of a log is looked at.
const maxLine = 64 << 10

// requestLine is a request as access logs quote it, in the common and combined
// formats (https://httpd.apache.org/docs/current/logs.html): the request line, and
// mostly the status behind it.
var requestLine = regexp.MustCompile(`"[A-Z]{2,10} (\S+) HTTP/[0-9.]{1,3}"(?: (\d{3})\b)?`)

// Logged reads a line of a log. When it has the marker of one request of the run,
// what it says of that request is returned; all else that stands there is of no
// concern, and may be secret. A line with several markers is about none of them in
// particular.
func Logged(run, line string) (Sighting, bool) {
	line = line[:min(len(line), maxLine)]
	all := markers(run, line)
	if len(all) != 1 {
		return Sighting{}, false
	}
	s := Sighting{Marker: all[0]}
	if start := strings.IndexByte(line, '{'); start >= 0 && strings.HasSuffix(strings.TrimSpace(line), "}") {
		var fields map[string]any
		if json.Unmarshal([]byte(line[start:]), &fields) == nil {
			s.Path, s.Status = structured(fields)
			return s, true
		}
	}
	if m := requestLine.FindAllStringSubmatch(line, 2); len(m) == 1 {
		s.Path = requestTarget(m[0][1])
		s.Status, _ = strconv.Atoi(m[0][2])
	}
	return s, true
}

// structured reads the fields of a line in JSON, by the names that common servers
// give them: Caddy, Traefik, nginx, Envoy, and the request loggers of Node.js, Go,
// Java and .NET. Without the method of a request beside them, a path or a code may
// be that of anything.
func structured(fields map[string]any) (path string, status int) {
	flat := map[string]any{}
	for name, value := range fields {
		flat[strings.ToLower(name)] = value
		if nested, ok := value.(map[string]any); ok {
			for inner, value := range nested {
				flat[strings.ToLower(name+"."+inner)] = value
			}
		}
	}
	if !requested(flat) {
		return "", 0
	}
	for _, name := range []string{"request.uri", "request_uri", "requestpath", "uri", "req.url", "request.url", "path", "request.path", "http.path", "url"} {
		if text, ok := flat[name].(string); ok && path == "" {
			path = requestTarget(text)
		}
	}
	for _, name := range []string{"status", "status_code", "statuscode", "response_code", "downstreamstatus", "res.statuscode", "response.status", "http.status_code", "code"} {
		if status != 0 {
			break
		}
		switch value := flat[name].(type) {
		case float64:
			status = int(value)
		case string:
			status, _ = strconv.Atoi(value)
		}
	}
	if status < 100 || status > 599 {
		status = 0
	}
	return path, status
}

// requested reports whether the fields have the method of a request.
func requested(fields map[string]any) bool {
	for _, name := range []string{"method", "request.method", "req.method", "http.method", "requestmethod", "request_method", "verb"} {
		if text, ok := fields[name].(string); ok && slices.Contains([]string{"GET", "HEAD", "OPTIONS", "POST"}, text) {
			return true
		}
	}
	return false
}

// requestTarget returns the request target of an absolute or relative reference, or
// nothing where it is none.
func requestTarget(text string) string {
	if strings.HasPrefix(text, "/") {
		return text
	}
	if u, err := url.Parse(text); err == nil && u.Host != "" {
		return u.RequestURI()
	}
	return ""
}
