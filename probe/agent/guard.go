package agent

import (
	"math"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// byChance is how often a guard may be wrong about a route.
const byChance = 0.001

// patience returns after how many timeouts, and nothing but timeouts, a route
// is given up as dead.
//
// On an endpoint's own address every request meets the same fate, and three
// say it all. Behind any other address there may be several backends, of which
// some are dead: kube-proxy picks one for each connection, a load balancer
// picks a node. With two of three dead, three timeouts in a row are no rarity
// (0.3), and giving up then would call broken what is degraded. So there it
// takes as many as happen once in a thousand, if as large a share is dead as
// was found by asking directly, and at least one half: nodes behind a load
// balancer are not asked directly. That is ten, mostly. Only where no
// endpoint at all answers directly, three are enough again.
func patience(direct bool, deadShare float64) int {
	if direct || deadShare >= 1 {
		return 3
	}
	return int(math.Ceil(math.Log(byChance) / math.Log(max(0.5, deadShare))))
}

// alarm watches one route for the moment at which something that worked
// begins to fail at every request, because that may be the load's own doing.
//
// It goes off after a row of failures that follows at least ten good answers,
// when of all requests before the row at least nine in ten were good. The
// second condition keeps it silent where failures are nothing new: with every
// second request failing, a row of ten comes by chance in every tenth trace of
// a few hundred requests; with every tenth failing it takes 10^10 requests.
// Behind an address that is not an endpoint's own, one of two endpoints may
// die halfway, and then every second request fails from one moment to the next.
// There the row must be twice as long (2^-20).
type alarm struct {
	good, bad, row int
}

// The lengths of the row that sets the alarm off.
const (
	rowDirect   = 10
	rowBalanced = 20
)

// note adds one outcome and reports whether the alarm goes off.
func (a *alarm) note(o wire.Outcome, direct bool) bool {
	if o.Error == wire.ErrorLocal {
		return false
	}
	if !hurts(o) {
		a.good, a.bad, a.row = a.good+1, a.bad+a.row, 0
		return false
	}
	a.row++
	limit := rowBalanced
	if direct {
		limit = rowDirect
	}
	return a.row >= limit && a.good >= 10 && a.good >= 9*a.bad
}

// hurts reports whether an outcome can be a sign of too much load: no answer,
// a failure of the server, or its plea to slow down.
func hurts(o wire.Outcome) bool {
	switch o.GRPC {
	case "UNAVAILABLE", "RESOURCE_EXHAUSTED", "DEADLINE_EXCEEDED", "INTERNAL", "UNKNOWN", "NOT_SERVING":
		return true
	}
	return o.Error != "" || o.Status >= 500 || o.Status == 429
}
