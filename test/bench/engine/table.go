//go:build linux

package main

import (
	"fmt"
	"io"
	"slices"
)

// table collects the rounds of each generator.
type table struct {
	order []generator
	speed map[string][]float64
	cpu   map[string][]float64 // microseconds
}

func newTable(order []generator) *table {
	return &table{order: order, speed: map[string][]float64{}, cpu: map[string][]float64{}}
}

func (t *table) add(name string, r result) {
	t.speed[name] = append(t.speed[name], r.perSecond)
	t.cpu[name] = append(t.cpu[name], float64(r.cpu.Nanoseconds())/1000)
}

// print writes the medians, and how many times as fast as each of the others
// the first generator was: the median of the ratios within the rounds, since
// rounds differ.
func (t *table) print(out io.Writer) {
	first := t.speed[t.order[0].name]
	fmt.Fprintf(out, "%-8s %12s %12s %12s %14s %14s\n", "", "REQUESTS/s", "LEAST", "MOST", "CPU/REQUEST", t.order[0].name+" / THIS")
	for _, g := range t.order {
		speed := t.speed[g.name]
		ratios := make([]float64, len(speed))
		for i := range speed {
			ratios[i] = first[i] / speed[i]
		}
		fmt.Fprintf(out, "%-8s %12.0f %12.0f %12.0f %11.1f µs %14.2f\n",
			g.name, median(speed), slices.Min(speed), slices.Max(speed), median(t.cpu[g.name]), median(ratios))
	}
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	if len(sorted) == 0 {
		return 0
	}
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}
