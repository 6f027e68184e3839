package agent

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// chosen is the place at which the user says that answers tell who gave them: a
// header, or what an expression finds in the body.
type chosen struct {
	place
	pattern *regexp.Regexp
}

// newChosen returns nil where nothing was chosen.
func newChosen(i *wire.Identify) (*chosen, error) {
	if i == nil {
		return nil, nil
	}
	c := &chosen{place: place{header: http.CanonicalHeaderKey(i.Header), kind: wire.IdentityChosen}}
	if i.Header != "" {
		return c, nil
	}
	var err error
	if c.pattern, err = regexp.Compile(i.Body); err != nil {
		return nil, fmt.Errorf("compiling the expression for bodies: %w", err)
	}
	return c, nil
}

// trait returns what an answer has at the place: the header's value, or what the
// expression's first group matches, or all of it where it has none.
func (c *chosen) trait(a *answer) string {
	if c.pattern == nil {
		return digest(strings.Join(a.header[c.header], "\n"))
	}
	match := c.pattern.FindSubmatch(searchable(a))
	switch len(match) {
	case 0:
		return ""
	case 1:
		return digest(string(match[0]))
	}
	return digest(string(match[1]))
}

// traits returns what an answer has that its giver may be recognised by, by place,
// as digests: values may be secret, and bodies are large.
func (e *engine) traits(t *target, a *answer) map[place]string {
	found := map[place]string{}
	add := func(p place, trait string) {
		if trait != "" {
			found[p] = trait
		}
	}
	if e.chosen != nil {
		add(e.chosen.place, e.chosen.trait(a))
	}
	if e.groups[t.Group].comparable {
		for name := range a.header {
			p := place{header: name, kind: wire.IdentityFingerprint}
			add(p, e.fingerprint(t, p, a))
		}
		p := place{kind: wire.IdentityFingerprint}
		add(p, e.fingerprint(t, p, a))
	}
	return found
}

// trait returns what an answer has at one place, or "".
func (e *engine) trait(t *target, p place, a *answer) string {
	if p.kind == wire.IdentityChosen {
		return e.chosen.trait(a)
	}
	return e.fingerprint(t, p, a)
}

// fingerprint returns the digest of a header, or of the body if that was read to its end.
// The same body with another status is another answer.
func (e *engine) fingerprint(t *target, p place, a *answer) string {
	if p.header == "" {
		if a.err != nil || len(a.body) == 0 || len(a.body) >= maxSearch || e.anyones(t, string(a.body)) {
			return ""
		}
		return digest(fmt.Sprint(a.status, "\n", string(a.body)))
	}
	values := a.header[p.header]
	if len(values) != 1 || volatile(p.header) || !telling(values[0]) || e.anyones(t, values[0]) {
		return ""
	}
	return digest(values[0])
}

func digest(text string) string {
	if text == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:12])
}

// volatile reports whether a header is one that proxies write, or that tells of one
// request or one moment, and never of who gave the answer.
func volatile(header string) bool {
	switch header {
	case "Age", "Alt-Svc", "Cache-Control", "Connection", "Content-Encoding", "Content-Length", "Content-Type", "Date", "Expires",
		"Keep-Alive", "Location", "Proxy-Connection", "Server", "Server-Timing", "Set-Cookie", "Strict-Transport-Security",
		"Traceparent", "Tracestate", "Trailer", "Transfer-Encoding", "Upgrade", "Vary", "Via", "X-Cache", "X-Correlation-Id",
		"X-Envoy-Upstream-Service-Time", "X-Forwarded-For", "X-Request-Id", "X-Response-Time", "X-Runtime":
		return true
	}
	return false
}

// telling reports whether a value is more than a small number or a duration, which
// different endpoints have by turns.
func telling(value string) bool {
	return len(value) >= 6 && strings.Trim(value, "0123456789.,:+- dhmsunµ") != ""
}

// anyones reports whether a text has a part of what the request was told to ask for,
// or of what is shared by applications.
func (e *engine) anyones(t *target, text string) bool {
	parts := append([]string{t.Host, t.Address}, e.plan.Shared...)
	for _, address := range []string{t.Host, t.Address} {
		if host, _, err := net.SplitHostPort(address); err == nil {
			parts = append(parts, host)
		}
	}
	if t.Path != "/" {
		parts = append(parts, t.Path)
	}
	text = strings.ToLower(text)
	return slices.ContainsFunc(parts, func(part string) bool { return part != "" && strings.Contains(text, strings.ToLower(part)) })
}
