package agent

import (
	"maps"
	"slices"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// fingerprints are what a group's direct answers have at places where no endpoint is
// named. One of these places may tell the endpoints apart all the same: where each
// of them gives one text every time, before, between and after all other requests,
// and all give different ones.
type fingerprints struct {
	// comparable is set when the plan says that a difference is one's own.
	comparable bool
	// members are the endpoints that are asked directly, and how often they may be.
	members map[int]int
	// traits are the places that may qualify; nil before the first answer.
	traits map[place]*candidate
	// agreed counts the answers of each endpoint with the same traits, and proved are
	// the endpoints of which the last was such a one.
	agreed map[int]int
	proved map[int]bool
}

// candidate is a place, and the text that each endpoint gave there. It has fallen
// once one gave two.
type candidate struct {
	values map[int]string
	fallen bool
}

// expect notes that a route is in the plan.
func (f *fingerprints) expect(route wire.Route) {
	if teaching(route) {
		f.members[route.Endpoint] += route.Requests + route.More
	}
}

// compare takes into account what a direct answer of an endpoint has.
func (f *fingerprints) compare(endpoint int, traits map[place]string) {
	first := f.traits == nil
	if first {
		f.traits = map[place]*candidate{}
	}
	for p := range traits {
		if f.traits[p] == nil && (first || p.kind == wire.IdentityChosen) {
			f.traits[p] = &candidate{values: map[int]string{}}
		}
	}
	f.agreed[endpoint]++
	for p, c := range f.traits {
		c.note(endpoint, traits[p], p.kind)
	}
}

// note takes the text that an endpoint gave. An error page need not have what the
// user says that answers have.
func (c *candidate) note(endpoint int, trait string, kind wire.IdentityKind) {
	switch was := c.values[endpoint]; {
	case trait == "" && kind == wire.IdentityChosen:
	case trait == "", was != "" && was != trait:
		c.fallen = true
	default:
		c.values[endpoint] = trait
	}
}

// chosenPlace returns the place that the user has chosen if it tells apart those
// endpoints that answered, or nil.
func (f *fingerprints) chosenPlace() *locator {
	for p, c := range f.traits {
		if owners := c.owners(); p.kind == wire.IdentityChosen && len(owners) > 0 {
			return &locator{place: p, endpoints: len(owners), values: owners}
		}
	}
	return nil
}

// fingerprint returns the best place at which all endpoints of the group differ, or
// nil: headers in sorted order come before the body.
func (f *fingerprints) fingerprint() *locator {
	var best []place
	for p, c := range f.traits {
		if p.kind == wire.IdentityFingerprint && len(c.owners()) == len(f.members) {
			best = append(best, p)
		}
	}
	few := func(asked int) bool { return asked < wire.MinAgreed }
	if len(best) == 0 || len(f.members) < 2 || slices.ContainsFunc(slices.Collect(maps.Values(f.members)), few) {
		return nil
	}
	p := slices.MinFunc(best, comparePlaces)
	return &locator{place: p, endpoints: len(f.members), values: f.traits[p].owners()}
}

// owners returns the endpoint of each text, or nil where one gave several or several
// gave the same.
func (c *candidate) owners() map[string]int {
	owners := map[string]int{}
	for endpoint, value := range c.values {
		if c.fallen || owners[value] != 0 {
			return nil
		}
		owners[value] = endpoint
	}
	return owners
}

// byTrait reports whether what stands at the place is no name.
func (l *locator) byTrait() bool {
	return l.kind == wire.IdentityFingerprint || l.kind == wire.IdentityChosen
}

// confirm compares a direct answer with what the endpoint gave before; last is set
// for one after which no other request is sent. One that has nothing there, as an
// error page may, is no contradiction, and confirms nothing.
func (g *group) confirm(endpoint int, trait string, last bool) {
	switch owner := g.locator.values[trait]; {
	case trait == "":
	case owner == endpoint:
		g.agreed[endpoint]++
		g.proved[endpoint] = g.proved[endpoint] || last
	case owner == 0 && g.locator.kind == wire.IdentityChosen && !slices.Contains(slices.Collect(maps.Values(g.locator.values)), endpoint):
		// It did not answer when there was to be learned.
	default:
		g.locator.withdrawn = true
	}
}

// stranger reports whether an answer has another fingerprint than those of the
// endpoints: there is somebody on that way of whom nothing is known.
func (g *group) stranger(found findings) bool {
	return g.locator != nil && g.locator.kind == wire.IdentityFingerprint && found.trait != "" && g.locator.values[found.trait] == 0
}

// holds reports whether the place still tells endpoints apart, at the end.
func (g *group) holds() bool {
	if g.locator.withdrawn || g.locator.kind == wire.IdentityChosen {
		return !g.locator.withdrawn
	}
	for endpoint := range g.members {
		if !g.proved[endpoint] || g.agreed[endpoint] < wire.MinAgreed {
			return false
		}
	}
	return true
}
