// Command kubectl-nettrace traces live traffic into a Kubernetes Service. It is
// a kubectl plugin: with it on the PATH, run "kubectl nettrace".
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-nettrace/kubectl-nettrace/cmd/internal/cli"
)

// release is set by the linker (-X main.release=1.2.3).
var release = "dev"

func main() {
	ctx, cancel := context.WithCancel(context.Background())
	obeySignals(cancel)
	streams := genericiooptions.IOStreams{In: os.Stdin, Out: os.Stdout, ErrOut: os.Stderr}
	os.Exit(cli.Main(ctx, release, streams, os.Args[1:]))
}

// obeySignals breaks the run off at the first signal; what was created is
// removed then. Who presses Ctrl-C twice means the same, only louder: the second
// is answered, and the third ends the program at once.
func obeySignals(cancel context.CancelFunc) {
	wanted := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // nohup
		wanted = append(wanted, syscall.SIGHUP)
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, wanted...)
	// A reader that goes away early must not end us before the probes are
	// removed: with this, writing fails instead.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	go func() {
		<-signals
		cancel()
		<-signals
		fmt.Fprintln(os.Stderr, "removing the probes, which takes 15 s at the most; once more, and they are left to their deadline")
		signal.Stop(signals)
	}()
}
