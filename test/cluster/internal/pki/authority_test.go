package pki

import (
	"crypto/tls"
	"crypto/x509"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestIssue(t *testing.T) {
	authority, err := NewAuthority(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	_, err = authority.Issue(Request{
		Name: "node-1", CommonName: "system:node:node-1", Organizations: []string{"system:nodes"},
		DNSNames: []string{"node-1"}, Addresses: []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1")},
	})
	if err != nil {
		t.Fatal(err)
	}
	pair, err := tls.LoadX509KeyPair(authority.Path("node-1", "crt"), authority.Path("node-1", "key"))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority.PEM)
	for _, name := range []string{"node-1", "192.0.2.1", "2001:db8::1"} {
		if _, err := pair.Leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: name}); err != nil {
			t.Errorf("as %s: %v", name, err)
		}
	}
	if pair.Leaf.Subject.CommonName != "system:node:node-1" || pair.Leaf.Subject.Organization[0] != "system:nodes" {
		t.Errorf("got %s", pair.Leaf.Subject)
	}
}

func TestWriteKubeconfig(t *testing.T) {
	authority, err := NewAuthority(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "kubeconfig")
	err = authority.WriteKubeconfig(file, "lab", "https://127.0.0.1:1234", Request{Name: "admin", CommonName: "admin"})
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"server: https://127.0.0.1:1234\n", "current-context: lab\n", "user: admin}", "client-key-data: "} {
		if !strings.Contains(string(content), want) {
			t.Errorf("%q is missing", want)
		}
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("it has mode %v, %v", info.Mode(), err)
	}
}
