package agent

import (
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// answer is what became of one request.
type answer struct {
	marker  string
	traceID string
	sent    time.Time
	phases  wire.Phases
	// replied is set when there was an answer other than a status: over TCP the
	// connection, over UDP a datagram, of the DNS what was asked for.
	replied bool
	// status is the HTTP status, or zero. It stays when the body fails.
	status int
	// grpc is the name of the gRPC status, or empty.
	grpc   string
	header http.Header
	// body is the first 64 KiB, when it was asked for; valid until the next
	// request of the same worker.
	body []byte
	// size is that of a body that was read to its end, or of the datagram.
	size int
	// certificate is what the server presented, over TLS.
	certificate *shown
	// resolution is what the DNS said.
	resolution *wire.Resolution
	// local is the address that the request came from, and remote the one that it
	// went to.
	local, remote netip.Addr
	at            stage
	err           error
	class         wire.ErrorClass
}

// arrived reports whether there was an answer: a status, or what counts as one
// where there is none.
func (a *answer) arrived() bool { return a.status != 0 || a.replied && a.class == "" }

// fail notes what ended the request early.
func (a *answer) fail(at stage, err error) {
	a.at, a.err, a.class = at, err, classify(at, err)
}

// stage returns how far a request has come that was sent.
func (a *answer) stage() stage {
	if a.status != 0 {
		return reading
	}
	return asking
}

// detail returns, in words, why a request failed. For a redirect that is where
// it leads to (without the query, which may hold secrets); for the other
// statuses who says so, because proxies and applications differ there.
func (a *answer) detail() string {
	if a.err != nil {
		return trim(a.at.String() + ": " + a.err.Error())
	}
	if message := a.header.Get("Grpc-Message"); message != "" && a.grpc != "" && a.grpc != grpcOK {
		return trim("grpc-message: " + message)
	}
	if location := a.header.Get("Location"); location != "" && a.status/100 == 3 {
		location, _, _ = strings.Cut(location, "?")
		return trim("Location: " + location)
	}
	if server := a.header.Get("Server"); server != "" && a.status >= 400 {
		return trim("Server: " + server)
	}
	return ""
}
