package agent

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// shown is the certificate that a server presented.
type shown struct {
	fingerprint [sha256.Size]byte
	leaf        *x509.Certificate
	chain       int
	// name is the server name that was asked for.
	name string
}

// shownOver returns the certificate that was presented over a connection, or nil.
// It is there also when the handshake failed after it.
func shownOver(conn *tls.Conn, name string) *shown {
	chain := conn.ConnectionState().PeerCertificates
	if len(chain) == 0 {
		return nil
	}
	return &shown{fingerprint: sha256.Sum256(chain[0].Raw), leaf: chain[0], chain: len(chain), name: name}
}

// maxNames bounds how many names of a certificate are passed on.
const maxNames = 20

// record returns the certificate as it is sent.
func (s *shown) record() wire.Certificate {
	c := wire.Certificate{
		SHA256: hex.EncodeToString(s.fingerprint[:]), Subject: trim(s.leaf.Subject.String()), Issuer: trim(s.leaf.Issuer.String()),
		NotBefore: s.leaf.NotBefore.UTC(), NotAfter: s.leaf.NotAfter.UTC(), Chain: s.chain,
	}
	for _, name := range s.leaf.DNSNames {
		c.Names = append(c.Names, trim(name))
	}
	for _, address := range s.leaf.IPAddresses {
		c.Names = append(c.Names, address.String())
	}
	c.Names = c.Names[:min(len(c.Names), maxNames)]
	if err := s.leaf.VerifyHostname(s.name); err != nil {
		c.Mismatch = trim(err.Error())
	}
	return c
}
