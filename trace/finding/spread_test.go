package finding

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/spread"
)

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
					parts = append(parts, part{Part: spread.Part{Count: n, Total: requests, Share: 1 / float64(endpoints)}})
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
	half := []part{{Part: spread.Part{Count: 67, Total: 400, Share: 1.0 / 3}}, {Part: spread.Part{Count: 166, Total: 400, Share: 1.0 / 3}}, {Part: spread.Part{Count: 167, Total: 400, Share: 1.0 / 3}}}
	if got := (Facts{}).improbable(half); len(got) == 0 || got[0].Count != 67 {
		t.Errorf("an endpoint with half its share is not seen: %v", got)
	}
}
