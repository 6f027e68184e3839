package spread

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestInTurn(t *testing.T) {
	for name, test := range map[string]struct {
		sequence []int
		among    int
		want     float64
	}{
		"in turn":             {[]int{1, 2, 3, 1, 2, 3, 1, 2}, 3, math.Pow(1.0/3, 5)},
		"two change places":   {[]int{1, 2, 3, 2, 1, 3}, 3, 1 - math.Pow(2.0/3, 3)},
		"never":               {[]int{1, 2, 2, 1}, 2, 1},
		"too few":             {[]int{1, 2, 3}, 3, 1},
		"only one may answer": {[]int{1, 1}, 1, 1},
	} {
		if got := InTurn(test.sequence, test.among); math.Abs(got-test.want) > 1e-9 {
			t.Errorf("%s: %g by chance, want %g", name, got, test.want)
		}
	}
}

// TestInTurnByChance simulates random balancers: no more sequences may look like turns
// than the bound says, by three standard deviations.
func TestInTurnByChance(t *testing.T) {
	draw := rand.New(rand.NewPCG(7, 8))
	const runs, bound = 20_000, 0.01
	for _, among := range []int{2, 3, 10} {
		seen := 0
		for range runs {
			sequence := make([]int, 40)
			for i := range sequence {
				sequence[i] = draw.IntN(among)
			}
			if InTurn(sequence, among) < bound {
				seen++
			}
		}
		if most := runs*bound + 3*math.Sqrt(runs*bound); float64(seen) > most {
			t.Errorf("%d endpoints: %d of %d random sequences look like turns", among, seen, runs)
		}
	}
}
