package agent

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// dnsReply is what one DNS server answered to one question.
type dnsReply struct {
	server    string
	name      string
	kind      dnsmessage.Type
	code      dnsmessage.RCode
	truncated bool
	// values are those of the records of the kind that was asked for, and cnames
	// the names that the answer leads over.
	values []string
	cnames []string
}

// maxChain bounds how many CNAMEs are followed.
const maxChain = 16

// parseReply reads an answer; false means that it is none to this question.
func parseReply(message []byte, id uint16, question dnsmessage.Question) (dnsReply, bool) {
	var p dnsmessage.Parser
	header, err := p.Start(message)
	if err != nil || header.ID != id || !header.Response {
		return dnsReply{}, false
	}
	asked, err := p.Question()
	if err != nil || asked.Type != question.Type || asked.Class != question.Class || !strings.EqualFold(asked.Name.String(), question.Name.String()) {
		return dnsReply{}, false
	}
	r := dnsReply{name: clean(question.Name.String()), kind: question.Type, code: header.RCode, truncated: header.Truncated}
	if p.SkipAllQuestions() != nil {
		return dnsReply{}, false
	}
	leads := map[string]string{}
	for {
		resource, err := p.Answer()
		if err != nil {
			// The end, or a record that cannot be read: what is after it is lost.
			break
		}
		if alias, ok := resource.Body.(*dnsmessage.CNAMEResource); ok {
			leads[clean(resource.Header.Name.String())] = clean(alias.CNAME.String())
		}
		if resource.Header.Type == question.Type {
			r.values = append(r.values, valueOf(resource.Body))
		}
	}
	for at := leads[r.name]; at != "" && len(r.cnames) < maxChain; at = leads[at] {
		r.cnames = append(r.cnames, at)
	}
	return r, true
}

func valueOf(body dnsmessage.ResourceBody) string {
	switch b := body.(type) {
	case *dnsmessage.AResource:
		return netip.AddrFrom4(b.A).String()
	case *dnsmessage.AAAAResource:
		return netip.AddrFrom16(b.AAAA).Unmap().String()
	case *dnsmessage.SRVResource:
		return net.JoinHostPort(clean(b.Target.String()), strconv.Itoa(int(b.Port)))
	case *dnsmessage.CNAMEResource:
		return clean(b.CNAME.String())
	}
	return ""
}

// codeName returns the name of a response code as it is usually written.
func codeName(code dnsmessage.RCode) string {
	names := [...]string{"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"}
	if int(code) < len(names) {
		return names[code]
	}
	return fmt.Sprintf("RCODE%d", code)
}

// maxValues bounds the values of one answer that are passed on.
const maxValues = 1100

// conclude returns what the servers' answers come to. Without any, it is what
// the resolver returned all the same: then a file of hosts has it.
func (q *inquiry) conclude(l wire.Lookup, found []string) *wire.Resolution {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.replies) == 0 {
		if len(found) == 0 {
			return nil
		}
		return &wire.Resolution{Values: bounded(found), Name: clean(l.Name)}
	}
	best := q.best(l)
	r := &wire.Resolution{
		Values: bounded(best.values), CNAMEs: best.cnames, Name: best.name, Server: host(best.server), Code: codeName(best.code),
	}
	if l.Type == wire.RecordCNAME && len(best.cnames) > 0 {
		r.Values = best.cnames[:1]
		r.Code, r.Addresses = q.beyond(best)
	}
	return r
}

// best returns the answer that counts, which is the last one
//
//   - that has what was asked for: the resolver looks no further;
//   - else that has the name, if only as an alias;
//   - else about the name as it is written, without anything of the search path;
//   - else of all.
func (q *inquiry) best(l wire.Lookup) dnsReply {
	kinds := map[wire.RecordType]dnsmessage.Type{
		wire.RecordA: dnsmessage.TypeA, wire.RecordAAAA: dnsmessage.TypeAAAA, wire.RecordSRV: dnsmessage.TypeSRV, wire.RecordCNAME: dnsmessage.TypeCNAME,
	}
	rank := func(r dnsReply) int {
		switch {
		case r.kind == kinds[l.Type] && len(r.values) > 0:
			return 3
		case len(r.cnames) > 0:
			return 2
		case r.kind == kinds[l.Type] && r.name == clean(l.Name):
			return 1
		}
		return 0
	}
	best := q.replies[0]
	for _, r := range q.replies[1:] {
		if rank(r) >= rank(best) {
			best = r
		}
	}
	return best
}

// beyond returns what became of the target of an alias: the addresses that it
// leads to, and the code of the answer about them. When nobody answered that, it
// is the code of the answer with the alias.
func (q *inquiry) beyond(alias dnsReply) (code string, addresses []string) {
	code = codeName(alias.code)
	for _, r := range q.replies {
		if r.name != alias.name || r.kind != dnsmessage.TypeA && r.kind != dnsmessage.TypeAAAA {
			continue
		}
		if len(r.values) > 0 || len(addresses) == 0 {
			code = codeName(r.code)
		}
		addresses = append(addresses, r.values...)
	}
	return code, bounded(addresses)
}

// bounded returns the values sorted, each once, and not too many.
func bounded(values []string) []string {
	sorted := slices.Compact(slices.Sorted(slices.Values(values)))
	return sorted[:min(len(sorted), maxValues)]
}

// host returns the address of a server without the port, when that is the usual.
func host(server string) string {
	address, port, err := net.SplitHostPort(server)
	if err != nil || port != "53" {
		return server
	}
	return address
}
