package agent

import (
	"context"
	"net"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// Reachable reports whether anything comes back from a TCP address within the
// time that ctx leaves: a connection, which is closed at once, or a refusal.
func Reachable(ctx context.Context, address string) bool {
	dialer := net.Dialer{KeepAlive: -1}
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		class := classify(connecting, err)
		return class == wire.ErrorRefused || class == wire.ErrorReset
	}
	_ = conn.Close()
	return true
}
