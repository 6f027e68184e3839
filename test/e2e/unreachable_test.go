package e2e

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/kubectl-nettrace/kubectl-nettrace/test/e2e/internal/harness"
)

// TestUnreachableServer asks API servers that do not answer, or not us.
func TestUnreachableServer(t *testing.T) {
	t.Parallel()
	n := harness.New(t)
	nowhere := filepath.Join(t.TempDir(), "nowhere")
	garbage := filepath.Join(t.TempDir(), "garbage")
	if err := os.WriteFile(garbage, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args []string
		says []string
	}{
		"nobody listens":          {with(n, n.Kubeconfig().Server("server", "https://"+closed(t))), []string{"cannot be reached", "connection refused", "kubectl cluster-info"}},
		"accepts and is silent":   {with(n, n.Kubeconfig().Server("server", "https://"+silent(t))), []string{"does not answer", "TLS handshake timeout", "kubectl cluster-info"}},
		"silent, with a timeout":  {append(with(n, n.Kubeconfig().Server("server", "http://"+silent(t))), "--request-timeout=2s"), []string{"does not answer", "kubectl cluster-info"}},
		"is a web server":         {with(n, n.Kubeconfig().Server("server", "http://"+website(t))), []string{"no API server", "text/html", "kubectl cluster-info"}},
		"wrong token":             {with(n, n.Kubeconfig().Token("wrong")), []string{"Unauthorized", "log in again"}},
		"another CA":              {with(n, n.Kubeconfig().Server("certificate-authority-data", authority(t))), []string{"not trusted", "certificate signed by unknown authority", "certificate authority"}},
		"another CA's name":       {with(n, n.Kubeconfig().Server("tls-server-name", "elsewhere.test")), []string{"not trusted", "elsewhere.test"}},
		"no such kubeconfig":      {[]string{"--kubeconfig", nowhere}, []string{nowhere, "no such file", "--kubeconfig"}},
		"no such context":         {[]string{"--context", "nope"}, []string{`context "nope" does not exist`, "kubectl config get-contexts"}},
		"damaged kubeconfig":      {[]string{"--kubeconfig", garbage}, []string{"reading the kubeconfig", garbage}},
		"no such cluster in it":   {[]string{"--cluster", "nope"}, []string{"reading the kubeconfig", `"nope" does not exist`}},
		"kubeconfig of nothing":   {with(n, map[string]string{"apiVersion": "v1", "kind": "Config"}), []string{"no cluster is named in", "--kubeconfig"}},
		"a name without a server": {with(n, n.Kubeconfig().Server("server", "https://nowhere.nettrace.test")), []string{"cannot be reached", "nowhere.nettrace.test"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refused(t, n.Nettrace(append([]string{"svc/web"}, c.args...)...), c.says...)
		})
	}
	t.Run("KUBECONFIG of nothing", func(t *testing.T) {
		t.Parallel()
		refused(t, n.Shell("KUBECONFIG="+nowhere+" kubectl nettrace svc/web"), "no cluster is named in", nowhere, "set KUBECONFIG")
	})
	t.Run("to clean up", func(t *testing.T) {
		t.Parallel()
		refused(t, n.Plugin(append([]string{"cleanup"}, with(n, n.Kubeconfig().Server("server", "https://"+closed(t)))...)...), "cannot be reached")
	})
}

func with(n *harness.Namespace, kubeconfig any) []string {
	return []string{"--kubeconfig", n.WriteKubeconfig(kubeconfig)}
}

// closed returns an address at which nobody listens.
func closed(t *testing.T) string {
	listener := listen(t)
	address := listener.Addr().String()
	listener.Close() //nolint:errcheck // there is nothing to be done about it
	return address
}

// silent returns an address that accepts connections and never answers.
func silent(t *testing.T) string {
	listener := listen(t)
	t.Cleanup(func() { listener.Close() }) //nolint:errcheck // as above
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { conn.Close() }) //nolint:errcheck // as above
		}
	}()
	return listener.Addr().String()
}

// website returns an address at which something else answers than Kubernetes.
func website(t *testing.T) string {
	listener := listen(t)
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<html>\x1b[31mwelcome\n<b>to our shop</b></html>"))
	})}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { server.Close() }) //nolint:errcheck // as above
	return listener.Addr().String()
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return listener
}

// authority returns the certificate of an authority that signed nothing.
func authority(t *testing.T) []byte {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate})
}
