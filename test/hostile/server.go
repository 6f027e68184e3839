package main

import (
	"encoding/json"
	"log"
	"net/http"
	"os"
	"sync"
	"time"
)

// handlers returns the modes that are served by net/http, over HTTP/1.1 and HTTP/2
// without TLS, by name.
func handlers() map[string]http.Handler {
	return map[string]http.Handler{
		"grpc":   &health{logs: json.NewEncoder(os.Stdout)},
		"veiled": &veiled{logs: log.New(os.Stdout, "", 0)},
	}
}

// serveHTTP serves the address, and returns only with an error.
func serveHTTP(address string, handler http.Handler) error {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	server := &http.Server{Addr: address, Handler: handler, Protocols: protocols, ReadHeaderTimeout: 5 * time.Second}
	return server.ListenAndServe()
}

// health is a gRPC server that knows the health service alone (grpc.health.v1.Health,
// by "GRPC Health Checking Protocol"), says that it is serving, and writes an access
// log in JSON.
type health struct {
	mu   sync.Mutex
	logs *json.Encoder
}

// serving is a HealthCheckResponse whose status is SERVING, behind the five bytes
// of a message of gRPC: not compressed, two bytes long.
const serving = "\x00\x00\x00\x00\x02\x08\x01"

func (h *health) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/grpc")
	w.Header().Set("Trailer", "Grpc-Status")
	status := "12" // UNIMPLEMENTED
	if r.URL.Path == "/grpc.health.v1.Health/Check" {
		status = "0"
		_, _ = w.Write([]byte(serving))
	}
	w.Header().Set("Grpc-Status", status)
	h.mu.Lock()
	defer h.mu.Unlock()
	_ = h.logs.Encode(map[string]any{
		"request": map[string]any{"method": r.Method, "uri": r.URL.RequestURI(), "headers": map[string][]string{"X-Nettrace-Id": r.Header["X-Nettrace-Id"]}},
		"status":  http.StatusOK,
	})
}

// veiled answers always the same, and logs the ids of requests within longer words,
// so that a test knows who has answered, and nobody else.
type veiled struct{ logs *log.Logger }

func (v *veiled) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = w.Write([]byte("hello"))
	v.logs.Printf("id_%s_", r.Header.Get("X-Nettrace-Id"))
}
