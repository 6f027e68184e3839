package agent

import (
	"cmp"
	"slices"
	"strings"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// group is what is known about the endpoints behind a group of routes, and how
// their answers name them.
//
// It learns from answers of endpoints that were asked directly. A place
// qualifies when in all these answers it names the endpoint that was asked and
// no other. The best of them becomes the locator, and answers on other routes
// are then read there. Direct answers keep coming; one that contradicts
// withdraws the locator.
type group struct {
	// asked are the endpoints that were asked directly; true once one answered.
	asked map[int]bool
	// candidates qualify so far; nil before the first answer. The value is set
	// when the names seen there could be ordinary words.
	candidates map[place]bool
	// taught are the endpoints that were learned from.
	taught map[int]bool
	// aged is set when direct answers had an Age header.
	aged bool
	fingerprints
	// locator is nil while nothing is learned, or when nothing qualifies.
	locator *locator
}

func newGroup(comparable bool) *group {
	return &group{asked: map[int]bool{}, fingerprints: fingerprints{comparable: comparable, members: map[int]int{}, agreed: map[int]int{}, proved: map[int]bool{}}}
}

// locator is the place at which the endpoints of a group name themselves.
type locator struct {
	place
	endpoints int
	// values are the endpoints by what each gives there, where that is no name.
	values    map[string]int
	withdrawn bool
	// given is set when another probe has learned it.
	given bool
}

// learn takes into account what was found in a direct answer of an endpoint.
// When the request itself had carried the endpoint's name (in its path, say),
// finding it proves nothing and was not tried; then only names of others count.
func (g *group) learn(endpoint int, found map[place]sighting, carried bool) {
	switch {
	case carried:
	case g.candidates == nil:
		g.candidates, g.taught = map[place]bool{}, map[int]bool{endpoint: true}
		for p, s := range found {
			g.candidates[p] = s.plain
		}
	default:
		g.taught[endpoint] = true
	}
	for p := range g.candidates {
		s := found[p]
		if carried && s.endpoint == 0 {
			continue
		}
		if s.endpoint != endpoint || s.many {
			delete(g.candidates, p)
			continue
		}
		g.candidates[p] = g.candidates[p] || s.plain
	}
}

// choose makes the best candidate the locator: the place that the user chose, if it
// tells endpoints apart; else one that names them; else a fingerprint. One by which
// every endpoint of the group can be named comes before one by which some cannot,
// even if these did not answer; then headers in sorted order come before the body.
func (g *group) choose(x *index) {
	if g.locator != nil {
		return // given by another probe
	}
	if g.locator = g.chosenPlace(); g.locator == nil {
		g.locator = g.namingPlace(x)
	}
	if g.locator == nil {
		g.locator = g.fingerprint()
	}
}

// namingPlace returns the best place that names endpoints, or nil.
func (g *group) namingPlace(x *index) *locator {
	var best []place
	for p, plain := range g.candidates {
		// Where just one endpoint taught, nothing shows that the text would
		// be another if another endpoint had given it.
		if !plain || len(g.taught) > 1 {
			best = append(best, p)
		}
	}
	if len(best) == 0 {
		return nil
	}
	p := slices.MinFunc(best, func(a, b place) int {
		return cmp.Or(-boolCompare(g.coversAll(x, a.kind), g.coversAll(x, b.kind)), comparePlaces(a, b))
	})
	return &locator{place: p, endpoints: len(g.taught)}
}

// verify compares a direct answer with the locator. One that names nobody is
// no contradiction: an error page need not say whose it is.
func (g *group) verify(endpoint int, s sighting) {
	if s.endpoint != 0 && (s.many || s.endpoint != endpoint) {
		g.locator.withdrawn = true
	}
}

// attribute returns the endpoint that gave an answer on a route that leads to
// several, or zero when that is not known. An answer with an age comes from a
// cache: the endpoint that it names made it once, for someone else.
func (g *group) attribute(found findings) (endpoint int, by wire.Rung) {
	s := found.sighting
	switch {
	case found.aged && !g.aged:
	case g.locator != nil && g.locator.byTrait():
		endpoint, by = g.locator.values[found.trait], wire.RungFingerprint
	case s.many, s.plain && !g.asked[s.endpoint]:
	default:
		endpoint, by = s.endpoint, wire.RungAnswer
	}
	if endpoint == 0 {
		by = wire.RungNone
	}
	return endpoint, by
}

func (g *group) answered() int {
	count := 0
	for _, answered := range g.asked {
		if answered {
			count++
		}
	}
	return count
}

// deadShare returns which share of the endpoints that were asked directly did
// not answer; zero when none was asked.
func (g *group) deadShare() float64 {
	if len(g.asked) == 0 {
		return 0
	}
	return 1 - float64(g.answered())/float64(len(g.asked))
}

func (g *group) coversAll(x *index, kind wire.IdentityKind) bool {
	for endpoint := range g.asked {
		if !slices.Contains(x.usable[endpoint], kind) {
			return false
		}
	}
	return true
}

// comparePlaces orders headers by name before the body, and within each the
// kinds of identity from the clearest to the least clear.
func comparePlaces(a, b place) int {
	rank := func(p place) int {
		return slices.Index([]wire.IdentityKind{wire.IdentityName, wire.IdentityHostname, wire.IdentityUID, wire.IdentityIP}, p.kind)
	}
	return cmp.Or(boolCompare(a.header == "", b.header == ""), strings.Compare(a.header, b.header), cmp.Compare(rank(a), rank(b)))
}

// boolCompare orders false before true.
func boolCompare(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}
