package agent

import (
	"maps"
	"strconv"
	"strings"
)

// carried are the identities that a request brings along itself: in its Host
// header, its path, its address. Applications echo such things, so that finding
// them in an answer proves nothing.
type carried map[string]bool

func (c carried) has(o *owner) bool { return c[o.identity] }

// carriedOver adds the address that a request came from. On a node's own network
// this may be the address of an endpoint, and applications like to print it. Of
// a name that was resolved it adds what it was resolved to, for the same reason
// for which the address of a route counts.
func (t *target) carriedOver(a *answer) carried {
	more := carried{a.local.String(): true}
	if t.named && t.Endpoint == 0 {
		more[a.remote.String()] = true
	}
	maps.Copy(more, t.carried)
	return more
}

// carriesOwn reports whether requests to an endpoint carry one of its own names.
func (x *index) carriesOwn(t *target) bool {
	for identity := range t.carried {
		if x.owners[identity].endpoint == t.Endpoint {
			return true
		}
	}
	return false
}

// carriedIn returns the identities that occur in any of the texts, in any
// case, also as a part of a longer word and behind percent signs: who knows
// which part an application cuts out to print it.
func (x *index) carriedIn(texts ...string) carried {
	text := strings.ToLower(strings.Join(texts, "\n"))
	// The routes to a thousand pods mostly carry the same.
	if found, known := x.searched[text]; known {
		return found
	}
	found := carried{}
	x.searched[text] = found
	text += "\n" + strings.ToLower(unescape(text))
	for identity := range x.owners {
		if strings.Contains(text, identity) {
			found[identity] = true
		}
	}
	// This finds IPv6 addresses in other forms, too.
	x.scan([]byte(text), nil, func(o *owner) { found[o.identity] = true })
	return found
}

// unescape resolves percent signs and, unlike net/url, does not mind those
// that stand for themselves.
func unescape(text string) string {
	var plain strings.Builder
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c == '%' && i+2 < len(text) {
			if code, err := strconv.ParseUint(text[i+1:i+3], 16, 8); err == nil {
				c, i = byte(code), i+2
			}
		}
		plain.WriteByte(c)
	}
	return plain.String()
}
