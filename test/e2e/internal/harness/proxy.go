package harness

import (
	"context"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os/exec"
	"path/filepath"
	"time"
)

// Proxy stands between the plugin and the API server, and lets a test disturb
// what passes.
type Proxy struct {
	// Kubeconfig leads to the proxy.
	Kubeconfig string
	server     *httptest.Server
}

// Proxy starts one on the loopback interface. Disturb decides what becomes of
// each request; it may hand it on to the API server, which answers it with the
// rights of the tests' own kubeconfig.
func (n *Namespace) Proxy(disturb func(w http.ResponseWriter, r *http.Request, forward http.Handler)) *Proxy {
	n.t.Helper()
	token := unique(n.t) + unique(n.t)
	forward := n.forward()
	p := &Proxy{server: httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+token {
			http.Error(w, "this proxy is somebody's test", http.StatusUnauthorized)
			return
		}
		r.Header.Del("Authorization")
		disturb(w, r, forward)
	}))}
	p.server.Config.ErrorLog = log.New(io.Discard, "", 0)
	p.server.StartTLS() // client-go shows its token to nobody else
	n.t.Cleanup(p.Close)
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.server.Certificate().Raw})
	p.Kubeconfig = n.WriteKubeconfig(Kubeconfig{
		APIVersion: "v1", Kind: "Config", Current: "proxy",
		Clusters: []NamedCluster{{Name: "proxy", Cluster: map[string]any{
			"server": p.server.URL, "certificate-authority-data": authority,
		}}},
		Users:    []map[string]any{{"name": "proxy", "user": map[string]string{"token": token}}},
		Contexts: []NamedContext{{Name: "proxy", Context: map[string]string{"cluster": "proxy", "user": "proxy"}}},
	})
	return p
}

// Close ends the proxy for good, in the middle of whatever passes through it.
func (p *Proxy) Close() {
	p.server.Listener.Close() //nolint:errcheck // it may be closed already
	p.server.CloseClientConnections()
}

// forward hands requests on to the API server. "kubectl proxy" does so with any
// credentials that a kubeconfig can name; its socket is out of others' reach.
func (n *Namespace) forward() http.Handler {
	n.t.Helper()
	socket := filepath.Join(n.t.TempDir(), "api")
	ctx, cancel := context.WithCancel(context.WithoutCancel(n.t.Context()))
	command := exec.CommandContext(ctx, "kubectl", "proxy", "--unix-socket", socket)
	if err := command.Start(); err != nil {
		n.t.Fatal("starting kubectl proxy:", err)
	}
	n.t.Cleanup(func() {
		cancel()
		_ = command.Wait()
	})
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{Timeout: 10 * time.Second}).DialContext(ctx, "unix", socket)
	}
	n.Eventually("kubectl proxy listens", func() error {
		conn, err := dial(n.t.Context(), "", "")
		if err != nil {
			return fmt.Errorf("connecting: %w", err)
		}
		return conn.Close()
	})
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: "localhost"})
	proxy.Transport = &http.Transport{DialContext: dial}
	proxy.FlushInterval = -1
	proxy.ErrorLog = log.New(io.Discard, "", 0)
	return proxy
}
