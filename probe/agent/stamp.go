package agent

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
)

// stamp is what one request has of its own.
type stamp struct {
	marker string
	// traceID and spanID are those of the W3C trace context, if there is one.
	traceID, spanID string
	// key is that of a WebSocket handshake.
	key string
}

// stamp returns what the request with this marker has of its own. The random
// parts tell nothing and prove nothing: an echo of them names no endpoint.
func (t *target) stamp(marker string) stamp {
	s := stamp{marker: marker}
	if t.traced {
		var id [24]byte
		_, _ = rand.Read(id[:]) // it never fails
		s.traceID, s.spanID = hex.EncodeToString(id[:16]), hex.EncodeToString(id[16:])
	}
	if t.websocket() {
		var key [16]byte
		_, _ = rand.Read(key[:])
		s.key = base64.StdEncoding.EncodeToString(key[:])
	}
	return s
}

func (s stamp) value(of slot) string {
	switch of {
	case theMarker:
		return s.marker
	case theTrace:
		return s.traceID + "-" + s.spanID
	case theKey:
		return s.key
	}
	return ""
}
