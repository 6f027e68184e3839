package main

import (
	"crypto/sha1"
	"encoding/base64"
	"net/http"
	"os"
	"time"
)

// serveUpgrades grants every upgrade to WebSocket (RFC 6455, section 4.2.2), names
// the pod in doing so, and hangs up. It is not hostile at all, but what no other
// server of the tests does.
func serveUpgrades(listen string) error {
	name, err := os.Hostname()
	if err != nil {
		return err
	}
	server := &http.Server{Addr: listen, ReadHeaderTimeout: 5 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Served-By", name)
		key := r.Header.Get("Sec-Websocket-Key")
		if key == "" {
			http.Error(w, "an upgrade is required", http.StatusUpgradeRequired)
			return
		}
		sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
		w.Header().Set("Upgrade", "websocket")
		w.Header().Set("Connection", "Upgrade")
		w.Header().Set("Sec-Websocket-Accept", base64.StdEncoding.EncodeToString(sum[:]))
		w.WriteHeader(http.StatusSwitchingProtocols)
		if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
			_ = conn.Close()
		}
	})}
	return server.ListenAndServe()
}
