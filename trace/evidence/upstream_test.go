package evidence_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/evidence"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
	. "github.com/kubectl-nettrace/kubectl-nettrace/trace/target/targettest"
)

// TestPassed reads lines of proxies' access logs as these write them.
func TestPassed(t *testing.T) {
	const run = "0badcafe12"
	const agent = `"-" "kubectl-nettrace/1.0 (0badcafe12-1-2-3)"`
	const nginx = `192.0.2.7 - - [26/Nov/2026:16:50:03 +0000] "GET /x HTTP/1.1" `
	const traefik = `{"ClientAddr":"192.0.2.7:4711","RequestMethod":"GET","RequestPath":"/x","request_User-Agent":"kubectl-nettrace/1.0 (0badcafe12-1-2-3)",`
	for name, test := range map[string]struct{ line, want string }{
		"Traefik, JSON":                   {traefik + `"DownstreamStatus":200,"OriginStatus":200,"RetryAttempts":0,"ServiceAddr":"10.244.0.8:8080","ServiceURL":"http://10.244.0.8:8080"}`, "1-2-3 [10.244.0.8:8080] 0 200"},
		"Traefik, JSON, tried again":      {traefik + `"DownstreamStatus":200,"OriginStatus":200,"RetryAttempts":2,"ServiceAddr":"10.244.0.8:8080"}`, "1-2-3 [10.244.0.8:8080] 2 200"},
		"Traefik, JSON, the URL alone":    {traefik + `"DownstreamStatus":200,"ServiceURL":"https://[fd00::8]:8443"}`, "1-2-3 [[fd00::8]:8443] 0 200"},
		"Traefik, JSON, an error page":    {traefik + `"DownstreamStatus":200,"OriginStatus":503,"ServiceAddr":"10.244.0.8:8080"}`, ""},
		"Traefik, JSON, no server":        {traefik + `"DownstreamStatus":404,"OriginStatus":0}`, ""},
		"Traefik, JSON, without headers":  {`{"RequestMethod":"GET","RequestPath":"/x","DownstreamStatus":200,"ServiceAddr":"10.244.0.8:8080"}`, ""},
		"Traefik, common":                 {nginx + `200 5 ` + agent + ` 7 "web@kubernetes" "http://10.244.0.8:8080" 1ms`, "1-2-3 [10.244.0.8:8080] 0 200"},
		"Traefik, common, no server":      {nginx + `404 19 ` + agent + ` 7 "-" "-" 0ms`, ""},
		"Traefik, common, a name":         {nginx + `200 5 ` + agent + ` 7 "web@file" "http://web.shop:8080" 1ms`, ""},
		"ingress-nginx":                   {nginx + `200 5 ` + agent + ` 300 0.001 [shop-web-80] [] 10.244.0.8:8080 5 0.001 200 0a1b2c`, "1-2-3 [10.244.0.8:8080] 0 200"},
		"ingress-nginx, IPv6":             {nginx + `200 5 ` + agent + ` 300 0.001 [shop-web-80] [] [fd00::8]:8080 5 0.001 200 0a1b2c`, "1-2-3 [[fd00::8]:8080] 0 200"},
		"ingress-nginx, tried again":      {nginx + `200 5 ` + agent + ` 300 0.001 [shop-web-80] [] 10.244.0.7:8080, 10.244.0.8:8080 0, 5 0.000, 0.001 502, 200 0a1b2c`, "1-2-3 [10.244.0.7:8080 10.244.0.8:8080] 1 200"},
		"ingress-nginx, in vain":          {nginx + `502 5 ` + agent + ` 300 0.001 [shop-web-80] [] 10.244.0.7:8080, 10.244.0.8:8080 0, 0 0.000, 0.000 502, 502 0a1b2c`, "1-2-3 [10.244.0.7:8080 10.244.0.8:8080] 1 502"},
		"ingress-nginx, its own page":     {nginx + `404 5 ` + agent + ` 300 0.001 [shop-web-80] [] 10.244.0.8:8080 5 0.001 503 0a1b2c`, ""},
		"ingress-nginx, to another group": {nginx + `200 5 ` + agent + ` 300 0.001 [shop-web-80] [] 10.244.0.7:8080 : 10.244.0.8:8080 0 : 5 0.000 : 0.001 503 : 200 0a1b2c`, ""},
		"ingress-nginx, no server":        {nginx + `404 5 ` + agent + ` 300 0.001 [] [] - - - - 0a1b2c`, ""},
		"nginx, JSON":                     {`{"request":"GET /x","agent":"0badcafe12-1-2-3","status":"200","upstream_addr":"10.244.0.7:8080, 10.244.0.8:8080","upstream_status":"502, 200"}`, "1-2-3 [10.244.0.7:8080 10.244.0.8:8080] 1 200"},
		"nginx, JSON, no statuses":        {`{"agent":"0badcafe12-1-2-3","status":200,"upstream_addr":"10.244.0.8:8080"}`, ""},
		"Envoy, JSON":                     {`{"user-agent":"kubectl-nettrace/1.0 (0badcafe12-1-2-3)","response_code":200,"response_code_details":"via_upstream","upstream_host":"10.244.0.8:8080","upstream_request_attempt_count":3}`, "1-2-3 [10.244.0.8:8080] 2 200"},
		"Envoy, JSON, its own answer":     {`{"user-agent":"0badcafe12-1-2-3","response_code":503,"response_code_details":"upstream_reset_before_response_started","upstream_host":"10.244.0.8:8080"}`, ""},
		"combined, without a server":      {nginx + `200 5 ` + agent, ""},
		"a text that names a server":      {`sent 0badcafe12-1-2-3 to 10.244.0.8:8080`, ""},
		"two requests":                    {traefik + `"DownstreamStatus":200,"ServiceAddr":"10.244.0.8:8080","x":"0badcafe12-1-2-4"}`, ""},
		"half a JSON":                     {traefik + `"ServiceAddr":"10.244.0.8:8080"`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := ""
			if p, ok := evidence.Passed(run, test.line); ok {
				got = fmt.Sprintf("%d-%d-%d %v %d %d", p.Vantage, p.Route, p.Sequence, p.Upstreams, p.Retries, p.Status)
			}
			if got != test.want {
				t.Errorf("read %q, want %q", got, test.want)
			}
		})
	}
}

// TestUpstreamJoin: what proxies say counts below what endpoints have logged, and
// nothing for errors that proxies make up themselves.
func TestUpstreamJoin(t *testing.T) {
	upstream := func(endpoint, status int) []evidence.Sighting {
		s := seen(endpoint, status, 1)
		s[0].Rung, s[0].Path = wire.RungUpstream, ""
		return s
	}
	if left := evidence.Uncontested(upstream(2, 200), seen(1, 0, 1)); len(left) > 0 {
		t.Errorf("%v is left, although another endpoint alone has logged the request", left)
	}
	for name, test := range map[string]struct {
		status        int
		logs, proxies []evidence.Sighting
		want          string
	}{
		"the proxy alone":              {200, nil, upstream(2, 200), "2 upstream"},
		"both agree":                   {200, seen(2, 200, 1), upstream(2, 200), "2 log"},
		"the log has no status":        {200, seen(2, 0, 1), upstream(2, 200), "2 log"},
		"another one alone has logged": {200, seen(1, 200, 1), upstream(2, 200), "0 "},
		"it may have been tried first": {200, seen(1, 500, 1), upstream(2, 200), "2 upstream"},
		"a retry, of which both tell":  {200, append(seen(1, 500, 1), seen(2, 200, 1)...), upstream(2, 200), "2 log"},
		"the client got another one":   {404, nil, upstream(2, 200), "0 "},
		"an error of the proxy's":      {502, nil, upstream(2, 502), "0 "},
	} {
		records := [][]wire.Record{{{Cell: &wire.Cell{Route: 1, Sent: 1, Tallies: []wire.Tally{{Outcome: wire.Outcome{Status: test.status}, Count: 1}}, Sequence: []int{0}}}}}
		told := slices.Concat(test.logs, evidence.Uncontested(test.proxies, test.logs))
		tally := evidence.Join(records, told)[0][0].Cell.Tallies[0]
		if got := fmt.Sprintf("%d %s", tally.Endpoint, tally.Rung); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}

// TestUpstreamAddress: an address tells who answered when it is that of one endpoint.
func TestUpstreamAddress(t *testing.T) {
	service := NewService("web").Selecting("app", "web").Port("http", 80, 8080).Node("n1").
		Pod("web-1", On("n1"), At("10.244.0.7")).Pod("web-2", On("n1"), At("10.244.0.8"))
	directory := evidence.NewDirectory([]*target.Target{service.Target(t)})
	for address, want := range map[string]int{"10.244.0.7:8080": 1, "10.244.0.8:8080": 2, "[::ffff:10.244.0.8]:8080": 2, "10.244.0.8:80": 0, "10.96.0.10:80": 0, "10.244.0.9:8080": 0} {
		line := `{"DownstreamStatus":200,"ServiceAddr":"ADDRESS","request_User-Agent":"0badcafe12-1-2-3"}`
		p, ok := evidence.Passed("0badcafe12", strings.ReplaceAll(line, "ADDRESS", address))
		s, told := directory.Sighting(p)
		if !ok || s.Endpoint != want || told != (want > 0) {
			t.Errorf("%s: endpoint %d, want %d", address, s.Endpoint, want)
		}
	}
	p, _ := evidence.Passed("0badcafe12", `{"agent":"0badcafe12-1-2-3","status":"200","upstream_addr":"10.244.0.7:8080, 10.244.0.8:8080","upstream_status":"502, 200"}`)
	if s, _ := directory.Sighting(p); s.Endpoint != 2 {
		t.Errorf("of two that were asked, %d is said to have answered, want the last", s.Endpoint)
	}
}
