package finding

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestBinomial compares with values that were computed in exact fractions.
func TestBinomial(t *testing.T) {
	for _, test := range []struct {
		k, n int
		p    float64
		want float64
	}{
		{0, 10, 0.5, math.Pow(0.5, 10)}, {5, 10, 0.5, 0.623046875}, {10, 10, 0.5, 1}, {3, 20, 1.0 / 3, 0.06044646062416521},
		{0, 5, 0, 1}, {4, 5, 1, 0}, {5, 5, 1, 1}, {900, 2000, 0.5, 4.228544767751963e-06},
	} {
		if got := binomial(test.k, test.n, test.p); math.Abs(got-test.want) > 1e-3*max(test.want, 1e-9) {
			t.Errorf("P(X <= %d) of %d at %g is %g, want %g", test.k, test.n, test.p, got, test.want)
		}
	}
}

// TestChance simulates a healthy cluster: of 8,000 runs in which each request goes to
// any endpoint as likely as to the others, no more than the bound promises may look
// improbable, by a margin of three standard deviations.
func TestChance(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, endpoints := range []int{2, 3, 10} {
		alarms := 0
		const runs, cells, requests = 8_000, 8, 20
		for range runs {
			var parts []part
			for range cells {
				counts := make([]int, endpoints)
				for range requests {
					counts[random.IntN(endpoints)]++
				}
				for _, n := range counts {
					parts = append(parts, part{count: n, total: requests, share: 1 / float64(endpoints)})
				}
			}
			if len(Facts{}.improbable(parts)) > 0 {
				alarms++
			}
		}
		if most := runs*chance + 3*math.Sqrt(runs*chance); float64(alarms) > most {
			t.Errorf("%d endpoints: %d alarms in %d runs, want at most %.0f", endpoints, alarms, runs, most)
		}
	}
	// And what is uneven must be seen: one of three gets half its share of 400.
	half := []part{{count: 67, total: 400, share: 1.0 / 3}, {count: 166, total: 400, share: 1.0 / 3}, {count: 167, total: 400, share: 1.0 / 3}}
	if got := (Facts{}).improbable(half); len(got) == 0 || got[0].count != 67 {
		t.Errorf("an endpoint with half its share is not seen: %v", got)
	}
}
