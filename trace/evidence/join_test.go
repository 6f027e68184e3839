package evidence_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/evidence"
)

// TestLogged reads lines as servers write them.
func TestLogged(t *testing.T) {
	const run = "0badcafe12"
	for name, test := range map[string]struct{ line, want string }{
		"nginx, combined":       {`10.244.1.7 - - [26/Nov/2026:16:50:03 +0000] "GET /api/x?y=1 HTTP/1.1" 200 612 "-" "kubectl-nettrace/1.0 (0badcafe12-1-2-3)"`, "1-2-3 /api/x?y=1 200"},
		"Traefik, common":       {`10.244.1.7 - - [26/Nov/2026:16:50:03 +0000] "GET /api HTTP/1.1" 404 19 "-" "kubectl-nettrace/1.0 (0badcafe12-2-9-11)" 7 "web@kubernetes" "http://10.244.0.8:8080" 1ms`, "2-9-11 /api 404"},
		"a status of its own":   {`0badcafe12-1-1-1 "GET / HTTP/2.0" in 3 ms`, "1-1-1 / 0"},
		"Caddy, JSON":           {`{"level":"info","logger":"http.log.access","request":{"remote_ip":"10.0.0.1","proto":"HTTP/1.1","method":"GET","uri":"/x","headers":{"X-Nettrace-Id":["0badcafe12-1-2-3"],"Authorization":["REDACTED"]}},"status":200,"size":2}`, "1-2-3 /x 200"},
		"behind a prefix":       {`2026-11-26T16:50:03Z {"method":"GET","url":"http://web/x?a=b","res":{"statusCode":302},"id":"0badcafe12-1-2-3"}`, "1-2-3 /x?a=b 302"},
		"Traefik, JSON":         {`{"RequestMethod":"GET","DownstreamStatus":200,"RequestPath":"/x","request_User-Agent":"kubectl-nettrace/1.0 (0badcafe12-1-2-3)"}`, "1-2-3 /x 200"},
		"a status as text":      {`{"verb":"GET","status":"503","path":"/x","ua":"0badcafe12-1-2-3"}`, "1-2-3 /x 503"},
		"no request's":          {`{"path":"/app/server.js","code":200,"msg":"0badcafe12-1-2-3"}`, "1-2-3  0"},
		"free text":             {`handled request 0badcafe12-1-2-3 in 2ms`, "1-2-3  0"},
		"a number that is none": {`{"method":"GET","status":70000,"code":200,"ua":"0badcafe12-1-2-3"}`, "1-2-3  0"},
		"twice the same":        {`X-Nettrace-Id: 0badcafe12-1-2-3 UA: (0badcafe12-1-2-3)`, "1-2-3  0"},
		"two requests":          {`merged 0badcafe12-1-2-3 and 0badcafe12-1-2-4`, ""},
		"two request lines":     {`"GET /a HTTP/1.1" upstream "GET /b HTTP/1.1" 200 0badcafe12-1-2-3`, "1-2-3  0"},
		"another run":           {`"GET / HTTP/1.1" 200 deadbeef00-1-2-3`, ""},
		"a longer word":         {`x0badcafe12-1-2-3 0badcafe12-1-2-3x 0badcafe12-1-2-3-4`, ""},
		"numbers out of reach":  {`0badcafe12-99999999999999999999-1-1 0badcafe12-0-1-1 0badcafe12-1-2`, ""},
		"no marker":             {`"GET / HTTP/1.1" 200`, ""},
		"half a JSON":           {`{"ua":"0badcafe12-1-2-3","uri":"/x}`, "1-2-3  0"},
	} {
		t.Run(name, func(t *testing.T) {
			got := ""
			if s, ok := evidence.Logged(run, test.line); ok {
				got = fmt.Sprintf("%d-%d-%d %s %d", s.Vantage, s.Route, s.Sequence, s.Path, s.Status)
			}
			if got != test.want {
				t.Errorf("read %q, want %q", got, test.want)
			}
		})
	}
	if _, ok := evidence.Logged("", "-1-2-3"); ok {
		t.Error("a run without an id has markers")
	}
}

// seen is what an endpoint has logged of requests of the first vantage's first
// route.
func seen(endpoint, status int, sequence ...int) []evidence.Sighting {
	var all []evidence.Sighting
	for _, n := range sequence {
		all = append(all, evidence.Sighting{Marker: evidence.Marker{Vantage: 1, Route: 1, Sequence: n}, Endpoint: endpoint, Rung: wire.RungLog, Path: "/", Status: status})
	}
	return all
}

func TestJoin(t *testing.T) {
	unknown, bad, lost := wire.Outcome{Status: 200}, wire.Outcome{Status: 502}, wire.Outcome{Error: wire.ErrorTimeout}
	named := wire.Outcome{Status: 200, Endpoint: 1, Rung: wire.RungAnswer}
	cell := func(sequence []int, tallies ...wire.Tally) [][]wire.Record {
		return [][]wire.Record{{{Hello: &wire.Hello{}}, {Cell: &wire.Cell{Route: 1, Sent: 9, Tallies: tallies, Sequence: sequence}}}}
	}
	four := cell([]int{0, 0, 0, 0}, wire.Tally{Outcome: unknown, Count: 4})
	for name, test := range map[string]struct {
		records   [][]wire.Record
		sightings []evidence.Sighting
		want      string
	}{
		"two endpoints":                      {four, append(seen(1, 200, 1, 3), seen(2, 200, 2)...), "0:200x1 1:200x2log 2:200x1log | 1 2 1 0"},
		"nobody logs":                        {four, nil, "0:200x4 | 0 0 0 0"},
		"the same line twice":                {four, append(seen(1, 200, 1), seen(1, 0, 1)...), "0:200x3 1:200x1log | 1 0 0 0"},
		"no status in the log":               {four, seen(1, 0, 1, 2, 3, 4), "1:200x4log | 1 1 1 1"},
		"another status":                     {four, seen(1, 500, 1), "0:200x4 | 0 0 0 0"},
		"a retry of which one fits":          {four, append(seen(1, 502, 1), seen(2, 200, 1)...), "0:200x3 2:200x1log | 2 0 0 0"},
		"a retry of which both fit":          {four, append(seen(1, 200, 1), seen(2, 200, 1)...), "0:200x4 | 0 0 0 0"},
		"requests that were not sent":        {four, seen(1, 200, 5, 1000), "0:200x4 | 0 0 0 0"},
		"an endpoint that nobody knows":      {four, seen(0, 200, 1), "0:200x4 | 0 0 0 0"},
		"the proxy gave up":                  {cell([]int{0}, wire.Tally{Outcome: bad, Count: 1}), seen(1, 200, 1), "0:502x1 | 0"},
		"the client got nothing":             {cell([]int{0}, wire.Tally{Outcome: lost, Count: 1}), seen(1, 200, 1), "0:0x1 | 0"},
		"it is known already":                {cell([]int{0}, wire.Tally{Outcome: named, Count: 1}), seen(2, 200, 1), "1:200x1answer | 1"},
		"more requests than places":          {cell([]int{0}, wire.Tally{Outcome: unknown, Count: 9}), seen(1, 200, 1), "0:200x8 1:200x1log | 1"},
		"a place in the sequence is damaged": {cell([]int{7, -1, 0}, wire.Tally{Outcome: unknown, Count: 1}), seen(1, 200, 1, 2, 3), "1:200x1log | ? ? 1"},
	} {
		t.Run(name, func(t *testing.T) {
			before := fmt.Sprintf("%+v", *test.records[0][1].Cell)
			c := evidence.Join(test.records, test.sightings)[0][1].Cell
			var tallies, sequence []string
			for _, tally := range c.Tallies {
				tallies = append(tallies, fmt.Sprintf("%d:%dx%d%s", tally.Endpoint, tally.Status, tally.Count, tally.Rung))
			}
			for _, n := range c.Sequence {
				text := "?"
				if n >= 0 && n < len(c.Tallies) {
					text = fmt.Sprint(c.Tallies[n].Endpoint)
				}
				sequence = append(sequence, text)
			}
			if got := strings.Join(tallies, " ") + " | " + strings.Join(sequence, " "); got != test.want {
				t.Errorf("joined %s, want %s", got, test.want)
			}
			if after := fmt.Sprintf("%+v", *test.records[0][1].Cell); after != before {
				t.Errorf("the records were changed: %s, and were %s", after, before)
			}
		})
	}
}

// TestContradicted: where another endpoint alone has logged a request, the answer
// that named the first has lied.
func TestContradicted(t *testing.T) {
	named := wire.Outcome{Status: 200, Endpoint: 1, Rung: wire.RungAnswer}
	records := func(o wire.Outcome) [][]wire.Record {
		return [][]wire.Record{{{Cell: &wire.Cell{Route: 1, Sent: 1, Tallies: []wire.Tally{{Outcome: o, Count: 1}}, Sequence: []int{0}}}}}
	}
	direct := named
	direct.Rung = wire.RungDirect
	for name, test := range map[string]struct {
		outcome   wire.Outcome
		sightings []evidence.Sighting
		want      int
	}{
		"the same one":     {named, seen(1, 200, 1), 0},
		"another one":      {named, seen(2, 200, 1), 1},
		"both":             {named, append(seen(2, 200, 1), seen(1, 200, 1)...), 0},
		"nobody":           {named, nil, 0},
		"asked directly":   {direct, seen(2, 200, 1), 0},
		"nobody was named": {wire.Outcome{Status: 200}, seen(2, 200, 1), 0},
	} {
		if got := evidence.Contradicted(records(test.outcome), test.sightings); len(got) != test.want {
			t.Errorf("%s: %v, want %d", name, got, test.want)
		}
	}
}

func TestArrivals(t *testing.T) {
	sightings := append(seen(1, 200, 1, 2), seen(2, 200, 3)...)
	sightings = append(sightings, seen(1, 0, 1)...) // a second line of the same request
	sightings[2].Path = "/other"
	got := fmt.Sprint(evidence.Arrivals(sightings)[[2]int{1, 1}])
	if want := "[{/ log 2} {/other log 1}]"; got != want {
		t.Errorf("arrived %s, want %s", got, want)
	}
}
