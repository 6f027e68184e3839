package finding_test

import (
	"testing"

	. "github.com/kubectl-nettrace/kubectl-nettrace/trace/target/targettest"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/tracetest"
)

func TestEndpointsChanged(t *testing.T) {
	const changed, dead = "endpoints-changed info confirmed", "dead-endpoint error confirmed"
	becoming := func(later *Service, more ...func(*tracetest.Network)) func(*tracetest.Network) {
		return func(n *tracetest.Network) {
			n.Becoming(later)
			for _, change := range more {
				change(n)
			}
		}
	}
	refusing := fault(tracetest.Hop{Pod: "web-2"}, tracetest.Refused)
	unready := func() *Service {
		return pods(web(), 1).Pod("web-2", On("n2"), Declaring("http", 8080), NotReady("starting"))
	}
	all(t, map[string]scenario{
		"as before":      {service: pods(web(), 2), faults: becoming(pods(web(), 2)), want: []string{}},
		"one more":       {service: pods(web(), 2), faults: becoming(pods(web(), 3)), want: []string{changed}, said: "the endpoints of service web changed during the trace: web-3 is new", seen: "object: web-3 is new in the EndpointSlices since the trace began"},
		"one is gone":    {service: pods(web(), 3), faults: becoming(pods(web(), 2)), want: []string{changed}, said: "web-3 is gone"},
		"one fails":      {service: pods(web(), 2), faults: becoming(unready()), want: []string{changed}, said: "web-2 is no longer ready"},
		"one is ready":   {service: unready(), faults: becoming(pods(web(), 2)), want: []string{"endpoints-not-ready warning confirmed", changed}, said: "web-2 became ready"},
		"a rollout":      {service: pods(web(), 1), faults: becoming(web().Pod("web-1", On("n1"), Unlisted()).Pod("web-8", On("n1")).Pod("web-9", On("n1"))), want: []string{changed}, said: "trace: 2 new, 1 gone"},
		"the dead stays": {service: pods(web(), 3), faults: becoming(pods(web(), 4), refusing), want: []string{dead, changed}},
		"the dead left":  {service: pods(web(), 2), faults: becoming(pods(web(), 1), refusing), want: []string{changed}},
		"none is passed over where there is change": {service: pods(web(), 3), faults: becoming(pods(web(), 4), func(n *tracetest.Network) {
			n.PassOver(tracetest.Hop{Kind: "clusterip", From: "n1", Pod: "web-2"})
		}), want: []string{changed}},
	})
}
