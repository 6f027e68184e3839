package trace

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
)

// The bounds of the survey: how many addresses are called, and how long it may
// take.
const (
	maxSurvey  = 32
	surveyTime = 2 * time.Second
)

// decoy is a port on which nothing listens: that of tcpmux (RFC 1078), a service
// that no system offers any more.
const decoy = "1"

// survey is what this machine can reach.
type survey struct {
	mu sync.Mutex
	// answered are the addresses from which anything came back, and masked the
	// hosts of these on which the decoy takes connections, too.
	answered, masked map[string]bool
	// private is set when an address of a private network has answered that is not
	// masked.
	private bool
}

// survey calls the addresses that are meant for clients outside of the cluster,
// from this machine, to see whether it is such a client. It returns nil when
// that was not asked for.
func (run *Run) survey(ctx context.Context) *survey {
	if run.Options.Knock == nil || len(run.Options.From) > 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, surveyTime)
	defer cancel()
	s := &survey{answered: map[string]bool{}, masked: map[string]bool{}}
	var calls sync.WaitGroup
	called := map[string]bool{}
	for _, t := range run.Traces {
		for _, r := range t.Routes {
			if !r.Kind.Outside() || r.Untested != "" || called[r.Address] || len(called) == maxSurvey {
				continue
			}
			called[r.Address] = true
			calls.Go(func() { s.call(ctx, run.Options.Knock, r.Address) })
		}
	}
	calls.Wait()
	return s
}

// call notes what comes back from an address. Where it takes a connection the
// decoy is called beside it: what takes that as well is no host of the cluster,
// but something on the way that answers for all of them, as transparent proxies
// and some VPNs do.
func (s *survey) call(ctx context.Context, knock func(context.Context, string) wire.ErrorClass, address string) {
	came := knock(ctx, address)
	if came != "" && came != wire.ErrorRefused && came != wire.ErrorReset {
		return
	}
	host, _, err := net.SplitHostPort(address)
	masked := came == "" && err == nil && knock(ctx, net.JoinHostPort(host, decoy)) == ""
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answered[address] = true
	if masked {
		s.masked[host] = true
		return
	}
	s.private = s.private || private(address)
}

// The reasons why what this machine would see of an address does not count.
const (
	// noWay: nothing came back.
	noWay = "nothing came back from it to this machine, which may have no way to the cluster's network; run it where clients are, or name vantages with --from"
	// disguised: something on the way answers for everybody.
	disguised = "a connection to port 1 was taken there as well, on which nothing of a cluster listens: something on the way from this machine may answer in its place; run it where clients are, or name vantages with --from"
)

// hides returns why what this machine sees of the route does not count, or
// nothing. A public address is meant for everybody, and one that does not answer
// here is broken for a client here. A private one says nothing as long as this
// machine has reached no private address of the cluster at all: there may be no
// way to its network.
func (s *survey) hides(r route.Route) string {
	host, _, _ := net.SplitHostPort(r.Address)
	switch {
	case s.masked[host]:
		return disguised
	case s.answered[r.Address] || !private(r.Address) || s.private:
		return ""
	}
	return noWay
}

// private reports whether the address is one of a private network, or none that
// could be told.
func private(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return true
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return false // a name, which is meant to be resolved
	}
	shared := netip.MustParsePrefix("100.64.0.0/10") // RFC 6598
	return ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast() || shared.Contains(ip)
}
