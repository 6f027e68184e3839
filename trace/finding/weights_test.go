package finding

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/vantage"
)

// notWeighted reports whether a cell is said to divide otherwise than weighted.
func notWeighted(f Facts) bool {
	for _, s := range Spreads(f) {
		if s.Word == NotWeighted {
			return true
		}
	}
	return false
}

// TestWeightsHonoured simulates runs over proxies that do as the weights say, and counts
// those in which somebody is accused: no more than are promised, by a margin of
// three standard deviations.
func TestWeightsHonoured(t *testing.T) {
	kinds := map[string]struct {
		balancer func(draw *rand.Rand, weights []int32) chooser
		named    func(route.Route, vantage.Vantage) string
	}{
		"by chance":                     {byChance, perRule},
		"smooth, for each rule":         {smoothly, perRule},
		"smooth, amid others":           {amidOthers, perRule},
		"by deadline, for each path":    {byDeadline, perPath},
		"by deadline, for each address": {byDeadline, perAddress},
	}
	for size, test := range map[string]struct {
		weighed
		requests, runs int
	}{
		"1:1":                 {weighed{[]int32{1, 1}, 1, 1, 1, 2, 2, 1}, 20, 1000},
		"1:2":                 {weighed{[]int32{1, 2}, 3, 1, 2, 2, 1, 1}, 20, 1000},
		"90:10":               {weighed{[]int32{90, 10}, 3, 1, 1, 2, 2, 1}, 20, 20_000},
		"90:10 in ten rules":  {weighed{[]int32{90, 10}, 1, 10, 1, 1, 1, 1}, 40, 20_000},
		"99:1":                {weighed{[]int32{99, 1}, 50, 1, 1, 2, 2, 1}, 20, 1000},
		"99:1, 1000 requests": {weighed{[]int32{99, 1}, 2, 1, 1, 1, 1, 1}, 1000, 400},
		"1:1:1:7":             {weighed{[]int32{1, 1, 1, 7}, 10, 1, 1, 2, 2, 1}, 20, 1000},
		"1:1 with 8 paths":    {weighed{[]int32{1, 1}, 1, 1, 8, 1, 1, 1}, 20, 500},
		"1:1 of two targets":  {weighed{[]int32{1, 1}, 1, 1, 1, 1, 1, 2}, 20, 500},
		"90:10 in 100 cells":  {weighed{[]int32{90, 10}, 2, 5, 2, 2, 5, 1}, 20, 200},
	} {
		all := test.facts(t)
		for kind, k := range kinds {
			draw := rand.New(rand.NewPCG(11, 12))
			runs := test.runs
			if kind != "by chance" {
				runs = max(100, runs/20) // each is much like the others
			}
			if testing.Short() {
				runs = max(20, runs/20)
			}
			const few = 20
			alarms, sticky, words := 0, 0, 0
			for run := range runs {
				ask(draw, all, test.requests, func() chooser { return k.balancer(draw, test.weights) }, k.named)
				if slices.ContainsFunc(all, func(f Facts) bool { return len(weightsNotHonoured(f)) > 0 }) {
					alarms++
				}
				if slices.ContainsFunc(all, func(f Facts) bool { return len(stickyWithoutAffinity(f)) > 0 }) {
					sticky++
				}
				if run < few && slices.ContainsFunc(all, notWeighted) { // what could have been seen takes long to compute
					words++
				}
			}
			t.Logf("%s, %s: %d of %d runs raise an alarm, %d another", size, kind, alarms, runs, sticky)
			promised := float64(runs) * chance // for each rule
			if most := promised + 3*math.Sqrt(promised) + 1; float64(max(alarms, sticky)) > most || words > 0 {
				t.Errorf("%s, %s: of %d runs, %d raise an alarm, and %d another, want at most %.0f; of %d, %d call a cell uneven", size, kind, runs, alarms, sticky, most, few, words)
			}
		}
	}
}

// TestWeightsIgnored simulates runs over proxies that divide requests otherwise than the
// weights say, and demands that this is found in 99 of 100.
func TestWeightsIgnored(t *testing.T) {
	for name, test := range map[string]struct {
		weights, truth []int32
		within         int
	}{
		"90:10, and is alike":       {[]int32{90, 10}, []int32{1, 1}, 60},
		"90:10, and one is silent":  {[]int32{90, 10}, []int32{1, 0}, 100},
		"90:10, and is the reverse": {[]int32{90, 10}, []int32{10, 90}, 20},
		"90:10, and is 80:20":       {[]int32{90, 10}, []int32{80, 20}, 520},
		"99:1, and one is silent":   {[]int32{99, 1}, []int32{1, 0}, 1060},
		"99:1, and is alike":        {[]int32{99, 1}, []int32{1, 1}, 20},
		"1:2, and is alike":         {[]int32{1, 2}, []int32{1, 1}, 400},
		"1:1:1:7, and is alike":     {[]int32{1, 1, 1, 7}, []int32{1, 1, 1, 1}, 60},
	} {
		all := weighed{test.weights, 3, 1, 1, 2, 2, 1}.facts(t)
		draw := rand.New(rand.NewPCG(13, 14))
		runs := 1000
		if testing.Short() {
			runs = 100
		}
		for each := max(5, test.within/8); ; each += max(1, each/10) {
			found := 0
			for range runs {
				ask(draw, all, each, func() chooser { return byChance(draw, test.truth) }, perRule)
				if len(weightsNotHonoured(all[0])) > 0 {
					found++
				}
			}
			total := each * len(all[0].Cells)
			if total > test.within {
				t.Errorf("%s: found in %.1f %% of runs with %d requests, want 99 with %d", name, 100*float64(found)/float64(runs), total, test.within)
				break
			}
			if found >= runs*99/100 {
				t.Logf("%s: found in %.1f %% of runs with %d requests", name, 100*float64(found)/float64(runs), total)
				break
			}
		}
	}
}
