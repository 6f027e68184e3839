package finding

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

// late is a second mode of how long answers take: most are there soon, and some after
// one and the same time, or a multiple of it.
type late struct {
	// soon is what the first take at most, and after what the others take at least.
	soon, after time.Duration
	// There are so many others, of all.
	count, of int
}

// modes returns the second mode of durations, if there is one: the step between the two
// is the largest, and large; and the later ones are as close together as the sooner ones
// are, give or take a tenth, which load and pauses do not bring about, and a timeout does.
// One of ten may be later still, since load comes on top of that.
func modes(l wire.Latency) (late, bool) {
	const noticed, few = 500 * time.Millisecond, 3
	var all []time.Duration
	for d, count := range l.All() {
		all = append(all, slices.Repeat([]time.Duration{d}, count)...)
	}
	split := 0
	for i := 1; i < len(all); i++ {
		if step(all, i) > step(all, split) {
			split = i
		}
	}
	if split == 0 || len(all)-split < few {
		return late{}, false
	}
	m := late{soon: all[split-1], after: all[split], count: len(all) - split, of: len(all)}
	apart := 0
	for _, d := range all[split:] {
		multiple := max(m.after, (d + m.after/10).Truncate(m.after))
		if d-multiple > m.soon+multiple/10 {
			apart++
		}
	}
	return m, apart <= m.count/10 && m.after >= noticed && m.after >= 5*m.soon
}

// step is by what factor a duration is longer than the one before, where a millisecond
// more or less is nothing.
func step(all []time.Duration, i int) float64 {
	if i == 0 {
		return 1
	}
	return float64(all[i]+time.Millisecond) / float64(all[i-1]+time.Millisecond)
}

// hiddenByLateness: of the answers through a proxy some come late, all by the same time,
// and none do that are asked of the pods directly: so it is the proxy that waits, as it
// does for an endpoint that it does not reach before it tries another.
func hiddenByLateness(f Facts) []Finding {
	if len(deadEndpoint(f)) > 0 {
		return nil // which is the cause
	}
	var found Finding
	var ways []string
	proxied := f.dividing(func(r route.Route) bool { return r.Kind == route.Ingress || r.Kind == route.Gateway })
	for _, c := range proxied {
		m, late := modes(c.Seen.FirstByte)
		if !late || c.OK < c.Sent {
			continue
		}
		direct, slowest := f.directly(f.Routes[c.Route].Group)
		byChance := math.Pow(1-float64(m.count)/float64(m.of), float64(direct))
		if slowest >= m.after/2 || byChance >= chance/float64(len(proxied)*max(1, f.Targets)) {
			continue
		}
		ways = append(ways, f.Routes[c.Route].Object)
		found.Evidence = append(found.Evidence, f.lateness(c, m)...)
		if len(ways) > 1 {
			continue
		}
		found.Layer = f.Routes[c.Route].Kind
		found.Summary = fmt.Sprintf("%d of %d answers to %s through %s come %s late, and directly from the pods none do: as if the proxy waits for an endpoint that it does not reach, and then asks another",
			m.count, m.of, f.service(), ways[0], shortly(m.after))
		found.Evidence = append(found.Evidence, traffic(fmt.Sprintf("the pods directly: %d answers, the slowest after %s", direct, shortly(slowest))),
			traffic(fmt.Sprintf("if they were late as often, none of them would be by chance in %s", often(byChance))))
	}
	if len(ways) == 0 {
		return nil
	}
	found.Name, found.Severity, found.Status = "hidden-retries", Warning, Unverified
	if more := len(distinct(ways)) - 1; more > 0 {
		found.Summary += fmt.Sprintf(" (and likewise through %d more)", more)
	}
	found.Evidence = found.Evidence[:min(8, len(found.Evidence))]
	found.Fix = []Step{{Text: "see which pod the proxy does not reach: what its log says of upstreams that time out, whether NetworkPolicies or nodes keep it from one of them, and whether packets get lost between them (a connection is then tried again after 1, 3 and 7 seconds)", Command: f.namespaced("get pods -o wide")}}
	return []Finding{found}
}

// directly returns how many answers pods gave directly to requests that are like those
// of a group, and after what time the slowest came, the connection included.
func (f Facts) directly(group int) (count int, slowest time.Duration) {
	for _, c := range f.where(func(r route.Route) bool {
		return r.Kind == route.Pod && r.Group == group && r.Padding == 0 && (!r.Contrast || r.Reference)
	}) {
		count += c.Seen.Total.Count()
		slowest = max(slowest, c.Seen.Total.Quantile(1))
	}
	return count, slowest
}

// lateness says what was seen of a way on which some answers are late.
func (f Facts) lateness(c verdict.Cell, m late) []Evidence {
	r := f.Routes[c.Route]
	where := fmt.Sprintf("%s at %s from %s", r.Object, r.Address, f.Vantages[c.Vantage])
	seen := []Evidence{traffic(fmt.Sprintf("%s: %d answers within %s, and %d after %s or more", where, m.of-m.count, shortly(m.soon), m.count, shortly(m.after)))}
	if !f.known(c) {
		return seen
	}
	var silent []string
	for _, name := range f.usable(c) {
		if !slices.ContainsFunc(c.Answers, func(a verdict.Answer) bool { return f.Target.Endpoint(a.Endpoint).Name == name }) {
			silent = append(silent, name)
		}
	}
	if len(silent) > 0 {
		seen = append(seen, traffic(fmt.Sprintf("%s: no answer is from %s", where, some(silent))))
	}
	return seen
}

// shortly writes a duration with two or three digits.
func shortly(d time.Duration) string {
	switch {
	case d >= time.Second:
		return d.Round(10 * time.Millisecond).String()
	case d >= time.Millisecond:
		return d.Round(time.Millisecond).String()
	}
	return d.Round(time.Microsecond).String()
}
