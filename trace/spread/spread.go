// Package spread judges how answers divide over those who may give them: by exact
// probabilities, without tolerances.
package spread

import "math"

// Part is how often one of several answered.
type Part struct {
	// Count is how many answers it gave, of Total, and Share how probably it should
	// have given each.
	Count, Total int
	Share        float64
}

// ByChance returns how probable it is that the part gets as few or as many answers
// as it did, or something as improbable on the other side: twice the smaller tail of
// the binomial distribution, which is exact and errs on the safe side (Fisher's
// doubling).
func (p Part) ByChance() float64 {
	return min(1, 2*min(binomial(p.Count, p.Total, p.Share), binomial(p.Total-p.Count, p.Total, 1-p.Share)))
}

// binomial returns the probability of at most k successes in n trials.
func binomial(k, n int, p float64) float64 {
	switch {
	case k < 0:
		return 0
	case k >= n || p <= 0:
		return 1
	case p >= 1:
		return 0
	}
	// The logarithm of each term comes from that of the last, since the terms
	// themselves may be too small for a number.
	sum, term, odds := 0.0, float64(n)*math.Log1p(-p), math.Log(p)-math.Log1p(-p)
	for i := range k + 1 {
		sum += math.Exp(term)
		term += math.Log(float64(n-i)/float64(i+1)) + odds
	}
	return min(1, sum)
}

// power is how surely something counts as visible.
const power = 0.99

// Visible returns what a test of so many answers at the bound can see: the largest
// part of its share, between 0 and 1, down to which one that should give a share of
// the answers is found improbable in at least 99 of 100 runs. It is negative where not
// even one that gives none is.
func Visible(total int, share, bound float64) float64 {
	return visible(total, share, bound, power)
}

// visible is [Visible] with another probability to be found.
func visible(total int, share, bound, power float64) float64 {
	most := improbable(total, share, bound)
	if most < 0 {
		return -1
	}
	low, high := 0.0, 1.0
	for range 30 {
		middle := (low + high) / 2
		if binomial(most, total, share*middle) >= power {
			low = middle
		} else {
			high = middle
		}
	}
	return low
}

// improbable returns the most answers that are too few to be chance, or -1.
func improbable(total int, share, bound float64) int {
	low, high := -1, int(share*float64(total)) // the probability grows with the count
	for low < high {
		middle := (low + high + 1) / 2
		if 2*binomial(middle, total, share) < bound {
			low = middle
		} else {
			high = middle - 1
		}
	}
	return low
}

// Silent returns how many answers show at the bound that one which should give a share
// of them, between 0 and 1, gives none.
func Silent(share, bound float64) int {
	return int(math.Ceil(math.Log(bound/2) / math.Log1p(-share)))
}
