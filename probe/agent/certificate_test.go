package agent

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// certify makes a certificate for these names.
func certify(t *testing.T, subject string, names ...string) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: subject}, DNSNames: names, IPAddresses: []net.IP{net.IPv4(10, 0, 0, 1)},
		NotBefore: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2021, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der, der}, PrivateKey: key}
}

func TestCertificates(t *testing.T) {
	good := &tls.Config{Certificates: []tls.Certificate{certify(t, "shop", "shop.example", "*.shop.example")}}
	wanting := func(version uint16) *tls.Config {
		return &tls.Config{Certificates: good.Certificates, ClientAuth: tls.RequireAnyClientCert, MaxVersion: version}
	}
	tests := map[string]struct {
		protocol wire.Protocol
		config   *tls.Config
		route    wire.Route
		class    wire.ErrorClass
		mismatch string
	}{
		"HTTPS":                  {wire.HTTPS, good, wire.Route{}, "", ""},
		"WebSocket":              {wire.WSS, good, wire.Route{}, "", ""},
		"HTTP/2":                 {wire.H2, good, wire.Route{}, wire.ErrorProtocol, ""},
		"gRPC":                   {wire.GRPCS, good, wire.Route{}, wire.ErrorProtocol, ""},
		"below the name":         {wire.HTTPS, good, wire.Route{Host: "a.shop.example:8443"}, "", ""},
		"by address":             {wire.HTTPS, good, wire.Route{Host: "10.0.0.1"}, "", ""},
		"another name":           {wire.HTTPS, good, wire.Route{Host: "bank.example"}, "", "x509: certificate is valid for shop.example, *.shop.example, not bank.example"},
		"by its server name":     {wire.HTTPS, good, wire.Route{Host: "bank.example", ServerName: "shop.example"}, "", ""},
		"wants a certificate":    {wire.HTTPS, wanting(0), wire.Route{}, wire.ErrorTLS, ""},
		"wants one over TLS 1.2": {wire.HTTPS, wanting(tls.VersionTLS12), wire.Route{}, wire.ErrorTLS, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			config := test.config.Clone()
			if test.protocol == wire.H2 || test.protocol == wire.GRPCS {
				// Without a word about protocols, which ends it after the handshake.
				test.route.Address = listen(t, func(conn net.Conn) { _ = tls.Server(conn, config).Handshake(); untilClosed(conn) })
			} else {
				test.route.Address = serveTLS(t, config, func(http.ResponseWriter, *http.Request) {})
			}
			test.route.Protocol, test.route.Requests = test.protocol, 3
			s := run(t, context.Background(), planOf(nil, test.route))
			cell := s.cells[1]
			if len(cell.Certificates) != 1 || cell.Tallies[0].Error != test.class {
				t.Fatalf("got %+v", cell)
			}
			c := cell.Certificates[0]
			if c.Subject != "CN=shop" || c.Issuer != "CN=shop" || fmt.Sprint(c.Names) != "[shop.example *.shop.example 10.0.0.1]" || len(c.SHA256) != 64 ||
				c.NotBefore.Year() != 2020 || c.NotAfter.Year() != 2021 || c.Chain != 2 || c.Mismatch != test.mismatch {
				t.Errorf("got %+v", c)
			}
		})
	}
}

// TestCertificatesAreFew has a server with another certificate each time, and one
// with names without end.
func TestCertificatesAreFew(t *testing.T) {
	var names []string
	for i := range 30 {
		names = append(names, fmt.Sprintf("%d.%s.example", i, strings.Repeat("x", 60)))
	}
	address := serveTLS(t, &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		c := certify(t, strings.Repeat("\x1b[2J", 100), names...)
		return &c, nil
	}}, func(http.ResponseWriter, *http.Request) {})
	s := run(t, context.Background(), planOf(nil, wire.Route{Protocol: wire.HTTPS, Address: address, Requests: 10}))
	cell := s.cells[1]
	if len(cell.Certificates) != maxCertificates {
		t.Fatalf("kept %d certificates: %+v", len(cell.Certificates), cell.Tallies)
	}
	for _, c := range cell.Certificates {
		if len(c.Names) != maxNames || len(c.Subject) > maxDetail || len(c.Mismatch) > maxDetail || c.Mismatch == "" {
			t.Errorf("got %+v", c)
		}
	}
}
