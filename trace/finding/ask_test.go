package finding

import (
	"math/rand/v2"
	"slices"

	"github.com/kubectl-nettrace/kubectl-nettrace/trace/route"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/target"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/vantage"
	"github.com/kubectl-nettrace/kubectl-nettrace/trace/verdict"
)

// asked is a cell to ask for, with the balancer that it is asked through.
type asked struct {
	cell   *verdict.Cell
	choose chooser
	// among are those whom the balancer chooses from: each an endpoint, or the endpoints
	// of a backend.
	among  [][]int
	counts []int
}

// turn is a request to come.
type turn struct {
	at float64
	of int
}

// ask sends so many requests on each way, as the probes do, and counts who answers.
// Ways with the same name lead to the same balancer, and a backend hands requests to
// any of its pods.
func ask(draw *rand.Rand, all []Facts, requests int, balancer func() chooser, named func(route.Route, vantage.Vantage) string) {
	known := map[string]chooser{}
	var ways []asked
	for _, f := range all {
		for i := range f.Cells {
			r, from := f.Routes[f.Cells[i].Route], f.From[f.Cells[i].Vantage]
			name := named(r, from)
			if known[name] == nil {
				known[name] = balancer()
			}
			ways = append(ways, asked{&f.Cells[i], known[name], among(r, f.Target, from), make([]int, f.Target.Known())})
		}
	}
	for _, turn := range turns(draw, ways, requests) {
		w := ways[turn.of]
		pods := w.among[w.choose()]
		w.counts[pods[draw.IntN(len(pods))]]++
	}
	for _, w := range ways {
		w.cell.Sent, w.cell.OK, w.cell.Answers = requests, requests, w.cell.Answers[:0]
		for endpoint, n := range w.counts {
			if n > 0 {
				w.cell.Answers = append(w.cell.Answers, verdict.Answer{Endpoint: endpoint, Count: n})
			}
		}
	}
}

// among returns whom a balancer on the way chooses from.
func among(r route.Route, t *target.Target, from vantage.Vantage) [][]int {
	var all [][]int
	if len(r.Backends) > 1 {
		for _, b := range r.Backends {
			all = append(all, b.Endpoints)
		}
		return all
	}
	for _, e := range r.Choices(t, from.Node) {
		all = append(all, []int{slices.IndexFunc(t.Endpoints, func(other target.Endpoint) bool { return other.Name == e.Name })})
	}
	return all
}

// turns draws the order in which the ways are asked, as the probe's schedule does. Each place asks eight times on each
// of its ways before it asks more, in an order of its own; it begins sooner or later
// than the others, and is as fast or somewhat slower.
func turns(draw *rand.Rand, ways []asked, requests int) []turn {
	const deal = 8
	places := map[int][]int{}
	for i, w := range ways {
		places[w.cell.Vantage] = append(places[w.cell.Vantage], i)
	}
	var all []turn
	for place := range len(places) {
		at, pace := draw.Float64(), 1+draw.Float64()*float64(draw.IntN(2))/10
		for done := 0; done < requests; done += deal {
			var deck []int
			for range min(deal, requests-done) {
				deck = append(deck, places[place]...)
			}
			draw.Shuffle(len(deck), func(i, j int) { deck[i], deck[j] = deck[j], deck[i] })
			for _, of := range deck {
				all = append(all, turn{at, of})
				at += pace / float64(len(places[place]))
			}
		}
	}
	slices.SortStableFunc(all, func(a, b turn) int {
		if a.at < b.at {
			return -1
		}
		return 1
	})
	return all
}

// perRule, perPath and perAddress are what ways lead to the same balancer.
func perRule(r route.Route, _ vantage.Vantage) string    { return r.Object }
func perPath(r route.Route, _ vantage.Vantage) string    { return r.Object + r.Path }
func perAddress(r route.Route, _ vantage.Vantage) string { return r.Object + r.Path + r.Address }
