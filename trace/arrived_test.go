package trace

import (
	"fmt"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/evidence"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
)

// TestTrail follows a trail beneath /api: what comes through the proxy is compared
// with what an endpoint answers to the whole path, to the bare one, and to one that
// nobody knows.
func TestTrail(t *testing.T) {
	const whole, bare, known, madeUp = "/api/shop?nettrace=~marker~", "/shop?nettrace=~marker~", true, false
	type seen struct {
		page, path, frame string
	}
	for title, test := range map[string]struct {
		known                        bool
		arrives                      string // as configured
		through, whole, bare, nobody seen
		// there is what comes through the proxy for the path that nobody knows.
		there seen
		// refused are the outcomes through the proxy, where they are errors.
		refused []wire.Tally
		logged  string
		want    string
	}{
		"stripped, by difference":          {known: known, through: seen{page: "shop"}, whole: seen{page: "404"}, bare: seen{page: "shop"}, nobody: seen{page: "404"}, want: "stripped /api difference"},
		"all arrives as one":               {known: known, through: seen{page: "shop"}, whole: seen{page: "404"}, bare: seen{page: "shop"}, nobody: seen{page: "404"}, there: seen{page: "shop"}},
		"stripped, though it must not be":  {known: known, arrives: whole, through: seen{page: "shop"}, whole: seen{page: "404"}, bare: seen{page: "shop"}, nobody: seen{page: "404"}, want: "stripped /api difference otherwise"},
		"kept, by difference":              {known: known, through: seen{page: "api"}, whole: seen{page: "api"}, bare: seen{page: "404"}, nobody: seen{page: "404"}, want: "kept difference"},
		"not stripped":                     {known: known, through: seen{page: "404"}, whole: seen{page: "404"}, bare: seen{page: "shop"}, nobody: seen{page: "404"}, want: "not stripped difference"},
		"not stripped, though it must be":  {known: known, arrives: bare, through: seen{page: "404"}, whole: seen{page: "404"}, bare: seen{page: "shop"}, nobody: seen{page: "404"}, want: "not stripped difference otherwise"},
		"an error that may be the proxy's": {known: known, through: seen{page: "404"}, whole: seen{page: "404"}, bare: seen{page: "shop"}, nobody: seen{page: "404"}, refused: []wire.Tally{{Outcome: wire.Outcome{Status: 404}, Count: 2}}},
		"an error of an endpoint's":        {known: known, through: seen{page: "404"}, whole: seen{page: "404"}, bare: seen{page: "shop"}, nobody: seen{page: "404"}, refused: []wire.Tally{{Outcome: wire.Outcome{Status: 404, Endpoint: 1, Rung: wire.RungAnswer}, Count: 2}}, want: "not stripped difference"},
		"not kept, and no more is known":   {known: known, through: seen{page: "404"}, whole: seen{page: "api"}, bare: seen{page: "404"}, nobody: seen{page: "404"}},
		"the proxy's own page":             {known: known, through: seen{page: "proxy"}, whole: seen{page: "404"}, bare: seen{page: "shop"}, nobody: seen{page: "404"}},
		"all alike":                        {known: known, through: seen{page: "x"}, whole: seen{page: "x"}, bare: seen{page: "x"}, nobody: seen{page: "x"}},
		"nothing to compare with":          {known: known, through: seen{page: "shop"}, whole: seen{page: "404"}, bare: seen{page: "shop"}},
		"an echo":                          {known: known, through: seen{"a", bare, "f"}, whole: seen{"b", whole, "f"}, bare: seen{"c", bare, "f"}, nobody: seen{page: "n"}, want: "stripped /api answer"},
		"an echo of the whole":             {known: known, through: seen{"a", whole, "f"}, whole: seen{"b", whole, "f"}, bare: seen{"c", bare, "f"}, nobody: seen{page: "n"}, want: "kept answer"},
		"an echo of another":               {known: known, through: seen{"a", "/x?nettrace=~marker~", "f"}, whole: seen{"b", whole, "f"}, bare: seen{"c", bare, "f"}, nobody: seen{page: "n"}, want: "rewritten to /x?nettrace=ID answer"},
		"an echo of another prefix":        {known: known, through: seen{"a", "/v2/shop?nettrace=~marker~", "f"}, whole: seen{"b", whole, "f"}, bare: seen{"c", bare, "f"}, nobody: seen{page: "n"}, want: "/api replaced by /v2 answer"},
		"an echo, by the proxy":            {known: known, through: seen{"a", whole, "g"}, whole: seen{"b", whole, "f"}, bare: seen{"c", bare, "f"}, nobody: seen{page: "n"}},
		"an echo of what was not sent":     {known: known, through: seen{"a", whole, "f"}, whole: seen{"b", "/y", "f"}, bare: seen{"c", bare, "f"}, nobody: seen{page: "n"}},
		"a path that nobody knows":         {known: madeUp, through: seen{"a", "/nettrace/~marker~", "f"}, nobody: seen{"b", "/nettrace/~marker~", "f"}, want: "stripped /api answer"},
		"in a log":                         {known: madeUp, through: seen{page: "x"}, nobody: seen{page: "x"}, logged: "/nettrace/0badcafe-1-1-1", want: "stripped /api log"},
		"in a log, without the query":      {known: known, through: seen{page: "x"}, logged: "/api/shop", want: "kept log"},
	} {
		f := trail{Trail: route.Trail{Sent: whole, Bare: bare, Prefix: "/api", Known: test.known, Arrives: test.arrives}, through: leg{0, 1, whole}}
		other := trail{Trail: route.Trail{Sent: "/api/nettrace/~marker~", Bare: "/nettrace/~marker~", Prefix: "/api"}}
		var records []wire.Record
		note := func(number int, s seen) {
			c := &wire.Cell{Route: number}
			if s.page != "" {
				c.Pages = []wire.Page{{Status: 200, Digest: s.page, Count: number}}
			}
			if s.path != "" {
				c.Arrivals = []wire.Arrival{{Path: s.path, Frame: s.frame, Count: 2}}
			}
			if number == 1 {
				c.Tallies = test.refused
			}
			records = append(records, wire.Record{Cell: c})
		}
		note(1, test.through)
		note(2, test.whole)
		note(3, test.bare)
		note(4, test.nobody)
		if test.there.page == "" {
			test.there.page = "404"
		}
		note(5, test.there)
		if test.known {
			f.direct, other.direct, other.through = []leg{{0, 2, whole}, {0, 3, bare}}, []leg{{0, 4, other.Bare}}, leg{0, 5, other.Sent}
		} else {
			f.Sent, f.Bare, f.through.path = other.Sent, other.Bare, other.Sent
			f.direct, other = []leg{{0, 4, other.Bare}}, f
			other.direct = f.direct
		}
		o := outcome{records: [][]wire.Record{records}, arrivals: map[[2]int][]evidence.Arrival{}}
		if test.logged != "" {
			o.arrivals[[2]int{1, 1}] = []evidence.Arrival{{Path: test.logged, Rung: wire.RungLog, Count: 2}}
		}
		got := ""
		for _, a := range f.arrived("0badcafe", o, other) {
			got += fmt.Sprint(a.Change, " ", a.Evidence)
			if a.Otherwise {
				got += " otherwise"
			}
		}
		if got != test.want {
			t.Errorf("%s: got %q, want %q", title, got, test.want)
		}
	}
}
