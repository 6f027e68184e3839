// Package pki issues the certificates by which the parts of the cluster know
// each other, and the kubeconfigs that carry them.
package pki

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"time"
)

// validity is far longer than a test cluster lives.
const validity = 365 * 24 * time.Hour

// Authority signs everything in one cluster, and keeps it in a directory.
type Authority struct {
	directory   string
	certificate *x509.Certificate
	key         crypto.Signer
	PEM         []byte
}

// Request is whom a certificate is for.
type Request struct {
	Name          string // of the files
	CommonName    string // the user, to the API server
	Organizations []string
	DNSNames      []string
	Addresses     []netip.Addr
}

// Pair is a certificate and its key, both in PEM.
type Pair struct {
	Certificate, Key []byte
}

// NewAuthority makes an authority that writes to directory.
func NewAuthority(directory string) (*Authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("generating the authority's key: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "nettrace-lab"},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(validity),
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		BasicConstraintsValid: true,
		IsCA:                  true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("signing the authority's certificate: %w", err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("parsing the authority's certificate: %w", err)
	}
	authority := &Authority{directory: directory, certificate: certificate, key: key, PEM: encode("CERTIFICATE", der)}
	pair, err := pairOf(der, key)
	if err != nil {
		return nil, err
	}
	return authority, authority.write("ca", pair)
}

// Issue signs a certificate that serves for both ends of a connection.
func (a *Authority) Issue(request Request) (Pair, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return Pair{}, fmt.Errorf("generating the key of %s: %w", request.Name, err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return Pair{}, fmt.Errorf("choosing a serial number: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: request.CommonName, Organization: request.Organizations},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(validity),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
		DNSNames:     request.DNSNames,
		IPAddresses:  netIPs(request.Addresses),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, key.Public(), a.key)
	if err != nil {
		return Pair{}, fmt.Errorf("signing the certificate of %s: %w", request.Name, err)
	}
	pair, err := pairOf(der, key)
	if err != nil {
		return Pair{}, err
	}
	return pair, a.write(request.Name, pair)
}

// Path returns the file of the certificate ("crt") or key ("key") of name.
func (a *Authority) Path(name, kind string) string {
	return filepath.Join(a.directory, name+"."+kind)
}

func (a *Authority) write(name string, pair Pair) error {
	if err := os.MkdirAll(a.directory, 0o700); err != nil {
		return fmt.Errorf("making the directory of the certificates: %w", err)
	}
	if err := os.WriteFile(a.Path(name, "crt"), pair.Certificate, 0o644); err != nil {
		return fmt.Errorf("writing the certificate of %s: %w", name, err)
	}
	if err := os.WriteFile(a.Path(name, "key"), pair.Key, 0o600); err != nil {
		return fmt.Errorf("writing the key of %s: %w", name, err)
	}
	return nil
}

func pairOf(certificate []byte, key *ecdsa.PrivateKey) (Pair, error) {
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return Pair{}, fmt.Errorf("encoding a key: %w", err)
	}
	return Pair{Certificate: encode("CERTIFICATE", certificate), Key: encode("EC PRIVATE KEY", der)}, nil
}

func encode(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

func netIPs(addresses []netip.Addr) []net.IP {
	var ips []net.IP
	for _, address := range addresses {
		ips = append(ips, address.AsSlice())
	}
	return ips
}
