package agent

import (
	"encoding/json"
	"maps"
	"net/textproto"
	"slices"
	"strings"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// markerField is the header by which it is known that an answer shows those of its
// request.
const markerField = "X-Nettrace-Id"

// The bounds of the headers that are kept of one answer, and of a value in bytes.
const (
	maxShown = 60
	maxValue = 200
)

// echoed returns the headers of the request with the marker that an answer shows: in
// the JSON object, or among the lines of the form NAME: VALUE, that have our own header
// with the marker. An answer that has the marker elsewhere shows no headers.
func echoed(body, marker string) []wire.Echo {
	if !strings.Contains(body, marker) {
		return nil
	}
	headers := inJSON(body, marker)
	if headers == nil {
		headers = inLines(body, marker)
	}
	var all []wire.Echo
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		if value := strings.TrimSpace(headers[name]); value != "" && len(all) < maxShown {
			all = append(all, wire.Echo{Name: name, Value: harmless(name, strings.ReplaceAll(value, marker, wire.MarkerSlot))})
		}
	}
	return all
}

// inJSON returns the entries of the object in a document that holds the marker as our
// own header, or nil.
func inJSON(body, marker string) map[string]string {
	if !strings.HasPrefix(strings.TrimSpace(body), "{") {
		return nil
	}
	var document any
	if json.Unmarshal([]byte(body), &document) != nil {
		return nil
	}
	return objectWith(document, marker)
}

func objectWith(value any, marker string) map[string]string {
	object, ok := value.(map[string]any)
	if !ok {
		return nil
	}
	headers := map[string]string{}
	for name, v := range object {
		if text, ok := headerValue(v); ok {
			headers[textproto.CanonicalMIMEHeaderKey(name)] = text
		}
	}
	if headers[markerField] == marker {
		return headers
	}
	for _, v := range object {
		if found := objectWith(v, marker); found != nil {
			return found
		}
	}
	return nil
}

// headerValue returns what a value in a document is as that of a header: a text, or a
// list of some.
func headerValue(value any) (string, bool) {
	switch v := value.(type) {
	case string:
		return v, true
	case []any:
		var all []string
		for _, one := range v {
			text, ok := one.(string)
			if !ok {
				return "", false
			}
			all = append(all, text)
		}
		return strings.Join(all, ", "), len(all) > 0
	}
	return "", false
}

// inLines returns the headers in the block of lines that has our own one.
func inLines(body, marker string) map[string]string {
	headers, mine := map[string]string{}, false
	for line := range strings.Lines(body) {
		name, value, ok := headerIn(line)
		if !ok {
			if mine {
				return headers
			}
			clear(headers)
			continue
		}
		headers[name] = strings.TrimPrefix(headers[name]+", "+value, ", ")
		mine = mine || name == markerField && value == marker
	}
	if !mine {
		return nil
	}
	return headers
}

// headerIn returns the header that a line shows, as NAME: VALUE or NAME=VALUE.
func headerIn(line string) (name, value string, ok bool) {
	at := strings.IndexAny(line, ":=")
	if at < 0 {
		return "", "", false
	}
	name = strings.TrimSpace(line[:at])
	outside := func(c rune) bool {
		return c != '-' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z')
	}
	if name == "" || strings.ContainsFunc(name, outside) {
		return "", "", false
	}
	return textproto.CanonicalMIMEHeaderKey(name), strings.TrimSpace(line[at+1:]), true
}

// harmless returns the value of a header that is known to hold no secret, and of any
// other a digest.
func harmless(name, value string) string {
	if !open(name) {
		return "digest " + digest(value)
	}
	return value[:min(len(value), maxValue)]
}

// open reports whether a header holds no secret: it says where a request came from, or
// what the client can do.
func open(name string) bool {
	switch name {
	case "Host", "Forwarded", "Via", "User-Agent", "Accept", "Accept-Encoding", "Accept-Language", "Connection", "Te", "Content-Type", "Content-Length",
		"X-Real-Ip", "X-Scheme", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Proto", "X-Forwarded-Scheme",
		"X-Forwarded-Server", "X-Forwarded-Prefix", "X-Forwarded-Path", "X-Forwarded-Uri", "X-Forwarded-Method",
		"X-Original-Uri", "X-Original-Url", "X-Original-Host", "X-Original-Method", "X-Original-Forwarded-For":
		return true
	}
	return strings.HasPrefix(name, "X-Nettrace-")
}
