package compare

import (
	"fmt"
	"slices"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace"
)

// paired are two ways that belong together.
type paired struct{ a, b way }

// match pairs the ways of both sides, and returns what is left of each. A way is paired
// with one that a user would ask for in the same words; else with one that differs in
// the protocol alone, or, where each side is for one host, in the host; and else, where
// there is but one of its kind on either side, or one at all, with that.
func match(a, b []way) (pairs []paired, aloneA, aloneB []way) {
	renamed := trace.Renamed([][]string{hosts(a), hosts(b)})
	single := len(a) == 1 && len(b) == 1
	keys := []func(w way) string{way.identity, ofProxied(way.url)}
	if renamed {
		keys = append(keys,
			ofProxied(func(w way) string { return fmt.Sprintf("%s %s %s %v", w.Protocol, w.Method, w.Path, w.Headers) }),
			ofProxied(func(w way) string { return fmt.Sprintf("%s %s %v", w.Method, w.Path, w.Headers) }))
	}
	for _, key := range keys {
		a, b = meet(a, b, key, &pairs, false)
	}
	a, b = meet(a, b, func(w way) string { return "kind " + string(w.Kind) + fmt.Sprint(w.proxied()) }, &pairs, true)
	if single {
		a, b = meet(a, b, func(way) string { return "the only one" }, &pairs, true)
	}
	return pairs, a, b
}

// ofProxied makes a key of ways through proxies alone.
func ofProxied(key func(w way) string) func(w way) string {
	return func(w way) string {
		if !w.proxied() || w.Host == "" {
			return ""
		}
		return key(w)
	}
}

// meet pairs the ways that have the same key, unless that is empty, and returns those
// that are left. With one set, only those are paired that alone have it on their side.
func meet(a, b []way, key func(w way) string, pairs *[]paired, one bool) (restA, restB []way) {
	count := func(all []way, k string) (n int) {
		for _, w := range all {
			if key(w) == k {
				n++
			}
		}
		return n
	}
	restB = slices.Clone(b)
	for _, w := range a {
		k := key(w)
		i := slices.IndexFunc(restB, func(other way) bool { return k != "" && key(other) == k })
		if i < 0 || one && (count(a, k) > 1 || count(b, k) > 1) {
			restA = append(restA, w)
			continue
		}
		*pairs = append(*pairs, paired{w, restB[i]})
		restB = slices.Delete(restB, i, i+1)
	}
	return restA, restB
}

// hosts returns the different hosts that ways through proxies are asked for.
func hosts(all []way) []string {
	var names []string
	for _, w := range all {
		if w.proxied() && w.Host != "" && !slices.Contains(names, w.Host) {
			names = append(names, w.Host)
		}
	}
	return names
}

// indistinct says why the ways of a pair cannot be told apart: what is asked at the same
// address in the same words is the same request.
func (p paired) indistinct() string {
	if !p.a.proxied() || !p.b.proxied() || p.a.identity() != p.b.identity() {
		return ""
	}
	for _, address := range p.a.Addresses {
		if slices.Contains(p.b.Addresses, address) {
			return "both are asked for the same at the same address, " + address + ": whichever rule takes the requests there, it took those of both"
		}
	}
	return ""
}

// alone returns what has no counterpart among the ways of the other side. Strays are
// what was asked there all the same.
func alone(side, target string, rest, counterparts, strays []way) []Alone {
	asked := slices.ContainsFunc(counterparts, way.asked)
	var all []Alone
	for _, w := range rest {
		made := Alone{Side: side, Asked: w.Asked, Seen: seen(w.cells), Other: w.stray(strays)}
		switch {
		case !w.asked():
			made.Reason = "not asked" + because(w)
		case !asked:
			made.Reason = "nothing could be asked through " + target
		case slices.ContainsFunc(counterparts, func(o way) bool { return o.proxied() && o.url() == w.url() }):
			made.Reason = "through " + target + " it was asked over another protocol alone"
		case made.Other != nil && served(made.Seen, *made.Other):
			made.Reason = fmt.Sprintf("no rule of %s is known to lead it to a Service, and yet it is answered there, too, with %s: a rule that cannot be read, or one of somebody else", target, counted(made.Other.Statuses))
		default:
			made.Differs = true
		}
		all = append(all, made)
	}
	return all
}

// served reports whether a request for which one side has no rule is answered there all
// the same, as on the other. What proxies say themselves when they know no rule is no
// such answer.
func served(own, other Seen) bool {
	return slices.Equal(kinds(own), kinds(other)) && !slices.Contains(kinds(own), "HTTP 404")
}

// doubt takes back that ways have no counterpart, where not all that there are were asked.
func doubt(all []Alone) {
	for i := range all {
		if all[i].Differs {
			all[i].Differs, all[i].Reason = false, "there are more ways than were asked, and one of them may be its counterpart"
		}
	}
}

// stray returns what came of the way's request on the other side, where no rule takes it,
// or nil.
func (w way) stray(strays []way) *Seen {
	if !w.proxied() {
		return nil
	}
	for _, s := range strays {
		if s.Path == w.Path && s.Method == w.Method && fmt.Sprint(s.Headers) == fmt.Sprint(w.Headers) && s.asked() {
			other := seen(s.cells)
			return &other
		}
	}
	return nil
}

func because(w way) string {
	for _, c := range w.cells {
		if c.Reason != "" {
			return ": " + c.Reason
		}
	}
	return ""
}
