package wire

import "time"

// Certificate is what a server showed of itself in a TLS handshake: the leaf.
// All of it is the server's own word, and must be escaped where it is printed.
type Certificate struct {
	// SHA256 is the fingerprint of the DER encoding, in hexadecimal.
	SHA256  string `json:"sha256"`
	Subject string `json:"subject,omitempty"`
	Issuer  string `json:"issuer,omitempty"`
	// Names are its DNS names and IP addresses, at most twenty.
	Names     []string  `json:"names,omitempty"`
	NotBefore time.Time `json:"notBefore"`
	NotAfter  time.Time `json:"notAfter"`
	// Mismatch says, in Go's words, why the certificate is not for the server
	// name of the request; empty when it is.
	Mismatch string `json:"mismatch,omitempty"`
	// Chain is how many certificates were sent.
	Chain int `json:"chain,omitempty"`
}
