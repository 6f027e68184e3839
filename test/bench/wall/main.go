// Command wall compares how long a whole trace takes with how long kubectl run
// takes for a single request, on the cluster of KUBECONFIG, alternately.
//
//	wall -service svc/web -n shop -probe IMAGE -agnhost IMAGE [-rounds 7]
//
// The time that the trace spends because of its own rate limit (requests divided
// by the rate) is set aside: it is chosen, and kubectl run has no such thing.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"slices"
	"time"
)

func main() {
	service := flag.String("service", "svc/web", "the Service to trace")
	namespace := flag.String("n", "shop", "its namespace")
	probe := flag.String("probe", "", "the image of the probe")
	agnhost := flag.String("agnhost", "", "the image that kubectl run uses")
	rounds := flag.Int("rounds", 7, "how many times to measure each")
	flag.Parse()
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(*rounds)*2*time.Minute)
	defer cancel()
	if err := compare(ctx, *service, *namespace, *probe, *agnhost, *rounds); err != nil {
		log.Fatal(err) //nolint:gocritic // the context ends with the process
	}
}

func compare(ctx context.Context, service, namespace, probe, agnhost string, rounds int) error {
	address, err := kubectl(ctx, "get", "-n", namespace, service, "-o", "jsonpath={.spec.clusterIP}:{.spec.ports[0].port}")
	if err != nil {
		return err
	}
	var whole, traces, runs []time.Duration
	for round := range rounds + 1 {
		started := time.Now()
		out, err := kubectl(ctx, "nettrace", service, "-n", namespace, "--local=false", "--image", probe, "-o", "json")
		if err != nil {
			return err
		}
		trace := time.Since(started)
		paced, requests, err := pacing(out)
		if err != nil {
			return err
		}
		started = time.Now()
		name := fmt.Sprintf("once-%d", round)
		if _, err := kubectl(ctx, "run", name, "-n", namespace, "--rm", "-i", "--restart=Never", "--image", agnhost, "--", "connect", "--timeout=5s", string(address)); err != nil {
			return err
		}
		run := time.Since(started)
		if round == 0 {
			continue // the first pair warms up
		}
		whole, traces, runs = append(whole, trace), append(traces, trace-paced), append(runs, run)
		fmt.Fprintf(os.Stdout, "round %d: nettrace %.2f s (%d requests, %.2f s of it paced), kubectl run %.2f s\n",
			round, trace.Seconds(), requests, paced.Seconds(), run.Seconds())
	}
	fmt.Fprintf(os.Stdout, "median: nettrace %.2f s, without pacing %.2f s; kubectl run with one connection %.2f s; ratio %.2f\n",
		median(whole).Seconds(), median(traces).Seconds(), median(runs).Seconds(), median(traces).Seconds()/median(runs).Seconds())
	return nil
}

// pacing returns how long the requests of a run take at its rate.
func pacing(report []byte) (time.Duration, int, error) {
	var r struct {
		Load struct {
			Requests int     `json:"requests"`
			Rate     float64 `json:"ratePerSecond"`
		} `json:"load"`
	}
	if err := json.Unmarshal(report, &r); err != nil {
		return 0, 0, fmt.Errorf("reading the report: %w", err)
	}
	if r.Load.Requests == 0 || r.Load.Rate == 0 {
		return 0, 0, errors.New("reading the report: it has no load")
	}
	return time.Duration(float64(r.Load.Requests) / r.Load.Rate * float64(time.Second)), r.Load.Requests, nil
}

func kubectl(ctx context.Context, args ...string) ([]byte, error) {
	var stderr bytes.Buffer
	command := exec.CommandContext(ctx, "kubectl", args...)
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("running kubectl %v: %w: %s%s", args, err, out, stderr.Bytes())
	}
	return out, nil
}

func median(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)/2]
}
