package agent

import (
	"cmp"
	"encoding/json"
	"net/textproto"
	"regexp"
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
	for name, value := range headers {
		if value = strings.TrimSpace(value); value != "" && len(all) < maxShown {
			all = append(all, wire.Echo{Name: name, Value: harmless(name, strings.ReplaceAll(value, marker, wire.MarkerSlot))})
		}
	}
	slices.SortFunc(all, func(a, b wire.Echo) int { return cmp.Compare(a.Name, b.Name) })
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
	form := regexp.MustCompile(`^\s*([A-Za-z][A-Za-z0-9-]*)\s*[:=]\s?(.*?)\s*$`)
	headers, mine := map[string]string{}, false
	for line := range strings.Lines(body) {
		m := form.FindStringSubmatch(line)
		if m == nil {
			if mine {
				return headers
			}
			clear(headers)
			continue
		}
		name := textproto.CanonicalMIMEHeaderKey(m[1])
		headers[name] = strings.TrimPrefix(headers[name]+", "+m[2], ", ")
		mine = mine || name == markerField && m[2] == marker
	}
	if !mine {
		return nil
	}
	return headers
}

// harmless returns the value of a header that is known to hold no secret, and of any
// other a digest.
func harmless(name, value string) string {
	known := regexp.MustCompile(`^(?:Host|Forwarded|Via|User-Agent|Accept(?:-Encoding|-Language)?|Connection|Te|Content-(?:Type|Length)|X-(?:Forwarded-(?:For|Host|Port|Proto|Scheme|Server|Prefix|Path|Uri|Method)|Real-Ip|Scheme|Original-[A-Za-z]+|Nettrace-[A-Za-z]+))$`)
	if !known.MatchString(name) {
		return "digest " + digest(value)
	}
	return value[:min(len(value), maxValue)]
}
