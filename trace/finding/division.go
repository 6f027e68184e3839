package finding

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/spread"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

// part is one of those among whom the answers of a cell divide: an endpoint, or the
// Service that a rule names.
type part struct {
	name string
	spread.Part
	cell verdict.Cell
}

// improbable returns those parts of which each, and all together, happen by chance in
// fewer than one run of a thousand: the bound is shared by all comparisons of the
// run (Bonferroni).
func (f Facts) improbable(parts []part) []part {
	var all []part
	for _, p := range parts {
		if p.ByChance() < chance/float64(len(parts)*max(1, f.Targets)) {
			all = append(all, p)
		}
	}
	return all
}

// dividing returns the cells of the routes that are wanted.
func (f Facts) dividing(wanted func(route.Route) bool) []verdict.Cell {
	return f.where(func(r route.Route) bool { return wanted(r) && !r.Contrast && r.Padding == 0 })
}

// known reports whether it is known who gave each answer of a cell, while the
// endpoints stayed the same. What one gave that should get nothing is no part of a
// share that was promised.
func (f Facts) known(c verdict.Cell) bool {
	answered := 0
	for _, a := range c.Answers {
		if f.Target.Endpoint(a.Endpoint).Ready {
			answered += a.Count
		}
	}
	return c.OK == c.Sent && answered == c.OK && !f.Changes.Written
}

// usable returns the names of the endpoints that may answer a cell, or nothing where
// that is not known for certain.
func (f Facts) usable(c verdict.Cell) []string {
	return namesOf(f.Routes[c.Route].Choices(f.Target, f.From[c.Vantage].Node))
}

func namesOf(endpoints []target.Endpoint) []string {
	var all []string
	for _, e := range endpoints {
		all = append(all, e.Name)
	}
	return all
}

// evenly returns the endpoints with the same share for each.
func (f Facts) evenly(c verdict.Cell, usable []string) []part {
	counts := map[string]int{}
	for _, a := range c.Answers {
		counts[f.Target.Endpoint(a.Endpoint).Name] += a.Count
	}
	var all []part
	for _, name := range usable {
		all = append(all, part{name, spread.Part{Count: counts[name], Total: c.OK, Share: 1 / float64(len(usable))}, c})
	}
	return all
}

// divided says how the answers of a cell divide.
func (f Facts) divided(c verdict.Cell) []Evidence {
	var parts []string
	for _, a := range c.Answers {
		parts = append(parts, fmt.Sprintf("%s x%d", f.Target.Endpoint(a.Endpoint).Name, a.Count))
	}
	return []Evidence{traffic(fmt.Sprintf("%s from %s: answered by %s", f.Routes[c.Route].Address, f.Vantages[c.Vantage], strings.Join(parts, ", ")))}
}

// rarely says how probable something is by chance.
func rarely(byChance float64) string {
	return "if each request goes to any of them as likely as it should, that happens by chance in " + often(byChance)
}

func often(byChance float64) string {
	if byChance > 1e-6 {
		return fmt.Sprintf("one of %.0f runs", 1/byChance)
	}
	return "fewer than one of a million runs"
}

// describing returns the command that describes what a way leads through.
func describing(object string) string {
	kind, name, _ := strings.Cut(object, " ")
	namespace, name, _ := strings.Cut(name, "/")
	return fmt.Sprintf("kubectl -n %s describe %s %s", namespace, kind, name)
}

// answeredBy returns the endpoint that gave the first answer of a cell, with its share,
// where it is one of several that may answer.
func (f Facts) answeredBy(c verdict.Cell) []part {
	names := f.usable(c)
	if len(names) < 2 || len(c.Answers) == 0 {
		return nil
	}
	first := f.Target.Endpoint(c.Answers[0].Endpoint).Name
	if !slices.Contains(names, first) {
		return nil
	}
	return []part{{first, spread.Part{Count: c.Answers[0].Count, Total: c.OK, Share: 1 / float64(len(names))}, c}}
}
