//go:build linux

package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// options are what the command line can change.
type options struct {
	build       string
	wrk         string
	rounds      int
	requests    int
	many        int
	concurrency int
	pin         bool
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "serve" {
		fail(serve())
		return
	}
	if len(os.Args) > 1 && os.Args[1] == "delay" {
		fail(delay())
		return
	}
	var o options
	flag.StringVar(&o.build, "build", ".build", "directory with nettrace-probe and hey")
	flag.StringVar(&o.wrk, "wrk", "wrk", "path of wrk")
	flag.IntVar(&o.rounds, "rounds", 7, "rounds of the comparison")
	flag.IntVar(&o.requests, "requests", 30_000, "requests of each generator in one round")
	flag.IntVar(&o.many, "many", 1_000_000, "requests of the larger plan whose memory is measured; 0: none")
	flag.IntVar(&o.concurrency, "concurrency", 8, "requests in flight")
	flag.BoolVar(&o.pin, "pin", false, "keep the server and the generators on a core each")
	flag.Parse()
	load, _ := os.ReadFile("/proc/loadavg")
	fmt.Printf("load before: %s", load)
	fail(errors.Join(compareSpeed(o), measureHonesty(o), measureMemory(o)))
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "engine:", err)
		os.Exit(1)
	}
}

// compareSpeed lets the generators run in turns and prints their medians.
func compareSpeed(o options) error {
	server, err := startServer(o, "serve")
	if err != nil {
		return err
	}
	defer server.stop()
	generators := []generator{
		{"probe", func() (result, error) { return runProbe(o, speedPlan(o, server.address, o.requests)) }},
		{"hey", func() (result, error) { return runHey(o, server.address) }},
		{"wrk", func() (result, error) { return runWrk(o, server.address) }},
	}
	fmt.Printf("\nSpeed: %d rounds of %d requests (wrk: %v), %d in flight, a connection each\n", o.rounds, o.requests, wrkDuration, o.concurrency)
	table := newTable(generators)
	// One round more, which does not count, to warm up.
	for round := range o.rounds + 1 {
		for i := range generators {
			// Whoever runs first in one round runs last in another.
			g := generators[(i+round)%len(generators)]
			r, err := g.run()
			if err != nil {
				return fmt.Errorf("running %s: %w", g.name, err)
			}
			if round > 0 {
				table.add(g.name, r)
			}
		}
	}
	table.print(os.Stdout)
	return nil
}

// measureHonesty prints the probe's first-byte times beside the server's own.
func measureHonesty(o options) error {
	server, err := startServer(o, "delay")
	if err != nil {
		return err
	}
	plan := tracePlan(server.address, 3000)
	r, err := runProbe(o, plan)
	own, stopErr := server.durations()
	if err := errors.Join(err, stopErr); err != nil {
		return err
	}
	fmt.Printf("\nHonesty: %d requests at %v/s, %d in flight; the server waits %v\n", r.requests, plan.Rate, plan.Concurrency, wait)
	fmt.Printf("%-10s %12s %12s %12s\n", "", "P50", "P99", "MAX")
	for _, q := range []struct {
		name string
		at   func(float64) time.Duration
	}{
		{"server", own.Quantile}, {"reported", r.firstByte.Quantile},
		{"off by", func(q float64) time.Duration { return r.firstByte.Quantile(q) - own.Quantile(q) }},
	} {
		fmt.Printf("%-10s %12v %12v %12v\n", q.name, q.at(0.5), q.at(0.99), q.at(1))
	}
	return nil
}

// measureMemory prints the probe's memory for few and for many requests.
func measureMemory(o options) error {
	server, err := startServer(o, "serve")
	if err != nil {
		return err
	}
	defer server.stop()
	fmt.Printf("\nMemory of the probe\n%10s %12s %12s %12s\n", "REQUESTS", "MAX RSS", "TIME", "OUTPUT")
	for _, requests := range []int{1000, o.many} {
		if requests == 0 {
			continue
		}
		r, err := runProbe(o, speedPlan(o, server.address, requests))
		if err != nil {
			return err
		}
		fmt.Printf("%10d %8.1f MiB %12v %8d KiB\n", r.requests, float64(r.rss)/1024, r.elapsed.Round(time.Millisecond), r.output/1024)
	}
	probe, err := os.Stat(filepath.Join(o.build, "nettrace-probe"))
	if err != nil {
		return err
	}
	fmt.Printf("binary: %.1f MB\n", float64(probe.Size())/1e6)
	return nil
}
