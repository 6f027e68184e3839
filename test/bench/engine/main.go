//go:build linux

package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
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
	only        string
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
	flag.StringVar(&o.only, "only", "", "measure one thing only: speed, honesty or memory")
	flag.Parse()
	load, _ := os.ReadFile("/proc/loadavg")
	fmt.Printf("load before: %s", load)
	fail(measure(o))
}

// measure makes the measurements that were asked for.
func measure(o options) error {
	var problems []error
	for _, m := range []struct {
		name string
		make func(options) error
	}{{"speed", compareSpeed}, {"honesty", measureHonesty}, {"memory", measureMemory}} {
		if o.only == "" || o.only == m.name {
			problems = append(problems, m.make(o))
		}
	}
	return errors.Join(problems...)
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

// measureHonesty prints how far first-byte times are from what the server
// itself has measured: those of the probe, and those of the barest client.
func measureHonesty(o options) error {
	plan := tracePlan("", 3000)
	fmt.Printf("\nHonesty: %d requests at %v/s, %d in flight; the server waits %v\n", plan.Routes[0].Requests, plan.Rate, plan.Concurrency, wait)
	fmt.Printf("%-8s %12s %12s %12s %12s %12s\n", "", "SERVER P50", "REPORTED", "OFF BY", "OFF BY, P99", "OFF BY, MAX")
	for _, client := range []struct {
		name string
		ask  func(wire.Plan) (wire.Latency, error)
	}{
		{"floor", floor},
		{"probe", func(plan wire.Plan) (wire.Latency, error) {
			r, err := runProbe(o, plan)
			return r.firstByte, err
		}},
	} {
		server, err := startServer(o, "delay")
		if err != nil {
			return err
		}
		plan.Routes[0].Address = server.address
		seen, err := client.ask(plan)
		own, stopErr := server.durations()
		if err := errors.Join(err, stopErr); err != nil {
			return err
		}
		off := func(q float64) time.Duration { return seen.Quantile(q) - own.Quantile(q) }
		fmt.Printf("%-8s %12v %12v %12v %12v %12v\n", client.name, own.Quantile(0.5), seen.Quantile(0.5), off(0.5), off(0.99), off(1))
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
