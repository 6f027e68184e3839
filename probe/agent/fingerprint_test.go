package agent

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// signed answers with a header; text may have a %d for the number of the request.
func signed(header, text string) app {
	return func(w http.ResponseWriter, _ *http.Request, n int) {
		if strings.Contains(text, "%d") {
			w.Header().Set(header, fmt.Sprintf(text, n))
			return
		}
		w.Header().Set(header, text)
	}
}

// each returns an app for each text.
func each(kind func(string) app, texts ...string) []app {
	var apps []app
	for _, text := range texts {
		apps = append(apps, kind(text))
	}
	return apps
}

func tagged(text string) app { return signed("Etag", text) }

// turning answers in the first way until the request with the number comes.
func turning(at int, first, then app) app {
	return func(w http.ResponseWriter, r *http.Request, n int) {
		if n < at {
			first(w, r, n)
		} else {
			then(w, r, n)
		}
	}
}

func missing(w http.ResponseWriter, _ *http.Request, _ int) { w.WriteHeader(http.StatusNotFound) }

func TestFingerprint(t *testing.T) {
	const direct = 10
	by, at := wire.RungFingerprint, "Etag"
	quoting := func(w http.ResponseWriter, r *http.Request, _ int) { w.Header().Set("X-Asked", "asked for "+r.Host) }
	for title, test := range map[string]struct {
		apps []app
		// middle answers on the way in that is tested; the apps if nil.
		middle []app
		plan   func(*wire.Plan)
		place  string // of the locator, with "withdrawn", or "none"
		want   map[int]int
		by     wire.Rung
	}{
		"a header":                   {apps: each(tagged, `"abc-1"`, `"abc-2"`), place: at, want: map[int]int{1: 6, 2: 6}, by: by},
		"the body":                   {apps: each(body, "build one", "build two", "build six"), place: "body", want: map[int]int{1: 4, 2: 4, 3: 4}, by: by},
		"a header before the body":   {apps: []app{func(w http.ResponseWriter, r *http.Request, n int) { tagged("abcdef")(w, r, n); body("one")(w, r, n) }, func(w http.ResponseWriter, r *http.Request, n int) { tagged("abcxyz")(w, r, n); body("two")(w, r, n) }}, place: at, want: map[int]int{1: 6, 2: 6}, by: by},
		"a name before it":           {apps: []app{func(w http.ResponseWriter, r *http.Request, n int) { tagged("abcdef")(w, r, n); body("web-1")(w, r, n) }, func(w http.ResponseWriter, r *http.Request, n int) { tagged("abcxyz")(w, r, n); body("web-2")(w, r, n) }}, place: "body", want: map[int]int{1: 6, 2: 6}, by: wire.RungAnswer},
		"alike":                      {apps: each(tagged, `"abc-1"`, `"abc-1"`), place: "none"},
		"two of three alike":         {apps: each(tagged, `"abc-1"`, `"abc-2"`, `"abc-1"`), place: "none"},
		"a counter":                  {apps: each(tagged, `one "abc-%d"`, `two "abc-%d"`), place: "none"},
		"a small number":             {apps: []app{signed("X-Uptime", "1234567"), signed("X-Uptime", "1234568")}, place: "none"},
		"a server's name":            {apps: []app{signed("Server", "nginx/1.25.1"), signed("Server", "nginx/1.25.2")}, place: "none"},
		"only one has it":            {apps: []app{tagged("abcdef"), body("")}, place: "none"},
		"one is missing":             {apps: []app{tagged("abcdef"), tagged("abcxyz"), missing}, place: "none"},
		"one never answers":          {apps: []app{tagged("abcdef"), tagged("abcxyz"), func(http.ResponseWriter, *http.Request, int) { panic(http.ErrAbortHandler) }}, middle: each(tagged, "abcdef"), place: "none"},
		"an echo of the host":        {apps: []app{quoting, quoting}, place: "none"},
		"the node's name":            {apps: each(tagged, "from node-a", "from node-b"), plan: func(p *wire.Plan) { p.Shared = []string{"node-a", "node-b"} }, place: "none"},
		"not known to be comparable": {apps: each(tagged, `"abc-1"`, `"abc-2"`), plan: func(p *wire.Plan) { p.Comparable = nil }, place: "none"},
		"a single one":               {apps: each(tagged, `"abc-1"`), place: "none"},
		"a proxy's own":              {apps: each(tagged, `"abc-1"`, `"abc-2"`), middle: each(tagged, `"abc-3"`), place: at, want: map[int]int{0: 12}},
		"a stranger among them":      {apps: each(tagged, `"abc-1"`, `"abc-2"`), middle: each(tagged, `"abc-1"`, `"abc-2"`, `"abc-3"`), place: at, want: map[int]int{0: 12}},
		"a proxy's page among them":  {apps: each(tagged, `"abc-1"`, `"abc-2"`), middle: []app{tagged(`"abc-1"`), missing}, place: at, want: map[int]int{0: 6, 1: 6}, by: by},
		"a cache": {apps: each(tagged, `"abc-1"`, `"abc-2"`), middle: []app{func(w http.ResponseWriter, r *http.Request, n int) {
			w.Header().Set("Age", "3")
			tagged(`"abc-1"`)(w, r, n)
		}}, place: at, want: map[int]int{0: 12}},
		"changes in the middle":      {apps: []app{turning(6, tagged(`"abc-1"`), tagged(`"abc-9"`)), tagged(`"abc-2"`)}, place: at + " withdrawn", want: map[int]int{0: 12}},
		"changes at the very end":    {apps: []app{turning(direct, tagged(`"abc-1"`), tagged(`"abc-9"`)), tagged(`"abc-2"`)}, place: at + " withdrawn", want: map[int]int{0: 12}},
		"is missing at the very end": {apps: []app{turning(direct, tagged(`"abc-1"`), missing), tagged(`"abc-2"`)}, place: at + " withdrawn", want: map[int]int{0: 12}},
		"becomes another's":          {apps: []app{turning(7, tagged(`"abc-1"`), tagged(`"abc-2"`)), tagged(`"abc-2"`)}, place: at + " withdrawn", want: map[int]int{0: 12}},
		"often missing": {apps: []app{turning(5, tagged(`"abc-1"`), func(w http.ResponseWriter, r *http.Request, n int) {
			if n == direct {
				tagged(`"abc-1"`)(w, r, n)
			}
		}), tagged(`"abc-2"`)}, middle: each(tagged, `"abc-1"`), place: at + " withdrawn", want: map[int]int{0: 12}},
		"too few requests":          {apps: each(tagged, `"abc-1"`, `"abc-2"`), plan: func(p *wire.Plan) { p.Routes[0].Requests = 5 }, place: "none"},
		"chosen":                    {apps: []app{signed("X-Replica", "a"), signed("X-Replica", "b")}, plan: choosing(wire.Identify{Header: "x-replica"}, nil), place: "X-Replica", want: map[int]int{1: 6, 2: 6}, by: by},
		"chosen, with few requests": {apps: []app{signed("X-Replica", "7"), signed("X-Replica", "8")}, plan: choosing(wire.Identify{Header: "X-Replica"}, func(p *wire.Plan) { p.Routes[0].Requests, p.Routes[1].Requests = 3, 3 }), place: "X-Replica", want: map[int]int{1: 6, 2: 6}, by: by},
		"chosen in the body":        {apps: each(body, "request 1 by <a>", "request 1 by <b>"), plan: choosing(wire.Identify{Body: "by <([^>]*)>"}, nil), place: "body", want: map[int]int{1: 6, 2: 6}, by: by},
		"chosen before names": {apps: []app{func(w http.ResponseWriter, r *http.Request, n int) {
			signed("X-Replica", "a")(w, r, n)
			body("web-1")(w, r, n)
		}, func(w http.ResponseWriter, r *http.Request, n int) {
			signed("X-Replica", "b")(w, r, n)
			body("web-1")(w, r, n)
		}}, plan: choosing(wire.Identify{Header: "X-Replica"}, nil), place: "X-Replica", want: map[int]int{1: 6, 2: 6}, by: by},
		"chosen, and alike":           {apps: []app{signed("X-Replica", "a"), signed("X-Replica", "a")}, plan: choosing(wire.Identify{Header: "X-Replica"}, nil), place: "none"},
		"chosen, and no header":       {apps: each(body, "x", "x"), plan: choosing(wire.Identify{Header: "X-Replica"}, nil), place: "none"},
		"chosen, and names are there": {apps: each(header, "web-1", "web-2"), plan: choosing(wire.Identify{Header: "X-Replica"}, nil), place: "X-Pod", want: map[int]int{1: 6, 2: 6}, by: wire.RungAnswer},
		"chosen, and changes":         {apps: []app{turning(6, signed("X-Replica", "a"), signed("X-Replica", "b")), signed("X-Replica", "b")}, plan: choosing(wire.Identify{Header: "X-Replica"}, nil), place: "X-Replica withdrawn", want: map[int]int{0: 12}},
	} {
		t.Run(title, func(t *testing.T) {
			var routes []wire.Route
			var endpoints []wire.Endpoint
			for i, a := range test.apps {
				endpoints = append(endpoints, named(i+1, fmt.Sprintf("web-%d", i+1)))
				routes = append(routes, wire.Route{Address: balancer(t, a), Endpoint: i + 1, Requests: direct, Host: "127.0.0.1", Path: "/"})
			}
			middle := test.middle
			if middle == nil {
				middle = test.apps
			}
			routes = append(routes, wire.Route{Address: balancer(t, middle...), Requests: 12, Path: "/"})
			plan := planOf(endpoints, routes...)
			plan.Comparable = []int{0}
			if test.plan != nil {
				test.plan(&plan)
			}
			s := run(t, context.Background(), plan)
			place := "none"
			if l, ok := s.locators[0]; ok {
				if place = l.Header; place == "" {
					place = "body"
				}
				if l.Withdrawn {
					place += " withdrawn"
				}
			}
			if place != test.place {
				t.Errorf("the locator is %s (%+v), want %s", place, s.locators, test.place)
			}
			if test.place == "none" {
				test.want = map[int]int{0: 12}
			}
			got := map[int]int{}
			for _, tally := range s.cells[len(routes)].Tallies {
				got[tally.Endpoint] += tally.Count
				if tally.Endpoint != 0 && tally.Rung != test.by {
					t.Errorf("%d answers by %s, want %s", tally.Count, tally.Rung, test.by)
				}
			}
			if fmt.Sprint(got) != fmt.Sprint(test.want) {
				t.Errorf("answers %v, want %v", got, test.want)
			}
		})
	}
}

func choosing(i wire.Identify, more func(*wire.Plan)) func(*wire.Plan) {
	return func(p *wire.Plan) {
		p.Identify = &i
		if more != nil {
			more(p)
		}
	}
}
