//go:build linux

package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"time"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
)

// wrkDuration is how long wrk runs in a round: it counts time, not requests.
const wrkDuration = 3 * time.Second

// The cores that -pin gives to each side.
const (
	serverCore    = "0"
	generatorCore = "1"
)

// generator is one of the programs to compare.
type generator struct {
	name string
	run  func() (result, error)
}

// result is what a generator did in one round.
type result struct {
	requests  int
	perSecond float64
	// cpu is the processor time of the generator alone, for each request.
	cpu       time.Duration
	rss       int // KiB
	elapsed   time.Duration
	output    int
	firstByte wire.Latency
}

// speedPlan asks the server as fast as possible, and recognises it.
func speedPlan(o options, address string, requests int) wire.Plan {
	plan := tracePlan(address, requests-3)
	plan.Rate, plan.Concurrency, plan.Deadline = 1e9, o.concurrency, time.Hour
	plan.Endpoints = []wire.Endpoint{{ID: 1, Identities: []wire.Identity{{Kind: wire.IdentityName, Value: name}}}}
	plan.Routes = append(plan.Routes, wire.Route{ID: 2, Protocol: wire.HTTP, Address: address, Path: "/", Requests: 3, Endpoint: 1})
	return plan
}

// tracePlan asks the server as a trace does by default.
func tracePlan(address string, requests int) wire.Plan {
	return wire.Plan{
		Version: wire.Version, Run: "be0c", Vantage: 1, UserAgent: "kubectl-nettrace/bench",
		Rate: 200, Concurrency: 8, Timeout: 5 * time.Second, Deadline: time.Hour,
		Routes: []wire.Route{{ID: 1, Protocol: wire.HTTP, Address: address, Path: "/", Requests: requests}},
	}
}

// runProbe carries out a plan with the probe's binary. Every answer must be
// good and, if there are endpoints, attributed; else speed means nothing.
func runProbe(o options, plan wire.Plan) (result, error) {
	text, err := wire.Encode(plan)
	if err != nil {
		return result{}, err
	}
	probe := command(o, generatorCore, filepath.Join(o.build, "nettrace-probe"))
	probe.Env = append(os.Environ(), "NETTRACE_PLAN="+text)
	var out bytes.Buffer
	probe.Stdout, probe.Stderr = &out, os.Stderr
	if err := probe.Start(); err != nil {
		return result{}, err
	}
	peak := watchMemory(probe.Process.Pid)
	if err := probe.Wait(); err != nil {
		return result{}, err
	}
	r := result{output: out.Len(), rss: peak()}
	lines := bufio.NewScanner(&out)
	lines.Buffer(nil, 16<<20)
	var collector wire.Collector
	for lines.Scan() {
		record, err := collector.Add(lines.Bytes())
		if err != nil {
			return r, err
		}
		if record != nil && record.Cell != nil {
			if err := r.add(record.Cell, len(plan.Endpoints)); err != nil {
				return r, err
			}
		}
		if record != nil && record.End != nil {
			r.requests, r.elapsed = record.End.Requests, record.End.Elapsed
		}
	}
	if !collector.Complete() {
		return r, fmt.Errorf("the records are not complete: %q", collector.Notes())
	}
	r.perSecond = float64(r.requests) / r.elapsed.Seconds()
	r.account(probe.ProcessState)
	return r, nil
}

func (r *result) add(cell *wire.Cell, endpoint int) error {
	r.firstByte.Merge(cell.FirstByte)
	for _, tally := range cell.Tallies {
		if tally.Status != 200 || tally.Error != "" || tally.Endpoint != endpoint {
			return fmt.Errorf("the probe got %+v", tally)
		}
	}
	return nil
}

func runHey(o options, address string) (result, error) {
	n := strconv.Itoa(o.requests - o.requests%o.concurrency)
	return runOther(command(o, generatorCore, filepath.Join(o.build, "hey"),
		"-n", n, "-c", strconv.Itoa(o.concurrency), "-disable-keepalive", "http://"+address+"/"),
		regexp.MustCompile(`\[200\]\s+(\d+) responses`))
}

func runWrk(o options, address string) (result, error) {
	return runOther(command(o, generatorCore, o.wrk, "-t", "2", "-c", strconv.Itoa(o.concurrency),
		"-d", wrkDuration.String(), "-H", "Connection: close", "http://"+address+"/"),
		regexp.MustCompile(`(\d+) requests in`))
}

// runOther runs a generator and reads what it prints.
func runOther(c *exec.Cmd, count *regexp.Regexp) (result, error) {
	out, err := c.CombinedOutput()
	if err != nil {
		return result{}, fmt.Errorf("%w: %s", err, out)
	}
	speed := regexp.MustCompile(`Requests/sec:\s+([0-9.]+)`).FindSubmatch(out)
	requests := count.FindSubmatch(out)
	if speed == nil || requests == nil || bytes.Contains(out, []byte("Error distribution")) || bytes.Contains(out, []byte("Non-2xx")) {
		return result{}, fmt.Errorf("its output is not as expected: %s", out)
	}
	var r result
	r.perSecond, _ = strconv.ParseFloat(string(speed[1]), 64)
	r.requests, _ = strconv.Atoi(string(requests[1]))
	r.account(c.ProcessState)
	return r, nil
}

// account takes down the processor time that a process has used.
func (r *result) account(state *os.ProcessState) {
	r.cpu = (state.UserTime() + state.SystemTime()) / time.Duration(max(1, r.requests))
}

// command prepares a process, on its core where this is wanted.
func command(o options, core, path string, arguments ...string) *exec.Cmd {
	if o.pin {
		return exec.Command("taskset", append([]string{"-c", core, path}, arguments...)...)
	}
	return exec.Command(path, arguments...)
}
