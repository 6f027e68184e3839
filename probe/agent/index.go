package agent

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// index finds the endpoint that a string names.
type index struct {
	owners map[string]*owner
	// usable are the kinds of name that each endpoint can be known by.
	usable map[int][]wire.IdentityKind
	hasIP  bool
	// searched remembers what was found in the texts of requests.
	searched map[string]carried
}

// owner is the endpoint that one identity belongs to. A string may serve as
// several kinds of identity: a pod's host name is usually its name.
type owner struct {
	identity string
	endpoint int
	kinds    []wire.IdentityKind
	plain    bool
	shared   bool
}

func (o *owner) has(kind wire.IdentityKind) bool { return slices.Contains(o.kinds, kind) }

// newIndex indexes the identities of the endpoints. One that two endpoints
// share, such as the address of a node, names neither and is left out.
func newIndex(endpoints []wire.Endpoint) *index {
	x := &index{owners: map[string]*owner{}, usable: map[int][]wire.IdentityKind{}, searched: map[string]carried{}}
	for _, endpoint := range endpoints {
		for _, identity := range endpoint.Identities {
			x.add(endpoint.ID, identity)
		}
	}
	for identity, o := range x.owners {
		if o.shared {
			delete(x.owners, identity)
			continue
		}
		x.usable[o.endpoint] = append(x.usable[o.endpoint], o.kinds...)
		x.hasIP = x.hasIP || o.has(wire.IdentityIP)
	}
	return x
}

func (x *index) add(endpoint int, identity wire.Identity) {
	text := canonical(identity)
	if text == "" {
		return
	}
	o, known := x.owners[text]
	if !known {
		o = &owner{identity: text, endpoint: endpoint, plain: isPlain(identity.Kind, text)}
		x.owners[text] = o
	}
	o.shared = o.shared || o.endpoint != endpoint
	if !o.has(identity.Kind) {
		o.kinds = append(o.kinds, identity.Kind)
	}
}

// canonical returns the form in which an identity is looked up, or "" when no
// text could name it.
func canonical(identity wire.Identity) string {
	text := strings.ToLower(identity.Value)
	if identity.Kind == wire.IdentityIP {
		address, err := netip.ParseAddr(text)
		if err != nil {
			return ""
		}
		return address.Unmap().WithZone("").String()
	}
	if isNumber(text) || len(text) > maxToken {
		// A pod may be called "8080", but not every 8080 is that pod.
		return ""
	}
	return text
}

// isPlain reports whether a name could as well be an ordinary word: the pod
// "nginx" is not named by "Server: nginx". Names that Kubernetes makes up have
// a digit, or end in five of the characters that it takes for random suffixes,
// which have no vowels, so that they are no words.
func isPlain(kind wire.IdentityKind, name string) bool {
	if kind == wire.IdentityIP || kind == wire.IdentityUID || strings.ContainsAny(name, "0123456789") {
		return false
	}
	suffix := name[strings.LastIndexByte(name, '-')+1:]
	return len(suffix) != 5 || len(suffix) == len(name) || strings.Trim(suffix, "bcdfghjklmnpqrstvwxz") != ""
}

func isNumber(text string) bool { return strings.Trim(text, "0123456789.") == "" }
