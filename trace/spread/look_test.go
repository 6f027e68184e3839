package spread

import (
	"math"
	"math/rand/v2"
	"testing"
)

// balancer chooses the next of its endpoints.
type balancer func() int

// random gives each its weight's share of the requests, by chance.
func random(draw *rand.Rand, weights []float64) balancer {
	sum := 0.0
	for _, w := range weights {
		sum += w
	}
	return func() int {
		at := draw.Float64() * sum
		for i, w := range weights {
			if at -= w; at < 0 {
				return i
			}
		}
		return len(weights) - 1
	}
}

// inTurn gives each its turn, from a random one on, as others' requests come between.
func inTurn(draw *rand.Rand, endpoints int) balancer {
	next := draw.IntN(endpoints)
	return func() int {
		if draw.IntN(10) == 0 {
			next++
		}
		next++
		return next % endpoints
	}
}

// leastLoaded gives each request to one of those that have the fewest under way of as
// many as looks says, chosen by chance (2: the power of two choices); each is under way
// for a random while.
func leastLoaded(draw *rand.Rand, endpoints, looks int) balancer {
	load := make([]int, endpoints)
	var flying []int
	return func() int {
		if len(flying) >= 8 {
			done := draw.IntN(len(flying))
			load[flying[done]]--
			flying[done] = flying[len(flying)-1]
			flying = flying[:len(flying)-1]
		}
		best := draw.IntN(endpoints)
		for range looks - 1 {
			if other := draw.IntN(endpoints); load[other] < load[best] {
				best = other
			}
		}
		load[best]++
		flying = append(flying, best)
		return best
	}
}

func alike(endpoints int) []float64 {
	weights := make([]float64, endpoints)
	for i := range weights {
		weights[i] = 1
	}
	return weights
}

// judge remembers what it has computed.
type judge struct {
	share, bound float64
	requests     int
	look         Look
	odd          map[[2]int]bool
}

func newJudge(requests, among, comparisons int) *judge {
	j := &judge{share: 1 / float64(among), bound: Bound(comparisons), requests: requests, odd: map[[2]int]bool{}}
	j.look = LookTwice(requests, among, j.bound)
	return j
}

func (j *judge) improbable(count, total int) bool {
	key := [2]int{count, total}
	odd, known := j.odd[key]
	if !known {
		odd = Part{count, total, j.share}.ByChance() < j.bound
		j.odd[key] = odd
	}
	return odd
}

// cell asks as the probe does, and returns whether anybody is accused, and how many
// requests it took.
func (j *judge) cell(endpoints int, choose balancer) (accused bool, total int) {
	counts := make([]int, endpoints)
	ask := func(requests int) {
		for range requests {
			counts[choose()]++
		}
		total += requests
	}
	ask(j.requests)
	for _, n := range counts {
		if n < j.look.Low || n > j.look.High {
			ask(j.look.More)
			break
		}
	}
	for _, n := range counts {
		accused = accused || j.improbable(n, total)
	}
	return accused, total
}

// TestLookTwiceOfHealthy simulates runs over sound balancers and counts those in which
// anybody is accused: no more than one in a thousand, by a margin of three standard
// deviations of that.
func TestLookTwiceOfHealthy(t *testing.T) {
	kinds := map[string]func(draw *rand.Rand, endpoints int) balancer{
		"random":       func(draw *rand.Rand, n int) balancer { return random(draw, alike(n)) },
		"round-robin":  inTurn,
		"least loaded": func(draw *rand.Rand, n int) balancer { return leastLoaded(draw, n, n) },
		"P2C":          func(draw *rand.Rand, n int) balancer { return leastLoaded(draw, n, 2) },
	}
	for _, size := range []struct{ endpoints, cells, requests, runs int }{
		{1, 4, 20, 100}, {2, 4, 20, 8000}, {3, 8, 20, 6000}, {3, 100, 20, 1000}, {10, 10, 51, 2000}, {10, 2, 500, 500}, {50, 10, 20, 1000}, {50, 4, 300, 200}, {200, 100, 20, 40},
	} {
		j := newJudge(size.requests, max(2, size.endpoints), size.endpoints*size.cells)
		for name, make := range kinds {
			if name != "random" && size.endpoints > 10 {
				continue
			}
			draw := rand.New(rand.NewPCG(3, 4)) // each row is the same in every run of the test
			alarms, asked := 0, 0
			for range size.runs {
				alarm := false
				for range size.cells {
					if size.endpoints == 1 {
						continue // nothing divides
					}
					accused, total := j.cell(size.endpoints, make(draw, size.endpoints))
					alarm, asked = alarm || accused, asked+total
				}
				if alarm {
					alarms++
				}
			}
			t.Logf("%d endpoints, %d cells, %s: %d of %d runs raise an alarm; %.1f requests a cell instead of %d", size.endpoints, size.cells, name, alarms, size.runs, float64(asked)/float64(size.runs*size.cells), size.requests)
			promised := float64(size.runs) * Chance
			if float64(alarms) > promised+3*math.Sqrt(promised)+1 {
				t.Errorf("%d endpoints, %d cells, %s: %d of %d runs raise an alarm", size.endpoints, size.cells, name, alarms, size.runs)
			}
		}
	}
}

// TestLookTwiceOfBroken simulates one broken cell of a run and demands that it is found
// in 99 of 100 runs.
func TestLookTwiceOfBroken(t *testing.T) {
	for name, test := range map[string]struct {
		endpoints, cells, requests, most int
		part                             float64
	}{
		"silent of 3, as by default":    {3, 8, 20, 60, 0},
		"silent of 3 in one of 100":     {3, 100, 20, 60, 0},
		"silent of 10, as by default":   {10, 8, Worth(10), 150, 0},
		"silent of 10 in one of 100":    {10, 100, Worth(10), 200, 0},
		"half of 2 within 1,500":        {2, 8, 900, 1500, 0.5},
		"half of 10 within 1,500":       {10, 8, 900, 1500, 0.5},
		"half of 10, nothing is beside": {10, 1, 900, 1500, 0.5},
		"what is said to be visible":    {3, 8, 50, 100, VisibleTwice(50, 83, 1.0/3, Bound(24))},
	} {
		weights := alike(test.endpoints)
		for i := range weights { // what the broken one does not get, the others do
			weights[i] += (1 - test.part) / float64(test.endpoints-1)
		}
		weights[0] = test.part
		j := newJudge(test.requests, test.endpoints, test.endpoints*test.cells)
		draw := rand.New(rand.NewPCG(5, 6))
		const runs = 2000
		found, asked, most := 0, 0, 0
		for range runs {
			accused, total := j.cell(test.endpoints, random(draw, weights))
			asked, most = asked+total, max(most, total)
			if accused {
				found++
			}
		}
		t.Logf("%s: found in %.2f %% of runs, with %.0f requests a cell", name, 100*float64(found)/runs, float64(asked)/runs)
		if found < runs*99/100 || most > test.most {
			t.Errorf("%s: found in %d of %d runs, with up to %d requests; want 99 of 100 with %d", name, found, runs, most, test.most)
		}
	}
}

// A look at too few to find a silent one odd adds nothing, whatever else is odd there.
func TestLookTwiceOfTooFew(t *testing.T) {
	for _, among := range []int{2, 3, 10, 200} {
		worth := Worth(among)
		if l := LookTwice(worth, among, 1e-5); l.Low < 1 || l.More <= 0 {
			t.Errorf("%d answers of %d: %+v, want a silent one to be odd, and more", worth, among, l)
		}
		if l := LookTwice(worth-1, among, 1e-5); l.Low > 0 || l.More != 0 {
			t.Errorf("%d answers of %d: %+v, want nothing more", worth-1, among, l)
		}
	}
}
