package agent

import (
	"context"
	"net"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// Knock connects to a TCP address, hangs up at once, and returns what came of it
// within the time that ctx leaves: no error, or its class. That of a refusal or a
// reset tells that something is there, too.
func Knock(ctx context.Context, address string) wire.ErrorClass {
	dialer := net.Dialer{KeepAlive: -1}
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return classify(connecting, err)
	}
	_ = conn.Close()
	return ""
}
