//go:build !linux

package witness

import (
	"errors"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// listen is for Linux, whose nodes are watched.
func listen(wire.Watch) (source, int, error) {
	return nil, 0, errors.New("opening a packet socket: only Linux has them")
}
