// Command nettrace-probe carries out the plan that it finds in its environment
// and writes what it saw to its standard output, one JSON document a line. A plan
// either sends requests or, where it is a witness's, watches those of others.
//
// The plan is in NETTRACE_PLAN, or in the file that NETTRACE_PLAN_FILE names.
// SIGTERM and SIGINT end it early: it writes what it has. It exits with 0 when
// the last record was written, and otherwise with 1 and a line that says why.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"syscall"

	"github.com/kubectl-nettrace/kubectl-nettrace/probe/agent"
	"github.com/kubectl-nettrace/kubectl-nettrace/probe/wire"
	"github.com/kubectl-nettrace/kubectl-nettrace/probe/witness"
)

// release is set by the linker: -X main.release=1.2.3.
var release = "dev"

func main() {
	if len(os.Args) == 2 && os.Args[1] == "--version" {
		_, _ = fmt.Fprintln(os.Stdout, "nettrace-probe", release)
		return
	}
	// net/http complains there of what servers do. Its lines do not belong among
	// the records, and what they say is in these.
	log.SetOutput(io.Discard)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	err := probe(ctx, os.Getenv, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "nettrace-probe:", err)
		os.Exit(1)
	}
}

// probe carries out the plan in the environment and writes its records.
func probe(ctx context.Context, getenv func(string) string, out io.Writer) error {
	text, err := planText(getenv)
	if err != nil {
		return err
	}
	plan, err := wire.Decode(text)
	if err != nil {
		return err
	}
	carryOut := agent.Run
	if plan.Watch != nil {
		carryOut = witness.Run
	}
	return carryOut(ctx, plan, release, func(record wire.Record) error {
		line, err := json.Marshal(record)
		if err != nil {
			return fmt.Errorf("encoding record %d: %w", record.Number, err)
		}
		// In one write, so that no other line of the log can get into it.
		if _, err := out.Write(append(line, '\n')); err != nil {
			return fmt.Errorf("writing record %d: %w", record.Number, err)
		}
		return nil
	})
}

func planText(getenv func(string) string) (string, error) {
	if text := getenv(wire.EnvPlan); text != "" {
		return text, nil
	}
	file := getenv(wire.EnvPlanFile)
	if file == "" {
		return "", fmt.Errorf("finding the plan: neither %s nor %s is set", wire.EnvPlan, wire.EnvPlanFile)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("reading the plan: %w", err)
	}
	return string(text), nil
}
