package trace

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
)

// The bounds of the survey: how many addresses are called, and how long it may
// take.
const (
	maxSurvey  = 32
	surveyTime = 2 * time.Second
)

// survey is what this machine can reach.
type survey struct {
	// answered are the addresses from which anything came back.
	answered map[string]bool
	// private is set when one of these is an address of a private network.
	private bool
}

// survey calls the addresses that are meant for clients outside of the cluster,
// from this machine, to see whether it is such a client. It returns nil when
// that was not asked for.
func (run *Run) survey(ctx context.Context) *survey {
	if run.Options.Reach == nil || len(run.Options.From) > 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, surveyTime)
	defer cancel()
	s := &survey{answered: map[string]bool{}}
	var mu sync.Mutex
	var calls sync.WaitGroup
	called := map[string]bool{}
	for _, t := range run.Traces {
		for _, r := range t.Routes {
			if !r.Kind.Outside() || r.Untested != "" || called[r.Address] || len(called) == maxSurvey {
				continue
			}
			called[r.Address] = true
			calls.Go(func() {
				if run.Options.Reach(ctx, r.Address) {
					mu.Lock()
					defer mu.Unlock()
					s.answered[r.Address] = true
					s.private = s.private || private(r.Address)
				}
			})
		}
	}
	calls.Wait()
	return s
}

// reaches reports whether what this machine sees of the route counts. A public
// address is meant for everybody, and one that does not answer here is broken
// for a client here. A private one says nothing as long as this machine has
// reached no private address of the cluster at all: there may be no way to its
// network.
func (s *survey) reaches(r route.Route) bool {
	return s.answered[r.Address] || !private(r.Address) || s.private
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
