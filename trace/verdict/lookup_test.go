package verdict_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/evidence"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

func lookup(kind wire.RecordType, want ...string) route.Route {
	return route.Route{Kind: route.DNS, Port: -1, Group: 1, Endpoint: -1, IPv6: kind == wire.RecordAAAA, Protocol: wire.DNS,
		Address: "web.shop.svc", Lookup: &wire.Lookup{Name: "web.shop.svc", Type: kind}, Want: want}
}

// brought returns an answer of the DNS, given often: its code, or values.
func brought(count int, values ...string) wire.Resolution {
	if len(values) == 1 && values[0] == strings.ToUpper(values[0]) && strings.ContainsAny(values[0], "NS") {
		return wire.Resolution{Code: values[0], Count: count}
	}
	return wire.Resolution{Code: "NOERROR", Values: values, Count: count}
}

func TestJudgeLookups(t *testing.T) {
	a := lookup(wire.RecordA, "10.96.0.7")
	three := lookup(wire.RecordA, "10.0.0.1", "10.0.0.2", "10.0.0.3")
	srv := lookup(wire.RecordSRV, "8080", "9090")
	cname := lookup(wire.RecordCNAME, "example.com")
	whichever := lookup(wire.RecordA)
	over := wire.Resolution{Code: "NOERROR", Values: []string{"cdn.example.net"}, CNAMEs: []string{"Example.com.", "cdn.example.net."}, Count: 5}
	all := func(rs ...wire.Resolution) []wire.Resolution { return rs }
	for name, test := range map[string]struct {
		route    route.Route
		tallies  []string
		answers  []wire.Resolution
		want     verdict.Verdict
		ok       int
		failures []string
	}{
		"right":                          {a, []string{"openx5"}, all(brought(5, "10.96.0.7")), verdict.Healthy, 5, nil},
		"right, by two servers":          {a, []string{"openx5"}, all(brought(3, "10.96.0.7"), brought(2, "10.96.0.7")), verdict.Healthy, 5, nil},
		"wrong":                          {a, []string{"openx5"}, all(brought(5, "10.96.0.8")), verdict.Broken, 0, []string{"wrong address: 10.96.0.8 x5 dns wrong"}},
		"wrong at times":                 {a, []string{"openx5"}, all(brought(3, "10.96.0.7"), brought(2, "10.96.0.8")), verdict.Degraded, 3, []string{"wrong address: 10.96.0.8 x2 dns wrong"}},
		"one too many":                   {a, []string{"openx5"}, all(brought(5, "10.96.0.7", "10.96.0.8")), verdict.Broken, 0, []string{"wrong address: 10.96.0.8 x5 dns wrong"}},
		"no such name":                   {a, []string{"dnsx5"}, all(brought(5, "NXDOMAIN")), verdict.Broken, 0, []string{"NXDOMAIN x5 dns"}},
		"no such record":                 {a, []string{"dnsx5"}, all(brought(5)), verdict.Broken, 0, []string{"no address x5 dns"}},
		"the server fails, twice told":   {a, []string{"dnsx5"}, all(brought(3, "SERVFAIL"), brought(2, "SERVFAIL")), verdict.Broken, 0, []string{"SERVFAIL x5 dns"}},
		"no answer":                      {a, []string{"timeoutx5"}, nil, verdict.Broken, 0, []string{"timeout x5 timeout"}},
		"no answer, told as empty":       {a, []string{"timeoutx5"}, all(wire.Resolution{Count: 5}), verdict.Broken, 0, []string{"timeout x5 timeout"}},
		"no answer at times":             {a, []string{"openx3", "timeoutx2"}, all(brought(3, "10.96.0.7")), verdict.Degraded, 3, []string{"timeout x2 timeout"}},
		"one of each":                    {a, []string{"dnsx2", "open", "timeout", "refused"}, all(brought(1, "10.96.0.7"), brought(1, "NXDOMAIN")), verdict.Degraded, 1, []string{"timeout x1 timeout", "refused x1 refused", "NXDOMAIN x1 dns", "no answer x1 dns"}},
		"an error that nothing tells":    {a, []string{"dnsx5"}, nil, verdict.Broken, 0, []string{"no answer x5 dns"}},
		"an answer that nothing tells":   {a, []string{"openx5"}, nil, verdict.Broken, 0, []string{"no answer x5 dns"}},
		"a timeout after another no":     {a, []string{"timeoutx5"}, all(brought(5, "NXDOMAIN")), verdict.Broken, 0, []string{"timeout x5 timeout"}},
		"some timeouts after a no":       {a, []string{"dnsx2", "timeoutx3"}, all(brought(5, "NXDOMAIN")), verdict.Broken, 0, []string{"timeout x3 timeout", "NXDOMAIN x2 dns"}},
		"more told than sent":            {a, []string{"openx3"}, all(brought(9, "10.96.0.7"), brought(9, "10.96.0.8")), verdict.Healthy, 3, nil},
		"never sent":                     {a, []string{"localx5"}, nil, verdict.Untested, 0, nil},
		"all of several":                 {three, []string{"openx5"}, all(brought(5, "10.0.0.3", "10.0.0.1", "10.0.0.2")), verdict.Healthy, 5, nil},
		"one is missing":                 {three, []string{"openx5"}, all(brought(5, "10.0.0.1", "10.0.0.3")), verdict.Broken, 0, []string{"missing: 10.0.0.2 x5 dns wrong"}},
		"one is another":                 {three, []string{"openx5"}, all(brought(5, "10.0.0.1", "10.0.0.3", "10.0.0.9")), verdict.Broken, 0, []string{"wrong address: 10.0.0.9; missing: 10.0.0.2 x5 dns wrong"}},
		"many are others":                {a, []string{"openx5"}, all(brought(5, "10.0.0.4", "10.0.0.2", "10.0.0.3", "10.0.0.1")), verdict.Broken, 0, []string{"wrong address: 10.0.0.1, 10.0.0.2 and 2 more x5 dns wrong"}},
		"SRV":                            {srv, []string{"openx5"}, all(brought(5, "b.web.shop.svc.cluster.local:9090", "a.web.shop.svc.cluster.local:8080", "c.web.shop.svc.cluster.local:8080")), verdict.Healthy, 5, nil},
		"SRV, another port":              {srv, []string{"openx5"}, all(brought(5, "a:8080", "b:80")), verdict.Broken, 0, []string{"wrong port: 80; missing: 9090 x5 dns wrong"}},
		"CNAME":                          {cname, []string{"openx5"}, all(brought(5, "Example.COM.")), verdict.Healthy, 5, nil},
		"CNAME, with more to follow":     {cname, []string{"openx5"}, all(over), verdict.Healthy, 5, nil},
		"CNAME, another":                 {cname, []string{"openx5"}, all(brought(5, "example.org")), verdict.Broken, 0, []string{"wrong name: example.org x5 dns wrong"}},
		"any address":                    {whichever, []string{"openx5"}, all(brought(2, "192.0.2.1"), brought(3, "192.0.2.2", "192.0.2.3")), verdict.Healthy, 5, nil},
		"any address, and there is none": {whichever, []string{"dnsx5"}, all(wire.Resolution{Code: "NOERROR", CNAMEs: []string{"example.com"}, Count: 5}), verdict.Broken, 0, []string{"no address x5 dns"}},
	} {
		t.Run(name, func(t *testing.T) {
			o := asked(0, test.tallies...)
			o.Resolutions = test.answers
			c := verdict.Judge([]route.Route{test.route}, []evidence.Observation{o})[0]
			var failures []string
			for _, f := range c.Failures {
				text := fmt.Sprintf("%s x%d %s", f.What, f.Count, f.Error)
				if f.Wrong {
					text += " wrong"
				}
				failures = append(failures, text)
			}
			if c.Verdict != test.want || c.OK != test.ok || !slices.Equal(failures, test.failures) {
				t.Errorf("%s, %d good, %q; want %s, %d, %q", c.Verdict, c.OK, failures, test.want, test.ok, test.failures)
			}
			if c.Unknown != 0 || c.Answers != nil {
				t.Errorf("%d unknown and %v known pods answered a question to the DNS", c.Unknown, c.Answers)
			}
			tallied(t, c)
		})
	}
}

// TestEitherFamily: a name that somebody else keeps needs an address of one
// family only.
func TestEitherFamily(t *testing.T) {
	routes := []route.Route{lookup(wire.RecordCNAME, "example.com"), lookup(wire.RecordA), lookup(wire.RecordAAAA)}
	const h, b, u = verdict.Healthy, verdict.Broken, verdict.Untested
	none := wire.Resolution{Code: "NOERROR", CNAMEs: []string{"example.com"}, Count: 5}
	for name, test := range map[string]struct {
		a, aaaa  wire.Resolution
		want     []verdict.Verdict
		reason   string
		vantages []int
	}{
		"both":            {brought(5, "192.0.2.1"), brought(5, "2001:db8::1"), []verdict.Verdict{h, h, h}, "", []int{0, 0, 0}},
		"only IPv4":       {brought(5, "192.0.2.1"), none, []verdict.Verdict{h, h, u}, "the name has no IPv6 address, and needs none beside the other", []int{0, 0, 0}},
		"only IPv6":       {brought(5, "NXDOMAIN"), brought(5, "2001:db8::1"), []verdict.Verdict{h, u, h}, "the name has no IPv4 address, and needs none beside the other", []int{0, 0, 0}},
		"neither":         {none, none, []verdict.Verdict{h, b, b}, "", []int{0, 0, 0}},
		"one, and errors": {brought(5, "192.0.2.1"), brought(5, "SERVFAIL"), []verdict.Verdict{h, h, b}, "", []int{0, 0, 0}},
		"from elsewhere":  {brought(5, "192.0.2.1"), none, []verdict.Verdict{h, h, b}, "", []int{0, 0, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			var seen []evidence.Observation
			for i, answer := range []wire.Resolution{brought(5, "example.com"), test.a, test.aaaa} {
				ended := "openx5"
				if len(answer.Values) == 0 {
					ended = "dnsx5"
				}
				o := asked(i, ended)
				o.Vantage, o.Resolutions = test.vantages[i], []wire.Resolution{answer}
				seen = append(seen, o)
			}
			var got []verdict.Verdict
			reason := ""
			for _, c := range verdict.Judge(routes, seen) {
				got, reason = append(got, c.Verdict), reason+c.Reason
				tallied(t, c)
			}
			if !slices.Equal(got, test.want) || reason != test.reason {
				t.Errorf("%v %q, want %v %q", got, reason, test.want, test.reason)
			}
		})
	}
}
