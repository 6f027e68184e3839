//go:build !linux

package agent

import "testing"

func deaf(t *testing.T) string {
	t.Helper()
	t.Skip("needs a listener that drops handshakes")
	return ""
}
