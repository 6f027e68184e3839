package finding

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// chooser chooses which of a rule's backends gets the next request.
type chooser func() int

// byChance gives each request to any of them as their weights say, whatever came
// before, as Envoy does.
func byChance(draw *rand.Rand, weights []int32) chooser {
	all := sumOf(weights)
	return func() int {
		at := draw.IntN(all)
		for i, w := range weights {
			if at -= int(w); at < 0 {
				return i
			}
		}
		return -1 // nobody has a weight
	}
}

// smoothly gives them their turns as nginx and HAProxy do, from anywhere in a round on:
// each gains its weight with each request, and the one that has most gets it, and pays
// for all.
func smoothly(draw *rand.Rand, weights []int32) chooser {
	all, has := sumOf(weights), make([]int, len(weights))
	return begun(draw, all, func() int {
		most := 0
		for i, w := range weights {
			has[i] += int(w)
			if has[i] > has[most] {
				most = i
			}
		}
		has[most] -= all
		return most
	})
}

// amidOthers is smoothly where one of ten requests is somebody else's.
func amidOthers(draw *rand.Rand, weights []int32) chooser {
	next := smoothly(draw, weights)
	return func() int {
		if draw.IntN(10) == 0 {
			next()
		}
		return next()
	}
}

// byDeadline gives them their turns as Traefik does, from anywhere in a round on: the one
// with the earliest deadline is next, and its next deadline is the later the less it
// weighs.
func byDeadline(draw *rand.Rand, weights []int32) chooser {
	deadlines := make([]float64, len(weights))
	for i, w := range weights {
		deadlines[i] = 1 / float64(w)
	}
	return begun(draw, sumOf(weights), func() int {
		next := slices.Index(deadlines, slices.Min(deadlines))
		deadlines[next] += 1 / float64(weights[next])
		return next
	})
}

// begun is the chooser at any place of its round.
func begun(draw *rand.Rand, round int, c chooser) chooser {
	for range draw.IntN(round) {
		c()
	}
	return c
}

func sumOf(weights []int32) int {
	sum := 0
	for _, w := range weights {
		sum += int(w)
	}
	return sum
}

// TestChoosers has each choose for two rounds: in any round each gets just what it
// weighs, in the order of nginx's and Traefik's own, from anywhere on.
func TestChoosers(t *testing.T) {
	for name, test := range map[string]struct {
		balancer func(*rand.Rand, []int32) chooser
		weights  []int32
		want     string
	}{
		"nginx":                {smoothly, []int32{5, 1, 1}, "0010200"},
		"nginx, alike":         {smoothly, []int32{1, 1}, "01"},
		"Traefik":              {byDeadline, []int32{4, 1}, "00001"},
		"Traefik, of three":    {byDeadline, []int32{2, 1, 2}, "02012"},
		"by chance, one alone": {byChance, []int32{0, 3}, "111"},
	} {
		for seed := range uint64(20) {
			choose := test.balancer(rand.New(rand.NewPCG(1, seed)), test.weights)
			got := ""
			for range len(test.want) {
				got += fmt.Sprint(choose())
			}
			if !strings.Contains(test.want+test.want, got) {
				t.Errorf("%s: chosen are %s, want %s over and over", name, got, test.want)
			}
		}
	}
}
