package spread

// Chance is how often a rule that rests on shares may raise an alarm by chance: four
// rules have as much of one run in a thousand each.
const Chance = 0.001 / 4

// Bound returns what counts as improbable where so many comparisons are made, so that
// all of them together raise an alarm no more often than that (Bonferroni).
func Bound(comparisons int) float64 { return Chance / float64(max(1, comparisons)) }

// Look is at the answers to the first requests: where one of those who should get equal
// shares gave fewer than Low or more than High of them, More requests are sent. Then
// all answers together are judged at the bound, as if so many had been planned.
//
// That is honest without any correction. The first look calls far more odd (one part in
// a hundred, by chance) than the bound ever does, so nobody is accused whose share was
// not looked at twice; and of these, with all requests, no more are below the bound by
// chance than if everybody had been asked so often. To judge the added requests alone,
// at a bound that is a hundred times as wide, needs more of them for the same power.
type Look struct{ Low, High, More int }

// oddness is how improbable a share must be to be looked at twice.
const oddness = 0.01

// LookTwice returns when to look twice at the answers to so many requests, each of
// which goes to each of so many alike, and how many to add then: two thirds as many again,
// or as many as show at the bound that one gets nothing. None are added where the first look
// is at so few that it could not find that one odd: others would be, too often.
func LookTwice(requests, among int, bound float64) Look {
	share := 1 / float64(among)
	l := Look{Low: improbable(requests, share, oddness) + 1, High: requests - improbable(requests, 1-share, oddness) - 1}
	if requests >= Worth(among) {
		l.More = max(requests*5/3, Silent(share, bound)) - requests
	}
	return l
}

// Worth returns how many requests a look must be at to find it odd that one of so many
// gets nothing.
func Worth(among int) int { return Silent(1/float64(among), oddness) }

// VisibleTwice is [Visible] where a look at the first requests decides whether so many
// are sent in total: one with that part of its share, or less, is both found odd at
// first and improbable at last.
func VisibleTwice(first, total int, share, bound float64) float64 {
	const each = 1 - (1-power)/2
	return min(visible(first, share, oddness, each), visible(total, share, bound, each))
}
