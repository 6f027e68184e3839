package spread

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
		{0, 10, 0.5, math.Pow(0.5, 10)}, {5, 10, 0.5, 0.623046875}, {10, 10, 0.5, 1}, {3, 20, 1.0 / 3, 0.06044646062416521}, {-1, 10, 0.5, 0},
		{0, 5, 0, 1}, {4, 5, 1, 0}, {5, 5, 1, 1}, {900, 2000, 0.5, 4.228544767751963e-06},
	} {
		if got := binomial(test.k, test.n, test.p); math.Abs(got-test.want) > 1e-3*max(test.want, 1e-9) {
			t.Errorf("P(X <= %d) of %d at %g is %g, want %g", test.k, test.n, test.p, got, test.want)
		}
	}
}

// TestVisible checks by simulation that what is said to be visible is seen in 99 of
// 100 runs, and a share that is clearly larger is not.
func TestVisible(t *testing.T) {
	draw := rand.New(rand.NewPCG(1, 2))
	for _, test := range []struct {
		total     int
		endpoints int
		bound     float64
	}{{20, 2, 1e-4}, {200, 3, 1e-4}, {1500, 10, 1e-5}} {
		share := 1 / float64(test.endpoints)
		visible := Visible(test.total, share, test.bound)
		seen := func(part float64) float64 {
			const runs = 1000
			found := 0
			for range runs {
				count := 0
				for range test.total {
					if draw.Float64() < share*part {
						count++
					}
				}
				if (Part{count, test.total, share}).ByChance() < test.bound {
					found++
				}
			}
			return float64(found) / runs
		}
		if got := seen(visible); got < 0.98 {
			t.Errorf("%+v: %.2f of the share is seen in %.3f of runs", test, visible, got)
		}
		if got := seen(visible + 0.15); got > 0.99 {
			t.Errorf("%+v: %.2f of the share is seen in %.3f of runs, so that more than %.2f is visible", test, visible+0.15, got, visible)
		}
	}
	if got := Visible(20, 0.1, 1e-4); got >= 0 {
		t.Errorf("of 20 answers over 10 endpoints: visible %.2f, want nothing", got)
	}
}

func TestSilent(t *testing.T) {
	for _, share := range []float64{0.5, 1.0 / 3, 0.1, 0.001} {
		n := Silent(share, 1e-4)
		if (Part{0, n, share}).ByChance() >= 1e-4 || (Part{0, n - 1, share}).ByChance() < 1e-4 {
			t.Errorf("a silent one with a share of %g shows from %d answers on", share, n)
		}
		if Visible(n, share, 1e-4) < 0 || Visible(n-1, share, 1e-4) >= 0 {
			t.Errorf("a silent one with a share of %g is not visible from %d answers on", share, n)
		}
	}
}
