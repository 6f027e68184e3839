package verdict

import (
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
)

// Compare holds an answer of the DNS against what the lookup must bring. It
// returns nothing when they agree, and else in words how they differ: a response
// code such as NXDOMAIN, "no address", or "wrong address: 10.0.0.1". Wrong is set
// where the answer did bring something.
func Compare(r route.Route, answer wire.Resolution) (what string, wrong bool) {
	values := brought(r, answer)
	switch {
	case len(values) == 0 && answer.Code != "" && answer.Code != "NOERROR":
		return answer.Code, false
	case len(values) == 0:
		return "no " + noun(r), false
	case len(r.Want) == 0:
		return "", false
	}
	extra, missing := without(values, r.Want), without(r.Want, values)
	var said []string
	if len(extra) > 0 {
		said = append(said, fmt.Sprintf("wrong %s: %s", noun(r), some(extra)))
	}
	if len(missing) > 0 && (len(extra) == 0 || len(r.Want) > 1) {
		said = append(said, "missing: "+some(missing))
	}
	return strings.Join(said, "; "), len(said) > 0
}

// brought returns the values of the answer that are compared, sorted and each
// once. Of SRV records that is the port number, because the names that they lead
// to end in the cluster's domain, which is not known. A CNAME may be followed by
// more of them, of which only the Service's own is the cluster's business.
func brought(r route.Route, answer wire.Resolution) []string {
	values := slices.Clone(answer.Values)
	switch r.Lookup.Type {
	case wire.RecordSRV:
		for i, v := range values {
			if _, port, err := net.SplitHostPort(v); err == nil {
				values[i] = port
			}
		}
	case wire.RecordCNAME:
		for _, name := range slices.Concat(answer.Values, answer.CNAMEs) {
			if name = canonical(name); slices.Contains(r.Want, name) {
				return []string{name}
			}
		}
	}
	for i, v := range values {
		values[i] = canonical(v)
	}
	slices.Sort(values)
	return slices.Compact(values)
}

func canonical(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) }

func noun(r route.Route) string {
	switch r.Lookup.Type {
	case wire.RecordSRV:
		return "port"
	case wire.RecordCNAME:
		return "name"
	}
	return "address"
}

// without returns the values of all that are not among the others.
func without(all, others []string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(v string) bool { return slices.Contains(others, v) })
}

// some lists at most three values, and says how many more there are.
func some(values []string) string {
	if len(values) > 3 {
		return fmt.Sprintf("%s and %d more", strings.Join(values[:2], ", "), len(values)-2)
	}
	return strings.Join(values, ", ")
}

// resolve counts the cell's lookups. Tallies say how many ended well, by the DNS
// saying no, or otherwise; resolutions what came back for the first two. A
// resolver that gives up may have heard of other names on its search path, so
// that there are resolutions of lookups that timed out; the timeout counts then.
func (c *Cell) resolve(r route.Route, tallies []wire.Tally, answers []wire.Resolution) {
	left := map[wire.ErrorClass]int{}
	for _, tally := range tallies {
		if tally.Error == "" || tally.Error == wire.ErrorDNS {
			left[tally.Error] += tally.Count
		} else {
			c.fail(failure(tally))
		}
	}
	for _, answer := range answers {
		if len(answer.Values) == 0 && answer.Code == "" {
			continue // nothing came back
		}
		ended := wire.ErrorClass("")
		if len(answer.Values) == 0 {
			ended = wire.ErrorDNS
		}
		count := min(max(answer.Count, 0), left[ended])
		left[ended] -= count
		if what, wrong := Compare(r, answer); what == "" {
			c.OK += count
		} else {
			c.fail(Failure{What: what, Error: wire.ErrorDNS, Endpoint: -1, Wrong: wrong, Count: count})
		}
	}
	c.fail(Failure{What: "no answer", Error: wire.ErrorDNS, Endpoint: -1, Count: left[""] + left[wire.ErrorDNS]})
}

// fail counts a failure, together with others of the same sort.
func (c *Cell) fail(f Failure) {
	if f.Count == 0 {
		return
	}
	for i := range c.Failures {
		same := c.Failures[i]
		same.Count = f.Count
		if same == f {
			c.Failures[i].Count += f.Count
			return
		}
	}
	c.Failures = append(c.Failures, f)
}

// excuse sets lookups aside that bring nothing although nothing is wrong: a name
// of which any address will do needs none of the one family when it has one of
// the other.
func excuse(routes []route.Route, cells []Cell) {
	resolved := map[string]bool{}
	key := func(c Cell) string { return fmt.Sprint(c.Vantage, " ", routes[c.Route].Address) }
	anyAddress := func(c Cell) bool {
		r := routes[c.Route]
		return r.Lookup != nil && len(r.Want) == 0 && r.Untested == ""
	}
	for _, c := range cells {
		if anyAddress(c) && c.OK > 0 {
			resolved[key(c)] = true
		}
	}
	for i, c := range cells {
		empty := func(f Failure) bool { return f.What == "NXDOMAIN" || f.What == "no address" }
		if c.Verdict == Broken && anyAddress(c) && resolved[key(c)] && !slices.ContainsFunc(c.Failures, func(f Failure) bool { return !empty(f) }) {
			family := "IPv4"
			if routes[c.Route].IPv6 {
				family = "IPv6"
			}
			cells[i].Verdict, cells[i].Reason = Untested, "the name has no "+family+" address, and needs none beside the other"
		}
	}
}
