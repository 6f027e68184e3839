package agent

import (
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// granted reports whether an answer agrees to a WebSocket with this key, as
// strictly as browsers see it (RFC 6455, section 4.1). SHA-1 guards against
// mistakes here, not against attacks.
func granted(header http.Header, key string) bool {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return header.Get("Sec-Websocket-Accept") == base64.StdEncoding.EncodeToString(sum[:]) &&
		strings.EqualFold(header.Get("Upgrade"), "websocket") && hasToken(header.Values("Connection"), "upgrade")
}

// hasToken reports whether a list of words, spread over the values of a header,
// has a certain one.
func hasToken(values []string, want string) bool {
	for word := range strings.SplitSeq(strings.Join(values, ","), ",") {
		if strings.EqualFold(strings.TrimSpace(word), want) {
			return true
		}
	}
	return false
}

// The bounds of waiting for a server to close a WebSocket.
const (
	maxFarewell = 64 << 10
	farewell    = 250 * time.Millisecond
)

// closeWebSocket says that the connection is over, "1000, normal", and lets the
// server close it first, for a moment: closing while it is still speaking would
// be an error to it.
func closeWebSocket(conn net.Conn) {
	var mask [4]byte
	_, _ = rand.Read(mask[:])
	frame := []byte{0x88, 0x82, mask[0], mask[1], mask[2], mask[3], 0x03 ^ mask[0], 0xe8 ^ mask[1]}
	if _, err := conn.Write(frame); err != nil {
		return
	}
	_ = conn.SetReadDeadline(time.Now().Add(farewell))
	_, _ = io.CopyN(io.Discard, conn, maxFarewell)
}
