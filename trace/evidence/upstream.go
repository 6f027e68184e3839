package evidence

import (
	"encoding/json"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
)

// Passage is a request as a proxy's access log tells of it: to whom it was handed.
type Passage struct {
	Marker
	// Upstreams are the addresses with ports that it was sent to, in turn; the last
	// one gave the answer. Of earlier ones not all need be known.
	Upstreams []netip.AddrPort
	// Retries is how often it was sent again.
	Retries int
	// Status is what the client got, or zero where the log does not say.
	Status int
}

// Passed reads a line of a proxy's log. When it has the marker of one request of the
// run and says for certain to whom that was handed, it returns this, and keeps
// nothing else of the line. Known are the access logs of Traefik (JSON and its common
// log format, by its documentation "Logs & Access Logs"), of ingress-nginx (by "Log
// format" in its user guide), JSON with nginx's variable upstream_addr, and Envoy's in
// JSON ("Access logging"), where it says that the answer came from there.
func Passed(run, line string) (Passage, bool) {
	line = line[:min(len(line), maxLine)]
	all := markers(run, line)
	if len(all) != 1 {
		return Passage{}, false
	}
	p, ok := passage(strings.TrimSpace(line))
	p.Marker = all[0]
	return p, ok && len(p.Upstreams) > 0
}

func passage(line string) (Passage, bool) {
	if start := strings.IndexByte(line, '{'); start >= 0 && strings.HasSuffix(line, "}") {
		var fields map[string]any
		if json.Unmarshal([]byte(line[start:]), &fields) == nil {
			return passageOf(fields)
		}
	}
	if m := nginxLine.FindStringSubmatch(line); m != nil {
		return nginxPassage(m[2], m[3], m[1])
	}
	if m := traefikLine.FindStringSubmatch(line); m != nil {
		return single(m[2], number(m[1]), 0)
	}
	return Passage{}, false
}

// traefikLine is a request in Traefik's common log format: its status, and, behind
// the router's name, the URL of the server.
var traefikLine = regexp.MustCompile(`^\S+ - \S+ \[[^\]]*\] "[^"]*" (\d{3}) \S+ "[^"]*" "[^"]*" \d+ "[^"]*" "([^"]*)" \d+ms$`)

// nginxLine is a request in the default format of ingress-nginx: its status, and,
// behind the names of the upstreams in brackets, the lists of addresses, lengths,
// times and statuses, one entry for each server that was tried. An entry that stands
// behind a colon is of another group, to which nginx went within itself; such lines
// do not match.
var nginxLine = regexp.MustCompile(`^\S+ - .* \[[^\]]*\] "[^"]*" (\d{3}) \d+ "[^"]*" "[^"]*" \d+ [0-9.]+ \[[^\]]*\] \[[^\]]*\] ` +
	`([0-9a-fA-F.:\[\]]+(?:, [0-9a-fA-F.:\[\]]+)*) [-0-9]+(?:, [-0-9]+)* [-0-9.]+(?:, [-0-9.]+)* ([-0-9]+(?:, [-0-9]+)*) \S+$`)

// passageOf reads the fields of a line in JSON.
func passageOf(fields map[string]any) (Passage, bool) {
	text := func(name string) string { return textOf(fields[name]) }
	switch {
	case text("ServiceAddr") != "" || text("ServiceURL") != "":
		if origin := text("OriginStatus"); origin != "" && origin != text("DownstreamStatus") {
			return Passage{}, false // what the server said is not what the client got
		}
		address := text("ServiceAddr")
		if address == "" {
			address = text("ServiceURL")
		}
		return single(address, number(text("DownstreamStatus")), number(text("RetryAttempts")))
	case text("upstream_addr") != "":
		return nginxPassage(text("upstream_addr"), text("upstream_status"), text("status"))
	case text("upstream_host") != "" && text("response_code_details") == "via_upstream":
		return single(text("upstream_host"), number(text("response_code")), max(0, number(text("upstream_request_attempt_count"))-1))
	}
	return Passage{}, false
}

// textOf returns a value of JSON that is a text or a number, as a text.
func textOf(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return ""
}

// number returns a small number in decimal, or zero.
func number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > maxNumber {
		return 0
	}
	return n
}

// single returns the passage to a server of which the log names no more than the
// last one.
func single(address string, status, retries int) (Passage, bool) {
	if u, err := url.Parse(address); err == nil && u.Host != "" {
		address = u.Host
	}
	to, err := netip.ParseAddrPort(address)
	return Passage{Upstreams: []netip.AddrPort{to}, Status: status, Retries: retries}, err == nil
}

// nginxPassage reads nginx's lists, which are told apart by commas. Where the client
// got another status than the last server gave, nginx has answered itself.
func nginxPassage(addresses, statuses, status string) (Passage, bool) {
	tried, said := strings.Split(addresses, ", "), strings.Split(statuses, ", ")
	if statuses == "" || len(tried) != len(said) || status != "" && said[len(said)-1] != status {
		return Passage{}, false
	}
	p := Passage{Retries: len(tried) - 1, Status: number(status)}
	for _, address := range tried {
		to, err := netip.ParseAddrPort(address)
		if err != nil {
			return Passage{}, false
		}
		p.Upstreams = append(p.Upstreams, to)
	}
	return p, true
}

// Sighting returns what the passage shows of who answered: the endpoint with the
// address of the last server. An address that is no endpoint's, such as the
// ClusterIP, tells nothing.
func (d *Directory) Sighting(p Passage) (Sighting, bool) {
	endpoint := d.at(p.Upstreams[len(p.Upstreams)-1])
	return Sighting{Marker: p.Marker, Endpoint: endpoint, Rung: wire.RungUpstream, Status: p.Status}, endpoint > 0
}

// at returns the number of the one endpoint with the address and port, or zero.
func (d *Directory) at(address netip.AddrPort) int {
	found := 0
	for i, e := range d.endpoints {
		for _, s := range e.Sockets {
			ip, err := netip.ParseAddr(s.Address)
			if err != nil || ip.Unmap() != address.Addr().Unmap() || s.Number != int32(address.Port()) {
				continue
			}
			if found != 0 && found != i+1 {
				return 0
			}
			found = i + 1
		}
	}
	return found
}

// Uncontested returns the sightings of proxies but for those of requests that another
// endpoint has logged without saying what it answered, and the one that the proxy
// names has not. Where such a log has the status, [Join] holds both against each other.
func Uncontested(proxies, logs []Sighting) []Sighting {
	logged := byMarker(logs)
	return slices.DeleteFunc(slices.Clone(proxies), func(s Sighting) bool {
		own := func(l Sighting) bool { return l.Endpoint == s.Endpoint }
		open := func(l Sighting) bool { return l.Status == 0 }
		return slices.ContainsFunc(logged[s.Marker], open) && !slices.ContainsFunc(logged[s.Marker], own)
	})
}

// Index returns the target's endpoint with the address, or -1.
func (d *Directory) Index(t *target.Target, address netip.AddrPort) int {
	if i, known := d.indexes(t)[d.at(address)]; known {
		return i
	}
	return -1
}
