package agent

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// lookUp resolves a name as an application beside the probe would: with Go's own
// resolver, and with what resolv.conf says about servers, search path and dots.
//
// What Go's resolver returns is not enough to say why there is no answer, or
// which of the names on the search path was found. So the answers of the servers
// are read as they come in, too (see inquiry).
func (x *exchange) lookUp(ctx context.Context, t *target, a *answer, deadline time.Time) {
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	q := newInquiry(x.dialDNS)
	values, err := resolve(ctx, q.resolver(true), *t.Lookup)
	a.phases.Total = time.Since(a.sent)
	a.phases.DNS = a.phases.Total
	a.resolution = q.conclude(*t.Lookup, values)
	if a.resolution != nil && len(a.resolution.Values) > 0 {
		a.replied = true
		return
	}
	if err == nil {
		err = errNoRecords
	}
	if silent := q.silence(); silent != nil {
		// "connection refused" says more than that the lookup failed.
		err = silent
	}
	a.fail(resolving, err)
}

// resolve has a resolver look something up, and returns what a file of hosts says.
func resolve(ctx context.Context, resolver *net.Resolver, l wire.Lookup) (values []string, err error) {
	switch l.Type {
	case wire.RecordSRV:
		var found []*net.SRV
		_, found, err = resolver.LookupSRV(ctx, "", "", l.Name)
		for _, srv := range found {
			values = append(values, net.JoinHostPort(clean(srv.Target), strconv.Itoa(int(srv.Port))))
		}
	case wire.RecordCNAME:
		_, err = resolver.LookupCNAME(ctx, l.Name)
	default:
		network := "ip4"
		if l.Type == wire.RecordAAAA {
			network = "ip6"
		}
		var found []netip.Addr
		found, err = resolver.LookupNetIP(ctx, network, l.Name)
		for _, address := range found {
			values = append(values, address.Unmap().String())
		}
	}
	slices.Sort(values)
	return slices.Compact(values), err
}

// clean returns a name of the DNS in the form in which names are compared.
func clean(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) }
