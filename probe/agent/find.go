package agent

import (
	"bytes"
	"net/http"
	"net/netip"
	"strings"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// place is where an answer may name an endpoint, and by what kind of name.
type place struct {
	// header is the canonical name of a header; empty means the body.
	header string
	kind   wire.IdentityKind
}

// sighting is what was found at a place: the endpoint named there, or that
// more than one was. Zero means that nobody was named.
type sighting struct {
	endpoint int
	many     bool
	// plain is set when the name could also be an ordinary word.
	plain bool
}

// see adds one more mention.
func (s sighting) see(o *owner) sighting {
	if s.endpoint == 0 {
		return sighting{endpoint: o.endpoint, plain: o.plain}
	}
	s.many = s.many || s.endpoint != o.endpoint
	return s
}

// findAll returns who is named where in an answer. Identities in carried, the
// ones that the request itself brought along, are passed over.
func (x *index) findAll(header http.Header, body []byte, carried carried) map[place]sighting {
	found := map[place]sighting{}
	search := func(where string, text []byte) {
		x.scan(text, carried, func(o *owner) {
			for _, kind := range o.kinds {
				p := place{header: where, kind: kind}
				found[p] = found[p].see(o)
			}
		})
	}
	for name, values := range header {
		for _, value := range values {
			search(name, []byte(value))
		}
	}
	search("", body)
	return found
}

// find returns who is named at one place in an answer.
func (x *index) find(p place, header http.Header, body []byte, carried carried) sighting {
	var found sighting
	see := func(o *owner) {
		if o.has(p.kind) {
			found = found.see(o)
		}
	}
	if p.header == "" {
		x.scan(body, carried, see)
		return found
	}
	for _, value := range header[p.header] {
		x.scan([]byte(value), carried, see)
	}
	return found
}

// scan calls see for each mention of an endpoint in text.
func (x *index) scan(text []byte, carried carried, see func(*owner)) {
	if len(x.owners) == 0 {
		return
	}
	tokens(text, func(token []byte) {
		if o := x.lookup(token); o != nil && !carried.has(o) {
			see(o)
		}
	})
}

// lookup returns the endpoint that a token names, or nil. Beside the identity
// itself these forms name it:
//
//	10.244.0.1:8080  web-1:8080  pod:web-1      one colon: either side
//	fd00::1  FD00:0:0::1  ::ffff:10.244.0.1     an IPv6 address in any form
//	web-1.web.shop.svc.cluster.local            the pod's own FQDN
//
// A bracketed IPv6 address needs no rule, since brackets end a token.
func (x *index) lookup(token []byte) *owner {
	token = bytes.Trim(token, ".")
	first := bytes.IndexByte(token, ':')
	if first < 0 {
		return x.host(token)
	}
	if first == bytes.LastIndexByte(token, ':') {
		if o := x.host(token[:first]); o != nil {
			return o
		}
		return x.host(token[first+1:])
	}
	return x.ipv6(token)
}

// host looks up a token without colons.
func (x *index) host(token []byte) *owner {
	if o, ok := x.owners[string(token)]; ok {
		return o
	}
	label, isPod := podOfFQDN(token)
	if !isPod {
		return nil
	}
	return x.owners[string(label)]
}

func (x *index) ipv6(token []byte) *owner {
	if !x.hasIP {
		return nil
	}
	address, err := netip.ParseAddr(string(token))
	if err != nil {
		// "address fd00::1: no route"
		address, err = netip.ParseAddr(strings.TrimSuffix(string(token), ":"))
	}
	if err != nil {
		return nil
	}
	return x.owners[address.Unmap().String()]
}

// podOfFQDN returns the first label of a name that has the form of a pod's own
// FQDN: HOST.SUBDOMAIN.NAMESPACE.svc, with or without the cluster's domain.
// The name of a Service has a label less, NAME.NAMESPACE.svc. It must not
// count: "web.shop.svc" does not mean the pod "web". Nor does every name with
// a dot: the "nginx-1" in "nginx-1.25.3" is no pod.
func podOfFQDN(name []byte) (label []byte, ok bool) {
	label, rest, _ := bytes.Cut(name, []byte("."))
	for range 2 {
		var part []byte
		part, rest, _ = bytes.Cut(rest, []byte("."))
		if len(part) == 0 {
			return nil, false
		}
	}
	svc, _, _ := bytes.Cut(rest, []byte("."))
	return label, string(svc) == "svc"
}
