package target

import networkingv1 "k8s.io/api/networking/v1"

// Ingress is one that names the Service as a backend, and what stands around it.
type Ingress struct {
	*networkingv1.Ingress
	// Class is the IngressClass that counts for it: the one it names, in the
	// field or the older annotation, or the default one; empty when there is none.
	Class string
	// Controller is that of the class, such as "k8s.io/ingress-nginx"; empty when
	// the class does not exist or cannot be read.
	Controller string
	// Entries are the addresses by which its controller is reached, as far as
	// they are known.
	Entries []Entry
	// Shared are the other Ingresses of the same controller that have rules for
	// a host of this one.
	Shared []*networkingv1.Ingress
	// Secrets are those of spec.tls that could be read, by name: the fingerprint
	// (SHA-256 of the DER encoding, in hexadecimal) of their first certificate. A
	// Secret that is not there, or holds none, has an empty one.
	Secrets map[string]string
}
